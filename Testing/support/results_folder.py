"""Folders of results of small studies, with the images that they were made from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support.worklist import noisy_study

from MTINetLib.cohort.cohort_study import CohortStudy, OpenedFrom
from MTINetLib.findings import StudyFindings, from_json
from MTINetLib.inference.analysis import Analysis
from MTINetLib.phantom.dicom_writer import write_study_as_dicom
from MTINetLib.pipeline.analyze import analyze
from MTINetLib.pipeline.open import open_study
from MTINetLib.pipeline.write import WriteOptions, write
from MTINetLib.reading.volumes.write import write_volume
from MTINetLib.study.phase import FOUR_PHASES
from MTINetLib.study.study import Study


def made_archive(root: Path) -> Path:
    """The images of two studies on the same grid, p1 and p2, as DICOM, and of one as volume files."""
    for number in (1, 2):
        write_study_as_dicom(
            root / f"p{number}", noisy_study(number), patient_id=f"id{number}", study_seed=number
        )
    write_files(root / "files", noisy_study(3))
    return root


def write_files(folder: Path, study: Study) -> Path:
    """A volume file a phase."""
    folder.mkdir(exist_ok=True)
    for phase in FOUR_PHASES:
        write_volume(folder / f"{phase.value}.nii.gz", study.phase(phase), study.grid)
    return folder


def analyzed_at(images: Path, **opened: Any) -> tuple[Study, Analysis]:
    """The study in a folder, and what a network whose answers are known finds in it."""
    from support.small_models import known_model

    study = open_study(images, phases=FOUR_PHASES, **opened)
    return study, analyze(study, known_model(), device="cpu", precision="fp32")


def written(
    analyzed: tuple[Study, Analysis], folder: Path, images: Path | None = None, **options: Any
) -> Path:
    """The folder of results; with ``images`` it says where they lie, as a cohort's does."""
    write(*analyzed, folder, WriteOptions(**{"formats": ("json", "labels"), **options}))
    if images is not None:
        files = tuple(str(path) for path in sorted(images.rglob("*")) if path.is_file())
        source = CohortStudy(folder.name, str(images), OpenedFrom.FILES, files)
        (folder / "source.json").write_text(source.as_json(), encoding="utf-8")
    return folder


def findings_in(folder: Path) -> StudyFindings:
    return from_json((folder / "findings.json").read_text("utf-8"))
