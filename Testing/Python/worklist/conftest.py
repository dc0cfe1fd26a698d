"""An archive of three DICOM studies of two patients and one of volume files, and lists of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.small_models import known_model
from support.worklist import noisy_study

from MTINetLib.models.store import LoadedModel
from MTINetLib.phantom.dicom_writer import write_study_as_dicom
from MTINetLib.reading.volumes.write import write_volume
from MTINetLib.study.phase import FOUR_PHASES
from MTINetLib.worklist.folder import WorkList, open_list
from MTINetLib.worklist.search import search


@pytest.fixture(scope="package")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("archive")
    for number, (patient, seed) in enumerate((("SECRET-1", 1), ("SECRET-1", 2), ("SECRET-2", 3))):
        folder, study = root / f"DOE^JANE {number}", noisy_study(seed)
        write_study_as_dicom(folder, study, patient_id=patient, patient_name="DOE^JANE", study_seed=seed)
    study = noisy_study(4)
    for phase in FOUR_PHASES:
        write_volume(root / "files" / f"{phase.value}.nii.gz", study.phase(phase), study.grid)
    return root


@pytest.fixture
def own_archive(archive: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(archive, tmp_path / "archive"))


@pytest.fixture
def listed(own_archive: Path, tmp_path: Path) -> WorkList:
    search(own_archive, tmp_path / "list")
    return open_list(tmp_path / "list")


@pytest.fixture(scope="package")
def known() -> LoadedModel:
    """Finds both lesions of the made study and tells their classes."""
    return known_model()
