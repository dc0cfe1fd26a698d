"""A small study as DICOM and as files, and a small model whose weights are random."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.made_analysis import made_grid, made_study

from MTINetLib.phantom.dicom_writer import write_study_as_dicom
from MTINetLib.reading.volumes.write import write_volume
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.study.study import Study


@pytest.fixture(scope="session")
def study() -> Study:
    return made_study(made_grid(shape=(8, 40, 48)))


@pytest.fixture(scope="session")
def dicom(study: Study, tmp_path_factory: pytest.TempPathFactory) -> dict[Phase, Path]:
    """Four series folders, side by side."""
    folder = tmp_path_factory.mktemp("dicom")
    return write_study_as_dicom(folder, study, patient_id="made", study_seed=1)


@pytest.fixture(scope="session")
def files(study: Study, tmp_path_factory: pytest.TempPathFactory) -> dict[Phase, Path]:
    """Four files of three kinds."""
    folder = tmp_path_factory.mktemp("files")
    paths = {}
    for phase, ending in zip(FOUR_PHASES, (".nii.gz", ".nrrd", ".mha", ".nii"), strict=True):
        paths[phase] = folder / f"{phase.value}{ending}"
        write_volume(paths[phase], study.phase(phase), study.grid)
    return paths
