"""The study that the benchmark runs on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
from support.made_analysis import made_grid, made_study

from benchmarks.bench_study import square, write_bench_study


def test_the_study_has_the_slices_and_the_size_that_were_asked_for(tmp_path: Path) -> None:
    study = write_bench_study(tmp_path / "study", slices=3, side=192)
    assert study.volumes.shape == (4, 3, 192, 192)
    files = list((tmp_path / "study").rglob("*.dcm"))
    assert len(files) == 4 * 3
    header = pydicom.dcmread(files[0], stop_before_pixels=True)
    assert (header.Rows, header.Columns) == (192, 192)


def test_padding_moves_no_voxel() -> None:
    study = made_study(made_grid((2, 10, 12)))
    padded = square(study, 16)
    assert padded.volumes.shape == (4, 2, 16, 16)
    np.testing.assert_array_equal(padded.volumes[:, :, :10, :12], study.volumes)
    assert not padded.volumes[:, :, 10:].any()
    np.testing.assert_array_equal(padded.grid.to_lps((1, 9, 11)), study.grid.to_lps((1, 9, 11)))
