"""Pixels are the same however a file stores them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread, dcmwrite
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)
from support import dicom_layouts as layouts

from MTINetLib.errors import InputError
from MTINetLib.reading.dicom.read import read_dicom_folder


def _rewrite(folder: Path, syntax: str) -> None:
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        data = dcmread(path)
        if syntax == RLELossless:
            data.compress(RLELossless)
            data.save_as(path, enforce_file_format=True)
            continue
        data.file_meta.TransferSyntaxUID = syntax
        if syntax == ExplicitVRBigEndian:
            data.PixelData = np.frombuffer(data.PixelData, "<u2").astype(">u2").tobytes()
            dcmwrite(path, data, implicit_vr=False, little_endian=False, force_encoding=True)
        else:
            data.save_as(path, enforce_file_format=True)


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian, RLELossless]
)
def test_every_way_of_storing_gives_the_same_values(tmp_path: Path, syntax: str) -> None:
    truth = layouts.make_truth()
    layouts.write_shuffled(tmp_path, layouts.series_per_phase(truth)[8:16])
    _rewrite(tmp_path, syntax)
    np.testing.assert_array_equal(read_dicom_folder(tmp_path)[0].array, truth.volumes[1])


def test_compressed_enhanced_files_are_decoded_frame_by_frame(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    layouts.save(layouts.philips_enhanced(truth)[0], tmp_path / "IM1")
    _rewrite(tmp_path, RLELossless)
    for volume, expected in zip(read_dicom_folder(tmp_path), truth.volumes, strict=True):
        np.testing.assert_array_equal(volume.array, expected)


@pytest.mark.parametrize("signed", [False, True])
def test_bits_above_the_stored_ones_do_not_count(tmp_path: Path, signed: bool) -> None:
    truth = layouts.make_truth()
    values = truth.volumes[0].astype(np.int32) - (600 if signed else 0)
    for k, image in enumerate(layouts.series_per_phase(truth)[:8]):
        image.BitsStored, image.HighBit, image.PixelRepresentation = 12, 11, int(signed)
        image.PixelData = ((values[k] & 0x0FFF) | 0x5000).astype("<u2").tobytes()
        layouts.save(image, tmp_path / f"{k}.dcm")
    np.testing.assert_array_equal(read_dicom_folder(tmp_path)[0].array, values)


def test_files_without_preamble_are_read(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    layouts.write_shuffled(tmp_path, layouts.series_per_phase(truth)[:8])
    for path in [path for path in tmp_path.rglob("*") if path.is_file()]:
        data = dcmread(path)
        data.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
        data.save_as(path, enforce_file_format=True)
        whole = path.read_bytes()
        path.write_bytes(whole[132 + 12 + int.from_bytes(whole[140:144], "little") :])
    np.testing.assert_array_equal(read_dicom_folder(tmp_path)[0].array, truth.volumes[0])


def test_a_damaged_compressed_stream_is_one_clear_error(tmp_path: Path) -> None:
    layouts.write_shuffled(tmp_path, layouts.series_per_phase(layouts.make_truth())[:8])
    _rewrite(tmp_path, RLELossless)
    path = next(path for path in tmp_path.rglob("*") if path.is_file())
    whole = path.read_bytes()
    place = whole.index(b"\xe0\x7f\x10\x00") + 28
    path.write_bytes(whole[:place] + b"\0" * 8 + whole[place + 8 :])
    volume = read_dicom_folder(tmp_path)[0]
    with pytest.raises(InputError, match=f"{path.name} cannot be decoded"):
        _ = volume.array


def test_a_file_that_shrinks_while_it_is_read_is_one_clear_error(tmp_path: Path) -> None:
    layouts.write_shuffled(tmp_path, layouts.series_per_phase(layouts.make_truth())[:8])
    volume = read_dicom_folder(tmp_path)[0]
    path = next(path for path in tmp_path.rglob("*") if path.is_file())
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match=f"{path.name} cannot be read"):
        _ = volume.array
