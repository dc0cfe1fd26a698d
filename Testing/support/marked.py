"""Results of a small cohort and marks on them, made by hand."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from support.made_analysis import made_analysis
from support.worklist import GRID, noisy_study

from MTINetLib.cohort.find_studies import find_studies
from MTINetLib.findings import from_json, to_json
from MTINetLib.inference.analysis import Analysis
from MTINetLib.marks.read_marks import COLUMNS
from MTINetLib.pipeline.write import WriteOptions, write
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA
from MTINetLib.study.phase import FOUR_PHASES
from MTINetLib.study.study import Study

#: Inside the images, beside both lesions.
BESIDE = tuple(float(value) for value in GRID.to_lps((4, 20, 30)))


@cache
def _study(seed: int) -> Study:
    return noisy_study(seed)


def write_results(folder: Path, classes: tuple[str, ...] = (HCC, HEMANGIOMA), seed: int = 1) -> Path:
    """Findings and label map of a study with two lesions or fewer."""
    study = _study(seed)
    analysis = made_analysis(study, classes) if classes else _nothing(study)
    write(study, analysis, folder, WriteOptions(formats=["json", "labels"]))
    return folder


def _nothing(study: Study) -> Analysis:
    found = made_analysis(study)
    return replace(found, findings=replace(found.findings, lesions=()), labels=found.labels * 0)


def write_cohort(folder: Path, studies: Mapping[str, tuple[str, ...]]) -> Path:
    """Results of several studies, by their names; what was found is the same where the classes are."""
    made: dict[tuple[str, ...], Path] = {}
    for name, classes in studies.items():
        place = folder / "studies" / name
        if classes in made:
            place.mkdir(parents=True)
            for file in made[classes].iterdir():
                (place / file.name).write_bytes(file.read_bytes())
        else:
            made[classes] = write_results(place, classes)
    return folder


def write_cohort_of(source: Path, out: Path) -> dict[str, str]:
    """Results as a cohort of a tree leaves them; the names of its studies by the folders below the tree."""
    names = {}
    for study in find_studies(source, FOUR_PHASES).studies:
        folder = write_results(out / "studies" / study.name)
        (folder / "source.json").write_text(study.as_json(), encoding="utf-8")
        names[Path(study.place).relative_to(source.absolute()).as_posix()] = study.name
    return names


def with_probabilities(results: Path, of_lesions: Sequence[float]) -> None:
    """Say how probable it is that each lesion is one."""
    path = results / "findings.json"
    findings = from_json(path.read_text(encoding="utf-8"))
    lesions = [
        replace(lesion, lesion_probability=told)
        for lesion, told in zip(findings.lesions, of_lesions, strict=True)
    ]
    path.write_text(to_json(replace(findings, lesions=tuple(lesions))), encoding="utf-8")


def write_marks(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """A table of marks; what a row does not say stays empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def mark(study: str, lesion: int | str, kind: str, reader: str = "Anna", **more: object) -> dict[str, object]:
    """A row."""
    return {"study": study, "lesion": lesion, "mark": kind, "reader": reader, **more}


def missed(
    study: str, reader: str = "Anna", at: Sequence[float] = BESIDE, **more: object
) -> dict[str, object]:
    """A row of a missed lesion."""
    return mark(study, "", "missed", reader, **dict(zip(("x_mm", "y_mm", "z_mm"), at, strict=True)), **more)
