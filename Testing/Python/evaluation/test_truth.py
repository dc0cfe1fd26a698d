"""Reading the true label map of a case."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.made_analysis import made_grid

from MTINetLib.dataset.folder import DatasetCase
from MTINetLib.errors import InputError
from MTINetLib.evaluation.truth import read_truth, resample_labels
from MTINetLib.reading.volumes.write import write_label_map, write_volume
from MTINetLib.study.grid import Grid

GRID = made_grid((6, 8, 9))


def case(mask: Path | None, case_class: str = "hcc") -> DatasetCase:
    return DatasetCase("a", "p", case_class, {}, mask)


def some_labels(grid: Grid) -> np.ndarray:
    labels = np.zeros(grid.shape, dtype=np.uint16)
    labels[2:4, 2:5, 3:6] = 2
    labels[1, 6, 1] = 5
    return labels


def test_a_mask_on_the_study_grid_is_taken_as_it_is(tmp_path: Path) -> None:
    write_label_map(tmp_path / "mask.nii.gz", some_labels(GRID), GRID)
    truth = read_truth(case(tmp_path / "mask.nii.gz"), GRID)
    np.testing.assert_array_equal(truth.labels, some_labels(GRID))
    assert not truth.resampled


def test_a_mask_with_flipped_axes_comes_back_to_its_place(tmp_path: Path) -> None:
    flipped = _flipped(GRID)
    write_label_map(tmp_path / "mask.nrrd", some_labels(GRID)[::-1, :, ::-1].copy(), flipped)
    truth = read_truth(case(tmp_path / "mask.nrrd"), GRID)
    np.testing.assert_array_equal(truth.labels, some_labels(GRID))
    assert truth.resampled


def test_a_mask_of_twice_the_resolution_lands_where_its_voxels_are() -> None:
    fine_spacing = tuple(value / 2 for value in GRID.spacing)
    # Its first voxel is a quarter voxel before the coarse one, so that the edges agree.
    start = GRID.to_lps((-0.25, -0.25, -0.25))
    fine = Grid((12, 16, 18), fine_spacing, tuple(start), GRID.direction)  # type: ignore[arg-type]
    labels = some_labels(GRID).repeat(2, 0).repeat(2, 1).repeat(2, 2)
    np.testing.assert_array_equal(resample_labels(labels, fine, GRID), some_labels(GRID))


def test_outside_of_the_mask_there_is_nothing() -> None:
    far = Grid(GRID.shape, GRID.spacing, (1000.0, 0.0, 0.0), GRID.direction)
    assert not resample_labels(np.ones(GRID.shape, dtype=np.uint16), far, GRID).any()


def test_a_study_without_lesions_needs_no_mask() -> None:
    assert not read_truth(case(None, "none"), GRID).labels.any()


def test_a_study_with_lesions_needs_a_mask() -> None:
    with pytest.raises(InputError, match=r"no mask to compare with"):
        read_truth(case(None), GRID)


def test_a_probability_map_is_no_label_map(tmp_path: Path) -> None:
    write_volume(tmp_path / "mask.nii.gz", np.full(GRID.shape, 0.5, dtype=np.float32), GRID)
    with pytest.raises(InputError, match=r"mask.nii.gz is not a label map"):
        read_truth(case(tmp_path / "mask.nii.gz"), GRID)


def test_a_case_of_class_none_must_not_have_lesions_in_its_mask(tmp_path: Path) -> None:
    write_label_map(tmp_path / "mask.nii.gz", some_labels(GRID), GRID)
    with pytest.raises(InputError, match="class is none"):
        read_truth(case(tmp_path / "mask.nii.gz", "none"), GRID)


def _flipped(grid: Grid) -> Grid:
    k, _, i = grid.shape
    matrix = grid.direction_matrix * np.array([-1.0, 1.0, -1.0])
    origin = grid.to_lps((k - 1, 0, i - 1))
    return Grid(grid.shape, grid.spacing, tuple(origin), tuple(matrix.ravel()))  # type: ignore[arg-type]
