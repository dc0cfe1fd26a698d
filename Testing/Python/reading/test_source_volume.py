"""Where a volume has an image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.made_analysis import made_grid

from MTINetLib.errors import InputError
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.reading.volumes.read import read_label_map, read_volume
from MTINetLib.reading.volumes.write import write_volume

GRID = made_grid((6, 8, 10))


def image() -> np.ndarray:
    return np.random.default_rng(3).uniform(1, 9, GRID.shape).astype(np.float32)


def volume(array: np.ndarray) -> SourceVolume:
    return SourceVolume.of_array(array, GRID, "made")


def test_a_volume_with_an_image_everywhere_says_so_and_is_not_copied() -> None:
    array = image()
    array[2, 3, 4] = 0.0
    assert volume(array).covered is None
    assert volume(array).array is array


@pytest.mark.parametrize("ending", [".nii.gz", ".nrrd", ".mha"])
def test_nan_in_a_file_says_that_there_is_no_image(tmp_path: Path, ending: str) -> None:
    array = image()
    array[4:, 2:5] = np.nan
    write_volume(tmp_path / f"phase{ending}", array, GRID)
    read = read_volume(tmp_path / f"phase{ending}")
    assert read.covered is not None
    np.testing.assert_array_equal(read.covered, ~np.isnan(array))
    np.testing.assert_array_equal(read.array, np.nan_to_num(array))


@pytest.mark.parametrize("gap", [np.s_[:2], np.s_[5:], np.s_[:, :3], np.s_[:, :, 9:]])
def test_planes_of_zeros_at_an_end_are_no_image(gap: object) -> None:
    array = image()
    array[gap] = 0.0  # type: ignore[call-overload]
    covered = volume(array).covered
    assert covered is not None
    np.testing.assert_array_equal(covered, array > 0)


def test_a_volume_of_zeros_has_no_image() -> None:
    covered = volume(np.zeros(GRID.shape)).covered
    assert covered is not None
    assert not covered.any()


def test_infinite_values_and_labels_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    array = image()
    array[0, 0, 0] = np.inf
    write_volume(tmp_path / "phase.nii", array, GRID)
    with pytest.raises(InputError, match="infinite values; write NaN where there is no image"):
        read_volume(tmp_path / "phase.nii")
    array[0, 0, 0] = np.nan
    write_volume(tmp_path / "mask.nii", array, GRID)
    with pytest.raises(InputError, match="which are no labels"):
        read_label_map(tmp_path / "mask.nii")
