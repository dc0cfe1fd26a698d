"""One volume from a file or from a folder with one series."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from support import dicom_layouts as layouts

from MTINetLib.errors import InputError
from MTINetLib.reading.volumes.read import read_volume


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
def test_a_file_keeps_values_and_place(tmp_path: Path, suffix: str) -> None:
    truth = layouts.make_truth()
    image = SimpleITK.GetImageFromArray(truth.volumes[1].astype(np.int16))
    image.SetSpacing(truth.grid.spacing)
    image.SetOrigin(truth.grid.origin)
    image.SetDirection(truth.grid.direction)
    SimpleITK.WriteImage(image, str(tmp_path / f"phase{suffix}"))
    volume = read_volume(tmp_path / f"phase{suffix}")
    assert volume.array.dtype == np.float32
    np.testing.assert_array_equal(volume.array, truth.volumes[1])
    assert volume.grid.matches(truth.grid, tolerance_mm=1e-3)
    assert volume.description == f"phase{suffix}"


def test_a_fourth_dimension_of_one_is_dropped(tmp_path: Path) -> None:
    image = SimpleITK.GetImageFromArray(np.arange(4 * 5 * 6, dtype=np.float32).reshape(4, 5, 6))
    SimpleITK.WriteImage(SimpleITK.JoinSeries(image), str(tmp_path / "a.nii"))
    assert read_volume(tmp_path / "a.nii").array.shape == (4, 5, 6)


def test_colour_images_are_refused(tmp_path: Path) -> None:
    image = SimpleITK.GetImageFromArray(np.zeros((4, 5, 6, 3), dtype=np.uint8), isVector=True)
    SimpleITK.WriteImage(image, str(tmp_path / "a.nrrd"))
    with pytest.raises(InputError, match="3 values a voxel"):
        read_volume(tmp_path / "a.nrrd")


def test_a_folder_with_one_series_is_one_volume(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    layouts.write_shuffled(tmp_path, layouts.series_per_phase(truth)[8:16])
    np.testing.assert_array_equal(read_volume(tmp_path).array, truth.volumes[1])


def test_one_enhanced_file_with_one_volume_is_read(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    layouts.save(layouts.siemens_enhanced(truth)[2], tmp_path / "IM1")
    np.testing.assert_array_equal(read_volume(tmp_path / "IM1").array, truth.volumes[2])


def test_a_folder_with_several_volumes_is_refused_with_their_names(tmp_path: Path) -> None:
    layouts.write_shuffled(tmp_path, layouts.series_per_phase(layouts.make_truth())[:16])
    with pytest.raises(InputError, match=r"holds 2 volumes \('LAVA PRE'; 'LAVA ART'\)"):
        read_volume(tmp_path)


@pytest.mark.parametrize(("kind", "bad"), [(np.float32, np.inf), (np.float64, -np.inf)])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_bad_numbers_in_nifti_are_found(tmp_path: Path, suffix: str, kind: type, bad: float) -> None:
    array = np.ones((4, 5, 6), dtype=kind)
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(array), str(tmp_path / f"good{suffix}"))
    array[3, 4, 5] = bad
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(array), str(tmp_path / f"bad{suffix}"))
    np.testing.assert_array_equal(read_volume(tmp_path / f"good{suffix}").array, 1.0)
    with pytest.raises(InputError, match="infinite values"):
        read_volume(tmp_path / f"bad{suffix}")


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_file_that_is_cut_off_is_refused_instead_of_filled_with_zeros(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"phase{suffix}"
    noise = np.random.default_rng(0).integers(0, 900, (12, 40, 40)).astype(np.int16)
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(noise), str(path))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 3 // 4])
    with pytest.raises(InputError, match="cannot be read"):
        read_volume(path)


@pytest.mark.parametrize("suffix", [".nrrd", ".mha", ".nii", ".nii.gz"])
def test_a_small_file_that_promises_gigabytes_allocates_nothing(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"phase{suffix}"
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(np.ones((4, 5, 6), dtype=np.float32)), str(path))
    data = gzip.decompress(path.read_bytes()) if suffix == ".nii.gz" else path.read_bytes()
    if suffix.startswith(".nii"):
        data = data[:42] + struct.pack("<3h", 900, 1000, 1000) + data[48:]
    else:
        data = data.replace(b"6 5 4", b"900 1000 1000")
    assert b"900" in data or suffix.startswith(".nii")
    path.write_bytes(gzip.compress(data) if suffix == ".nii.gz" else data)
    with pytest.raises(InputError, match="cut off"):
        read_volume(path)


@pytest.mark.parametrize("offset", [float("nan"), float("inf"), 1e30, -5.0])
def test_an_absurd_place_of_the_voxels_is_no_strange_error(tmp_path: Path, offset: float) -> None:
    path = tmp_path / "phase.nii"
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(np.ones((4, 5, 6), dtype=np.float32)), str(path))
    data = path.read_bytes()
    path.write_bytes(data[:108] + struct.pack("<f", offset) + data[112:])
    with pytest.raises(InputError, match="place of its voxels"):
        read_volume(path)


def test_a_packed_file_is_unpacked_no_further_than_its_header_says(tmp_path: Path) -> None:
    path = tmp_path / "phase.nii.gz"
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(np.ones((4, 5, 6), dtype=np.float32)), str(path))
    data = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(data + b"\0" * (1 << 28), compresslevel=9))
    tracemalloc.start()
    assert read_volume(path).array.shape == (4, 5, 6)
    assert tracemalloc.get_traced_memory()[1] < 100e6
    tracemalloc.stop()
