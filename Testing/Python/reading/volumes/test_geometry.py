"""Where the voxels of a file lie, and how large they are, whatever its format."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from support import volume_files as files

from MTINetLib.dataset.headers import header_grid
from MTINetLib.errors import InputError
from MTINetLib.reading.volumes.read import read_label_map, read_volume

FORMATS = ("nii", "nii2", "nrrd", "mha")
PLACE = np.array([20.0, -30.0, 40.0])


def _sheared(degrees: float) -> np.ndarray:
    axes = np.diag([1.5, 1.25, 3.0])
    axes[0, 2] = 3.0 * np.tan(np.radians(degrees))
    return axes


def _positions(axes: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """A volume whose values are a linear function of the place in the patient."""
    k, j, i = np.indices(shape)
    lps = np.tensordot(np.stack([i, j, k], axis=-1), axes.T, axes=1) + PLACE
    return (lps @ [1.0, 2.0, 4.0]).astype(np.float32)


@pytest.mark.parametrize("format_", FORMATS)
def test_sheared_axes_are_straightened_in_place_and_flagged(tmp_path: Path, format_: str) -> None:
    axes = _sheared(17.0)
    path = files.write(tmp_path, format_, _positions(axes, (12, 20, 24)), axes, PLACE)
    volume = read_volume(path)
    direction = volume.grid.direction_matrix
    np.testing.assert_allclose(direction.T @ direction, np.eye(3), atol=1e-12)
    assert volume.flags == ("resampled_tilt",)
    assert volume.grid.matches(header_grid(path))
    k, j, i = np.indices(volume.grid.shape)
    expected = volume.grid.to_lps(np.stack([k, j, i], axis=-1)) @ [1.0, 2.0, 4.0]
    stored = np.linalg.solve(
        axes, (volume.grid.to_lps(np.stack([k, j, i], axis=-1)) - PLACE).reshape(-1, 3).T
    ).T.reshape(*volume.grid.shape, 3)
    inside = ((stored >= 0) & (stored <= [23, 19, 11])).all(axis=-1)
    assert inside.sum() > 5000
    np.testing.assert_allclose(volume.array[inside], expected[inside], atol=1e-2)


def test_labels_of_a_sheared_mask_are_not_mixed(tmp_path: Path) -> None:
    labels = np.zeros((12, 20, 24), dtype=np.float32)
    labels[3:9, 5:15, 6:16] = 7
    path = files.write(tmp_path, "nii", labels, _sheared(14.0), PLACE)
    assert set(np.unique(read_label_map(path).array)) == {0.0, 7.0}
    assert read_label_map(path).grid == read_volume(path).grid


@pytest.mark.parametrize("format_", FORMATS)
def test_axes_that_are_sheared_too_far_are_refused(tmp_path: Path, format_: str) -> None:
    axes = _sheared(41.0)
    path = files.write(tmp_path, format_, np.ones((6, 20, 24), dtype=np.float32), axes, PLACE)
    with pytest.raises(InputError, match="sheared by 41 degrees"):
        read_volume(path)


@pytest.mark.parametrize("format_", FORMATS)
def test_axes_in_the_same_direction_are_refused(tmp_path: Path, format_: str) -> None:
    axes = np.diag([1.5, 1.25, 3.0])
    axes[:, 1] = [1.25, 0.0, 0.0]
    path = files.write(tmp_path, format_, np.ones((6, 20, 24), dtype=np.float32), axes, PLACE)
    with pytest.raises(InputError, match=r"same direction|cannot be read"):
        read_volume(path)


@pytest.mark.parametrize("format_", FORMATS)
def test_left_handed_oblique_axes_keep_every_voxel_in_its_place(tmp_path: Path, format_: str) -> None:
    turn = np.array([[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, -1.0]])
    axes = turn * [1.5, 1.25, 3.0]
    values = _positions(axes, (6, 20, 24))
    volume = read_volume(files.write(tmp_path, format_, values, axes, PLACE))
    assert volume.flags == ()
    np.testing.assert_array_equal(volume.array, values)
    np.testing.assert_allclose(volume.grid.ijk_to_lps[:3, :3], axes, atol=1e-5)
    np.testing.assert_allclose(volume.grid.origin, PLACE, atol=1e-5)


@pytest.mark.parametrize("size", [0.0, -1.2, float("nan"), float("inf")])
@pytest.mark.parametrize("format_", ["nii", "nii2"])
def test_a_nifti_file_without_a_voxel_size_is_refused(tmp_path: Path, format_: str, size: float) -> None:
    path = files.write(tmp_path, format_, np.ones((6, 20, 24), dtype=np.float32), np.diag([1, 1, 2]), PLACE)
    data = bytearray(path.read_bytes())
    files.without_sform(data)
    files.set_pixdim(data, 2, size)
    path.write_bytes(data)
    for read in (read_volume, header_grid):
        with pytest.raises(InputError, match=r"write the true size in mm into its header \(pixdim\)"):
            read(path)


@pytest.mark.parametrize(("code", "factor"), [(1, 1000.0), (3, 0.001), (0, 1.0), (2, 1.0)])
@pytest.mark.parametrize("format_", ["nii", "nii2"])
def test_the_unit_of_a_nifti_file_is_honoured(tmp_path: Path, format_: str, code: int, factor: float) -> None:
    axes = np.diag([1.5, 1.25, 3.0])
    path = files.write(
        tmp_path, format_, np.ones((6, 20, 24), dtype=np.float32), axes / factor, PLACE / factor
    )
    data = bytearray(path.read_bytes())
    files.set_unit(data, code)
    path.write_bytes(data)
    grid = read_volume(path).grid
    np.testing.assert_allclose(grid.spacing, [1.5, 1.25, 3.0], rtol=1e-5)
    np.testing.assert_allclose(grid.origin, PLACE, rtol=1e-5)


def test_a_nifti_file_with_two_voxel_sizes_is_refused(tmp_path: Path) -> None:
    path = files.write(tmp_path, "nii", np.ones((6, 20, 24), dtype=np.float32), np.diag([1, 1, 2]), PLACE)
    data = bytearray(path.read_bytes())
    files.set_pixdim(data, 3, 2.4)
    path.write_bytes(data)
    with pytest.raises(InputError, match="two voxel sizes"):
        read_volume(path)


def test_a_qform_elsewhere_than_the_sform_is_flagged(tmp_path: Path) -> None:
    path = files.write(tmp_path, "nii", np.ones((6, 20, 24), dtype=np.float32), np.diag([1, 1, 2]), PLACE)
    data = bytearray(path.read_bytes())
    struct.pack_into("<h", data, 252, 1)
    struct.pack_into("<6f", data, 256, 0, 0, 1, 15.0, 0, 0)
    path.write_bytes(data)
    volume = read_volume(path)
    assert volume.flags == ("two_positions",)
    np.testing.assert_allclose(volume.grid.origin, PLACE)


@pytest.mark.parametrize(
    ("suffix", "pattern", "instead"),
    [
        (".nrrd", rb"space directions:[^\n]*\n", b""),
        (".nrrd", rb"space directions:[^\n]*\n", b"spacings: NaN 1 2\n"),
        (".nrrd", rb"space directions:[^\n]*\n", b"space directions: (0,0,0) (0,1,0) (0,0,2)\n"),
        (".mha", rb"ElementSpacing[^\n]*\n", b""),
        (".mha", rb"ElementSpacing[^\n]*\n", b"ElementSpacing = 1.5 0 2\n"),
    ],
)
def test_other_files_without_a_voxel_size_are_refused(
    tmp_path: Path, suffix: str, pattern: bytes, instead: bytes
) -> None:
    path = tmp_path / f"phase{suffix}"
    image = SimpleITK.GetImageFromArray(np.ones((6, 20, 24), dtype=np.int16))
    image.SetSpacing([1.5, 1.25, 3.0])
    SimpleITK.WriteImage(image, str(path))
    changed, count = re.subn(pattern, instead, path.read_bytes(), count=1)
    assert count == 1
    path.write_bytes(changed)
    for read in (read_volume, header_grid):
        with pytest.raises(InputError, match=r"write the true size in mm|cannot be read"):
            read(path)


def test_an_nrrd_file_in_metres_and_ras_lies_right(tmp_path: Path) -> None:
    path = files.write(tmp_path, "nrrd", np.ones((6, 20, 24), dtype=np.float32), np.diag([1, 1, 2]), PLACE)
    text = path.read_bytes()
    text = text.replace(b"left-posterior-superior", b"right-anterior-superior")
    text = text.replace(b"endian:", b'space units: "cm" "cm" "cm"\nendian:')
    path.write_bytes(text)
    grid = read_volume(path).grid
    np.testing.assert_allclose(grid.ijk_to_lps[:3, :3], np.diag([-10.0, -10.0, 20.0]))
    np.testing.assert_allclose(grid.origin, [-200.0, 300.0, 400.0])
