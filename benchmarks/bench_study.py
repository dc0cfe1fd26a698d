"""The study that is timed: a phantom of 4 x 256 x 256 with as many slices as asked for, as DICOM."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from MTINetLib.phantom.case import PhantomSettings, make_case
from MTINetLib.phantom.dicom_writer import write_study_as_dicom
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA
from MTINetLib.study.study import Study

SIDE = 256
SEED = 20_240_501


def bench_study(slices: int, side: int = SIDE) -> Study:
    """A phantom patient with one HCC and one hemangioma, axial, ``slices`` x ``side`` x ``side``."""
    settings = PhantomSettings(
        slices=(slices, slices),
        matrix=(side, side),
        oblique_share=0.0,
        lesion_plan=((HCC, 32.0), (HEMANGIOMA, 24.0)),
    )
    return square(make_case(SEED, settings=settings).study, side)


def square(study: Study, side: int) -> Study:
    """A study with air added behind (and nothing taken away), so that its slices are ``side`` x ``side``."""
    slices, rows, columns = study.grid.shape
    padding = ((0, 0), (0, 0), (0, side - rows), (0, side - columns))
    return replace(
        study,
        volumes=np.pad(study.volumes, padding),
        grid=replace(study.grid, shape=(slices, side, side)),
    )


def write_bench_study(folder: Path, slices: int, side: int = SIDE) -> Study:
    """Write the study as four DICOM series into ``folder`` and return it."""
    study = bench_study(slices, side)
    write_study_as_dicom(folder, study, patient_id="BENCH", study_seed=SEED)
    return study
