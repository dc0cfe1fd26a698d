"""Whatever lies in a folder: one reason per file, the rest is read, in bounded time and memory."""

from __future__ import annotations

import os
import socket
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import RLELossless
from support import dicom_layouts as layouts

from MTINetLib.errors import InputError
from MTINetLib.reading.dicom import open as dicom_open
from MTINetLib.reading.dicom.read import open_dicom_folder, read_dicom_folder
from MTINetLib.reading.found_volumes import FoundVolumes

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
TRUTH = layouts.make_truth()


def _good(folder: Path) -> Path:
    """One good series of eight slices."""
    return layouts.write_shuffled(folder, layouts.series_per_phase(TRUTH)[:8])


def _others_are_read(folder: Path) -> FoundVolumes:
    found = open_dicom_folder(folder)
    whole = next(volume for volume in found.volumes if volume.description == "LAVA PRE")
    np.testing.assert_array_equal(whole.array, TRUTH.volumes[0])
    return found


def _reason(folder: Path, name: str) -> str:
    found = _others_are_read(folder)
    return next(problem.reason for problem in found.problems if problem.path.name == name)


def _header(*elements: bytes) -> bytes:
    """A file without meta information, whose values follow."""
    start = struct.pack("<HHI", 0x0008, 0x0016, 26) + b"1.2.840.10008.5.1.4.1.1.4\0"
    return (start + b"".join(elements)).ljust(200, b"\0")


def _element(group: int, element: int, value: bytes, length: int | None = None) -> bytes:
    """Implicit VR little endian."""
    return struct.pack("<HHI", group, element, len(value) if length is None else length) + value


IMAGE = [
    _element(0x0008, 0x0060, b"MR"),
    _element(0x0028, 0x0002, struct.pack("<H", 1)),
    _element(0x0028, 0x0010, struct.pack("<H", 16)),
    _element(0x0028, 0x0011, struct.pack("<H", 16)),
    _element(0x0028, 0x0100, struct.pack("<H", 16)),
]


@POSIX
def test_a_pipe_without_a_writer_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(_good(tmp_path) / "pipe.dcm")
    assert _reason(tmp_path, "pipe.dcm") == "is no regular file"


@POSIX
def test_links_in_circles_and_into_nothing_are_named(tmp_path: Path) -> None:
    _good(tmp_path / "in")
    (tmp_path / "in" / "round").symlink_to(tmp_path / "in", target_is_directory=True)
    (tmp_path / "in" / "self.dcm").symlink_to(tmp_path / "in" / "self.dcm")
    (tmp_path / "in" / "gone.dcm").symlink_to(tmp_path / "nowhere")
    (tmp_path / "in" / "zero.dcm").symlink_to("/dev/zero")
    reasons = {problem.path.name: problem.reason for problem in _others_are_read(tmp_path / "in").problems}
    assert sorted(reasons) == ["gone.dcm", "self.dcm", "zero.dcm"]
    assert "symbolic links" in reasons["self.dcm"]
    assert "No such file" in reasons["gone.dcm"]


@POSIX
def test_a_socket_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _good(tmp_path)
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.dcm")
        assert _reason(tmp_path, "s.dcm").startswith("cannot be read")


def test_files_and_folders_that_may_not_be_read_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _good(tmp_path)
    (tmp_path / "closed").mkdir()
    (tmp_path / "secret.dcm").write_bytes(b"x")
    open_file, list_folder = os.open, os.scandir

    def refuse(path: object, *rest: object) -> int:
        if str(path).endswith("secret.dcm"):
            raise PermissionError(13, "Permission denied", str(path))
        return open_file(path, *rest)  # type: ignore[arg-type]

    def refuse_folder(path: object) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return list_folder(path)  # type: ignore[call-overload]

    # Root may read everything: the system's own answer is put in its mouth.
    monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr(os, "scandir", refuse_folder)
    found = _others_are_read(tmp_path)
    assert {problem.path.name: problem.reason for problem in found.problems} == {
        "secret.dcm": "cannot be read (Permission denied)",
        "closed": "cannot be listed (Permission denied)",
    }
    assert found.skipped == 0


def test_sequences_nested_ten_thousand_deep_are_one_reason(tmp_path: Path) -> None:
    _good(tmp_path)
    opened = (
        struct.pack("<HHI", 0x5200, 0x9230, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    ) * 10_000
    (tmp_path / "deep.dcm").write_bytes(_header(*IMAGE, opened))
    assert _reason(tmp_path, "deep.dcm").startswith("damaged DICOM header")


def test_lengths_beyond_the_file_allocate_nothing(tmp_path: Path) -> None:
    _good(tmp_path)
    for tag, name in (
        ((0x0020, 0x0032), "position"),
        ((0x0008, 0x103E), "text"),
        ((0x7FE0, 0x0010), "pixels"),
    ):
        data = _header(*IMAGE, _element(*tag, b"1", length=0xFFFFFFF0))
        (tmp_path / f"{name}.dcm").write_bytes(data)
    tracemalloc.start()
    found = _others_are_read(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found.problems) == 3
    assert peak < 20e6


def test_a_header_longer_than_the_first_read_is_read_whole(tmp_path: Path) -> None:
    image = layouts.philips_enhanced(TRUTH)[0]
    image.add_new(0x00091001, "OB", b"\1" * 300_000)
    image.add_new(0x52001001, "UN", b"\2" * 700_000)
    layouts.save(image, tmp_path / "IM")
    for volume, expected in zip(read_dicom_folder(tmp_path), TRUTH.volumes, strict=True):
        np.testing.assert_array_equal(volume.array, expected)


def test_an_absurdly_long_header_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dicom_open, "LARGEST_HEADER", 1 << 20)
    _good(tmp_path)
    many = _element(0x0009, 0x0001, b"") * 400_000
    (tmp_path / "long.dcm").write_bytes(_header(*IMAGE, many))
    assert _reason(tmp_path, "long.dcm") == "has a header of more than 1 MB"


def test_a_file_that_unpacks_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dicom_open, "LARGEST_INFLATED", 8 << 20)
    _good(tmp_path)
    uid = _meta_syntax(b"1.2.840.10008.1.2.1.99")
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    bomb = packer.compress(_header(*IMAGE) + b"\0" * (64 << 20)) + packer.flush()
    (tmp_path / "bomb.dcm").write_bytes(b"\0" * 128 + b"DICM" + uid + bomb)
    (tmp_path / "torn.dcm").write_bytes(b"\0" * 128 + b"DICM" + uid + b"\xff" * 500)
    assert _reason(tmp_path, "bomb.dcm") == "unpacks to more than 8 MB"
    assert _reason(tmp_path, "torn.dcm") == "is damaged: its deflated part cannot be unpacked"


def _meta_syntax(uid: bytes) -> bytes:
    element = struct.pack("<HH2sH", 0x0002, 0x0010, b"UI", len(uid)) + uid
    return struct.pack("<HH2sHI", 0x0002, 0x0000, b"UL", 4, len(element)) + element


@pytest.mark.parametrize(
    ("keyword", "value", "reason"),
    [
        ("Rows", 65535, "says it has 65535 x 32 pixels"),
        ("Columns", 0, "says it has 24 x 0 pixels"),
        ("BitsAllocated", 1, "says it has 1 bits a pixel"),
        ("NumberOfFrames", "99999999", "says it has 99999999 frames"),
        ("NumberOfFrames", "-3", "says it has -3 frames"),
        ("PixelSpacing", ["1e-30", "1"], "PixelSpacing says pixels of 1e-30 x 1 mm"),
        ("PixelSpacing", ["nan", "1"], "PixelSpacing is missing or incomplete"),
        ("ImagePositionPatient", ["1e12", "0", "0"], "ImagePositionPatient lies more than 100 m away"),
        ("ImageOrientationPatient", ["1", "0", "0", "1", "0", "0"], "ImageOrientationPatient is not a pair"),
    ],
)
def test_absurd_attributes_are_named(tmp_path: Path, keyword: str, value: object, reason: str) -> None:
    _good(tmp_path)
    image = layouts.slice_of(TRUTH, 0, 0, "absurd", 1)
    setattr(image, keyword, value)
    layouts.save(image, tmp_path / "absurd.dcm")
    assert _reason(tmp_path, "absurd.dcm").startswith(reason)


def test_attributes_that_are_not_needed_may_hold_anything(tmp_path: Path) -> None:
    images = layouts.series_per_phase(TRUTH)[:8]
    for number, image in enumerate(images):
        image.RepetitionTime, image.FlipAngle, image.SeriesNumber = 41234, 51234, 61234
        layouts.save(image, tmp_path / f"{number}.dcm")
        data = (tmp_path / f"{number}.dcm").read_bytes()
        for text, other in ((b"41234", b"4,2?4"), (b"51234", b"#####"), (b"61234", b"1\\2\\3")):
            data = data.replace(text, other)
        (tmp_path / f"{number}.dcm").write_bytes(data)
    volume = read_dicom_folder(tmp_path)[0]
    np.testing.assert_array_equal(volume.array, TRUTH.volumes[0])
    assert (volume.headers["RepetitionTime"], volume.headers["FlipAngle"]) == (None, None)


def test_compressed_frames_of_nothing_promise_no_memory(tmp_path: Path) -> None:
    image = layouts.philips_enhanced(TRUTH)[0]
    layouts.save(image, tmp_path / "IM")
    data = dcmread(tmp_path / "IM")
    data.Rows = data.Columns = 4096
    data.file_meta.TransferSyntaxUID = RLELossless
    positions = [[0, 0, float(number)] for number in range(40)]
    groups = []
    for position in positions:
        group = layouts._frame(TRUTH, 0)
        group.PlanePositionSequence[0].ImagePositionPatient = position
        groups.append(group)
    data.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0].ImageOrientationPatient = [
        1, 0, 0, 0, 1, 0,
    ]  # fmt: skip
    data.PerFrameFunctionalGroupsSequence = groups
    data.NumberOfFrames = len(groups)
    data.PixelData = encapsulate([b"\0" * 64] * len(groups))
    data["PixelData"].VR = "OB"
    data.save_as(tmp_path / "IM")
    volume = read_dicom_folder(tmp_path)[0]
    with pytest.raises(InputError, match="40 slices of 4096 x 4096 pixels; that is no MRI"):
        _ = volume.array


@pytest.mark.parametrize("end", [0, 1, 100, 131, 132, 140, 300, 700, 1200])
def test_a_file_cut_off_anywhere_is_a_reason_or_nothing(tmp_path: Path, end: int) -> None:
    _good(tmp_path)
    image = layouts.slice_of(TRUTH, 1, 0, "cut", 1)
    layouts.save(image, tmp_path / "whole.dcm")
    data = (tmp_path / "whole.dcm").read_bytes()
    (tmp_path / "whole.dcm").unlink()
    (tmp_path / "cut.dcm").write_bytes(data[:end])
    found = _others_are_read(tmp_path)
    assert len(found.problems) + found.skipped + sum(v.problem is not None for v in found.volumes) == 1


OTHERS = {
    "picture.png": b"\x89PNG\r\n\x1a\n" + b"\0" * 300,
    "archive.zip": b"PK\x03\x04" + b"\1" * 300,
    "page.html": b"<html>" * 60,
    "program": b"\x7fELF" + b"\2" * 300,
    "zeros": b"\0" * 4096,
    "short": b"DICM",
    "mark only": b"\0" * 128 + b"DICM",
    "mark and noise": b"\0" * 128 + b"DICM" + bytes(range(256)) * 4,
}


def test_files_of_every_other_kind_do_not_disturb(tmp_path: Path) -> None:
    _good(tmp_path)
    for name, data in OTHERS.items():
        (tmp_path / name).write_bytes(data)
    found = _others_are_read(tmp_path)
    assert found.skipped + len(found.problems) == len(OTHERS)
    assert len(found.volumes) == 1
