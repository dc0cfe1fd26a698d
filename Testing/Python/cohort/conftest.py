"""A messy tree of three small studies, one of which lacks a phase, and a small model with random weights."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.worklist import noisy_study

from MTINetLib.phantom.dicom_writer import write_study_as_dicom
from MTINetLib.reading.volumes.write import write_volume
from MTINetLib.study.phase import FOUR_PHASES


@pytest.fixture(scope="package")
def shared_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("cohort") / "tree"
    for number in (1, 2):
        folder = root / f"patient {number}" / "deep"
        write_study_as_dicom(folder, noisy_study(number), patient_id=f"id{number}", study_seed=number)
    shutil.rmtree(sorted((root / "patient 2" / "deep").iterdir())[0])
    study = noisy_study(3)
    for phase in FOUR_PHASES:
        write_volume(root / "files" / f"{phase.value}.nii.gz", study.phase(phase), study.grid)
    (root / "notes.txt").write_text("no image")
    return root


@pytest.fixture
def tree(shared_tree: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(shared_tree, tmp_path / "tree"))
