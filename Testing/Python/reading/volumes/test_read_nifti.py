"""Values of NIfTI files: types, byte orders, slopes, pairs, and names that look alike."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from support import volume_files as files

from MTINetLib.dataset.headers import header_grid
from MTINetLib.errors import InputError
from MTINetLib.reading.volumes.read import read_label_map, read_volume

AXES, ORIGIN = np.diag([1.5, 1.25, 3.0]), np.array([1.0, 2.0, 3.0])
STORED = np.random.default_rng(4).integers(0, 100, (6, 20, 24))
WRITERS = {"NIfTI-1": files.nifti1, "NIfTI-2": files.nifti2}


def _save(path: Path, data: bytes) -> Path:
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize(
    ("scale", "expected"),
    [((0.37, 0), STORED * 0.37), ((-2, 0), STORED * -2.0), ((2.5, -40), STORED * 2.5 - 40),
     ((0, 12), STORED), ((float("nan"), 12), STORED)],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["u1", "u2", "i2"])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("version", WRITERS)
def test_scaled_integers_are_read(
    tmp_path: Path, version: str, suffix: str, kind: str, scale: tuple[float, float], expected: np.ndarray
) -> None:
    data = WRITERS[version](STORED.astype(kind), AXES, ORIGIN, scale)
    path = _save(tmp_path / f"phase{suffix}", data)
    np.testing.assert_allclose(read_volume(path).array, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(read_label_map(path).array, read_volume(path).array)
    assert header_grid(path) == read_volume(path).grid


@pytest.mark.parametrize("kind", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("version", WRITERS)
def test_every_type_and_byte_order_is_read(tmp_path: Path, version: str, order: str, kind: str) -> None:
    data = WRITERS[version](STORED.astype(kind), AXES, ORIGIN, order=order)
    volume = read_volume(_save(tmp_path / "phase.nii", data))
    np.testing.assert_array_equal(volume.array, STORED)
    np.testing.assert_allclose(volume.grid.ijk_to_lps[:3, :3], AXES)


@pytest.mark.parametrize("named", [".hdr", ".img"])
def test_a_pair_is_read_by_either_name(tmp_path: Path, named: str) -> None:
    data = files.nifti1(STORED.astype("i2"), AXES, ORIGIN)
    head = bytearray(data[:348])
    head[344:348], head[108:112] = b"ni1\0", b"\0\0\0\0"
    (tmp_path / "liver.hdr").write_bytes(head)
    (tmp_path / "liver.img").write_bytes(data[352:])
    (tmp_path / "liver.nii").write_bytes(files.nifti1(STORED.astype("i2") + 5, AXES, ORIGIN))
    np.testing.assert_array_equal(read_volume(tmp_path / f"liver{named}").array, STORED)


def test_half_a_pair_and_old_analyze_files_are_sentences(tmp_path: Path) -> None:
    head = bytearray(files.nifti1(STORED.astype("i2"), AXES, ORIGIN)[:348])
    head[344:348] = b"ni1\0"
    (tmp_path / "half.hdr").write_bytes(head)
    with pytest.raises(InputError, match=r"the \.img file with the voxels is not beside it"):
        read_volume(tmp_path / "half.hdr")
    head[344:348] = b"\0\0\0\0"
    (tmp_path / "old.hdr").write_bytes(head)
    (tmp_path / "old.img").write_bytes(STORED.astype("i2").tobytes())
    with pytest.raises(InputError, match="Analyze"):
        read_volume(tmp_path / "old.img")


@pytest.mark.parametrize("names", [("x.nii", "x.nii.gz"), ("x.nii.gz", "x.nii"), ("x.nii", "x.hdr")])
def test_the_named_file_is_the_one_that_is_opened(tmp_path: Path, names: tuple[str, str]) -> None:
    for name, plus in zip(names, (0, 100), strict=True):
        _save(tmp_path / name, files.nifti1((STORED + plus).astype("i2"), AXES, ORIGIN))
    np.testing.assert_array_equal(read_volume(tmp_path / names[0]).array, STORED)


def test_four_volumes_in_one_file_are_told_how_to_be_split(tmp_path: Path) -> None:
    data = bytearray(files.nifti1(STORED.astype("i2"), AXES, ORIGIN))
    data[40:50] = np.array([4, 24, 20, 6, 4], dtype="<i2").tobytes()
    (tmp_path / "dynamic.nii").write_bytes(data)
    with pytest.raises(InputError, match="4 volumes in one file; split it into one file for each phase"):
        read_volume(tmp_path / "dynamic.nii")
