"""Compressed pixels are decoded in another process, which may crash, hang or want too much memory."""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import MPEG2MPML, JPEG2000Lossless, JPEGLosslessSV1, RLELossless
from support import dicom_layouts as layouts
from support.dicom_compress import SYNTAXES, compress, compress_folder
from support.waiting import wait_until

from MTINetLib.alive import NAME
from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.reading.dicom import decode as dicom_decode
from MTINetLib.reading.dicom.read import open_dicom_folder, read_dicom_folder


@pytest.fixture(scope="module", autouse=True)
def _no_process_is_left() -> object:
    yield
    dicom_decode.close_idle()


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda syntax: syntax.name.split(" (")[0])
def test_every_compression_gives_the_same_values(tmp_path: Path, syntax: str, signed: bool) -> None:
    truth = layouts.make_truth()
    images = layouts.series_per_phase(truth)[8:16]
    values = truth.volumes[1] - (400 if signed else 0)
    for k, image in enumerate(images):
        image.PixelRepresentation = int(signed)
        image.RescaleSlope, image.RescaleIntercept = 2, 1
        image.PixelData = values[k].astype("<i2").tobytes()
    layouts.write_shuffled(tmp_path / "in", images)
    compress_folder(tmp_path / "in", syntax, tmp_path)
    np.testing.assert_array_equal(read_dicom_folder(tmp_path / "in")[0].array, values * 2 + 1)


@pytest.mark.parametrize("syntax", [JPEGLosslessSV1, RLELossless])
def test_compressed_enhanced_files_are_decoded_frame_by_frame(tmp_path: Path, syntax: str) -> None:
    truth = layouts.make_truth()
    layouts.save(layouts.philips_enhanced(truth)[0], tmp_path / "in" / "IM1")
    compress_folder(tmp_path / "in", syntax, tmp_path)
    for volume, expected in zip(read_dicom_folder(tmp_path / "in"), truth.volumes, strict=True):
        np.testing.assert_array_equal(volume.array, expected)


def _one_compressed(tmp_path: Path, syntax: str) -> Path:
    """A whole series of eight compressed slices; the path of one of them."""
    layouts.write_shuffled(tmp_path / "in", layouts.series_per_phase(layouts.make_truth())[:8])
    compress_folder(tmp_path / "in", syntax, tmp_path)
    return sorted(path for path in (tmp_path / "in").rglob("*") if path.is_file())[3]


def _problem(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        _ = read_dicom_folder(folder)[0].array
    return str(caught.value)


def _replace_stream(path: Path, stream: bytes) -> None:
    data = dcmread(path)
    data.PixelData = encapsulate([stream])
    data["PixelData"].VR = "OB"
    data.save_as(path)


def test_an_rle_header_of_no_segments_is_one_clear_error(tmp_path: Path) -> None:
    path = _one_compressed(tmp_path, RLELossless)
    _replace_stream(path, b"\0" * 64 + b"\1" * 100)
    assert f"{path.name} cannot be decoded: the RLE header says 0 segments" in _problem(tmp_path)


def test_a_stream_of_another_size_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = _one_compressed(tmp_path, JPEG2000Lossless)
    data = bytearray(path.read_bytes())
    place = data.index(b"\xff\x4f\xff\x51") + 8
    data[place : place + 8] = struct.pack(">II", 900, 901)
    path.write_bytes(bytes(data))
    assert "has 901 x 900 pixels, the header says 24 x 32" in _problem(tmp_path)


def test_a_jpeg_that_breaks_off_is_one_clear_error(tmp_path: Path) -> None:
    path = _one_compressed(tmp_path, JPEGLosslessSV1)
    _replace_stream(path, b"\xff\xd8\xff\xc3\x00\x0b\x10\x00\x18\x00\x20\x01\x01\x11\x00" + b"\xff\xda" * 20)
    assert f"{path.name} cannot be decoded" in _problem(tmp_path)


def test_a_file_that_changed_since_its_header_was_read_is_refused(tmp_path: Path) -> None:
    path = _one_compressed(tmp_path, RLELossless)
    volume = read_dicom_folder(tmp_path)[0]
    data = dcmread(path)
    data.Rows = 12
    data.save_as(path)
    with pytest.raises(InputError, match=r"cannot be decoded: the file changed while it was read"):
        _ = volume.array


def test_an_unknown_way_of_storing_is_named(tmp_path: Path) -> None:
    image = layouts.slice_of(layouts.make_truth(), 0, 0, "video", 1)
    layouts.save(image, tmp_path / "a.dcm")
    data = dcmread(tmp_path / "a.dcm")
    data.file_meta.TransferSyntaxUID = MPEG2MPML
    data.PixelData = encapsulate([b"\0\0\1\xb3" * 40])
    data["PixelData"].VR = "OB"
    data.save_as(tmp_path / "a.dcm")
    volume = open_dicom_folder(tmp_path).volumes[0]
    assert volume.problem is not None
    assert "is stored in a way that cannot be read (MPEG2" in volume.problem


# --- What a decoder may do to its process. The files stand for streams that no screen knows.


def _faulty_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """Processes whose decoder meets ``fault`` at the file called ``bad``."""
    package = tmp_path / "faulty"
    package.mkdir()
    (package / "faulty_decoder.py").write_text(
        "import os, sys, time, signal\n"
        "from pathlib import Path\n"
        "from MTINetLib.reading.dicom import decode_in_child as child\n"
        "whole = child.decode\n"
        "def decode(item, scratch):\n"
        "    if Path(item['path']).name == 'bad':\n"
        f"        {fault}\n"
        "    return whole(item, scratch)\n"
        "child.decode = decode\n"
        "child._die_quietly()\n"
        "child.serve(Path(sys.argv[1]))\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(package))
    monkeypatch.setattr(dicom_decode, "_MODULE", "faulty_decoder")
    dicom_decode.close_idle()


def _files(tmp_path: Path) -> list[dicom_decode.CompressedFile]:
    truth = layouts.make_truth()
    found = []
    for name in ("one", "bad", "two", "three", "four"):
        image = layouts.slice_of(truth, 1, 2, name, 1)
        layouts.save(image, tmp_path / "in" / name)
        compress(dcmread(tmp_path / "in" / name), RLELossless, tmp_path).save_as(tmp_path / "in" / name)
        found.append(dicom_decode.CompressedFile(tmp_path / "in" / name, (0,), 24, 32, "<u2"))
    return found


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "the decoder crashed (signal 9)"),
        ("import ctypes; ctypes.string_at(0)", "the decoder crashed"),
        ("time.sleep(10_000)", "decoding took too long"),
        ("bytearray(1 << 40)", "decoding takes too much memory"),
        ("raise RecursionError", "the decoder failed (RecursionError)"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals")
def test_one_bad_file_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, reason: str
) -> None:
    _faulty_python(tmp_path, monkeypatch, fault)
    if fault.startswith("time.sleep"):
        monkeypatch.setattr(dicom_decode, "LIMIT_S", 5.0)  # far more than the others take
    answers = list(dicom_decode.decode_files(_files(tmp_path)))
    assert isinstance(answers[1], str)
    assert reason in answers[1]
    expected = layouts.make_truth().volumes[1, 2]
    for number in (0, 2, 3, 4):
        np.testing.assert_array_equal(answers[number], expected[None])
    dicom_decode.close_idle()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a limit of address space")
def test_memory_that_is_taken_bit_by_bit_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _faulty_python(tmp_path, monkeypatch, "hoard = [bytes(1 << 26) for _ in range(10**6)]")
    answers = list(dicom_decode.decode_files(_files(tmp_path)))
    assert answers[1] == "decoding takes too much memory"
    dicom_decode.close_idle()


def test_a_process_that_cannot_start_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dicom_decode, "_MODULE", "no_such_module_anywhere")
    dicom_decode.close_idle()
    with pytest.raises(MissingResourceError, match="ended before it was ready"):
        list(dicom_decode.decode_files(_files(tmp_path)))


def test_processes_are_used_again_and_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dicom_decode.close_idle()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temp"))
    (tmp_path / "temp").mkdir()
    files = _files(tmp_path)
    list(dicom_decode.decode_files(files))
    folders = sorted((tmp_path / "temp").iterdir())
    list(dicom_decode.decode_files(files))
    assert sorted((tmp_path / "temp").iterdir()) == folders
    # A process clears its request away after the last answer.
    wait_until(lambda: all({p.name for p in folder.iterdir()} == {"ready", NAME} for folder in folders))
    dicom_decode.close_idle()
    assert list((tmp_path / "temp").iterdir()) == []
