"""Two models on the same studies, with analyzers whose answers are known."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from support.made_analysis import made_analysis, made_grid, made_labels, made_study

from MTINetLib.dataset.folder import DatasetCase, read_dataset, write_dataset_tables
from MTINetLib.errors import Cancelled, InputError
from MTINetLib.evaluation.difference_pictures import Difference
from MTINetLib.evaluation.judged_case import open_case
from MTINetLib.evaluation.side_by_side import Contestant, SideBySide, compare_contestants
from MTINetLib.inference.analysis import Analysis
from MTINetLib.progress import Progress, Silent
from MTINetLib.reading.volumes.write import write_label_map, write_volume
from MTINetLib.study.lesion_class import HCC
from MTINetLib.study.phase import FOUR_PHASES
from MTINetLib.study.study import Study

PATIENTS = 5


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five patients, each with the two made lesions."""
    folder = tmp_path_factory.mktemp("dataset")
    study = made_study(made_grid((8, 40, 48)))
    cases = []
    for number in range(PATIENTS):
        place = folder / f"case_{number}"
        paths = {phase: place / f"{phase.value}.nii" for phase in FOUR_PHASES}
        for phase, path in paths.items():
            write_volume(path, study.phase(phase) + number, study.grid)
        mask = place / "mask.nii.gz"
        write_label_map(mask, made_labels(study.grid), study.grid)
        classes = {1: "hcc", 2: "hemangioma"}
        cases.append(DatasetCase(f"case_{number}", f"patient {number}", "hcc", paths, mask, classes))
    write_dataset_tables(folder, cases)
    return folder


def knows_all(study: Study, progress: Progress) -> Analysis:
    return made_analysis(study)


def misses_one(study: Study, progress: Progress) -> Analysis:
    return made_analysis(study, (HCC,))


def one(name: str, analyzer: object) -> Contestant:
    return Contestant(name, "ab" * 32, FOUR_PHASES, ("hcc", "hemangioma"), lambda case: analyzer)  # type: ignore[arg-type,return-value]


def compared(dataset: Path, out: Path, old: object, new: object, **more: object) -> SideBySide:
    about = {"dataset": {"name": "made", "synthetic": True}}
    return compare_contestants(
        read_dataset(dataset), one("former", old), one("latter", new), out, about=about, **more
    )  # type: ignore[arg-type]


def test_the_one_that_finds_more_is_better_and_all_files_say_so(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = compared(dataset, out, misses_one, knows_all)
    assert result.verdict.better
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]
    told = json.loads((out / "comparison.json").read_text(encoding="utf-8"))
    assert told["verdict"]["better"] is True
    assert told["paired"]["sensitivity"]["difference"]["value"] == 0.5
    assert told["paired"]["counts"]["found_by_new_only"] == PATIENTS
    assert told["old"]["lesions"]["all"]["sensitivity"]["value"] == 0.5
    page = (out / "comparison.md").read_text(encoding="utf-8")
    assert "The new model is better: by panoptic quality and sensitivity." in page
    assert (
        "| Sensitivity, % | 50.0 (50.0 to 50.0) | 100.0 (100.0 to 100.0) | 50.0 (50.0 to 50.0) | 10 |" in page
    )
    assert "no patient was imaged" in page
    assert "`former`" in page
    with (out / "lesions.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["old_found"] for row in rows] == ["True", "False"] * PATIENTS
    pictures = [path for path in out.iterdir() if path.suffix == ".png"]
    assert len(pictures) == PATIENTS
    assert all(path.read_bytes().startswith(b"\x89PNG") and f"({path.name})" in page for path in pictures)


def test_the_one_that_finds_less_is_not(dataset: Path, tmp_path: Path) -> None:
    result = compared(dataset, tmp_path / "out", knows_all, misses_one)
    assert not result.verdict.better
    assert "sensitivity" in result.verdict.lost
    assert "The old model stays: the new one is worse by" in (tmp_path / "out" / "comparison.md").read_text(
        "utf-8"
    )


def test_the_same_answers_are_no_gain_and_leave_no_pictures(dataset: Path, tmp_path: Path) -> None:
    result = compared(dataset, tmp_path / "out", knows_all, knows_all)
    assert not result.verdict.better
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "comparison.json",
        "comparison.md",
        "lesions.csv",
    ]
    page = (tmp_path / "out" / "comparison.md").read_text("utf-8")
    assert "no difference can be told from chance" in page
    assert "Lesions that differ" not in page


def test_a_case_that_one_of_them_cannot_do_counts_for_neither(dataset: Path, tmp_path: Path) -> None:
    calls = []

    def fails_once(study: Study, progress: Progress) -> Analysis:
        calls.append(1)
        if len(calls) == 2:
            raise InputError("the delayed phase is odd.")
        return made_analysis(study)

    result = compared(dataset, tmp_path / "out", knows_all, fails_once)
    assert result.about["cases"]["judged"] == PATIENTS - 1
    assert result.figures["old"]["lesions"]["all"]["lesions"] == 2 * (PATIENTS - 1)
    assert result.figures["new"]["lesions"]["all"]["lesions"] == 2 * (PATIENTS - 1)
    page = (tmp_path / "out" / "comparison.md").read_text("utf-8")
    assert "- case_1 could not be judged: the delayed phase is odd." in page
    assert "too few patients" in page


def test_where_nothing_works_nothing_is_written(dataset: Path, tmp_path: Path) -> None:
    def fails(study: Study, progress: Progress) -> Analysis:
        raise RuntimeError("no luck")

    with pytest.raises(InputError, match=r"None of the 5 cases.*RuntimeError: no luck"):
        compared(dataset, tmp_path / "out", knows_all, fails)
    assert list(tmp_path.iterdir()) == []


def test_each_study_is_opened_once_for_both(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from MTINetLib.evaluation import judged_case

    opened = []
    whole = judged_case.open_study
    monkeypatch.setattr(judged_case, "open_study", lambda *a, **k: opened.append(1) or whole(*a, **k))
    compared(dataset, tmp_path / "out", knows_all, knows_all)
    assert len(opened) == PATIENTS


def test_cancelling_writes_nothing(dataset: Path, tmp_path: Path) -> None:
    class Impatient(Silent):
        def update(self, done: int) -> None:
            if done == 1:
                raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        compared(dataset, tmp_path / "out", knows_all, knows_all, progress=Impatient())
    assert list(tmp_path.iterdir()) == []


def test_a_picture_shows_a_true_lesion_that_differs_before_any_false_mark(dataset: Path) -> None:
    case = read_dataset(dataset)[0]
    opened = open_case(case, FOUR_PHASES, Silent())
    truth = opened.truth.labels
    old, new = truth.copy(), truth.copy()
    missed = int(np.flatnonzero((truth == 2).any(axis=(1, 2)))[0])
    new[missed][truth[missed] == 2] = 0
    elsewhere = next(k for k in range(len(truth)) if k != missed)
    new[elsewhere][truth[elsewhere] == 0] = 9
    shown = Difference.of(opened, old, new, 1.0)
    assert shown is not None
    assert shown.slice == missed + 1
    assert Difference.of(opened, old, old, 1.0) is None
