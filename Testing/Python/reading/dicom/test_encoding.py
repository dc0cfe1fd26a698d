"""Files are read by how they are encoded, not by what they say of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000Lossless, JPEGLosslessSV1, JPEGLSLossless, RLELossless
from support import dicom_encodings as encodings
from support import dicom_layouts as layouts
from support.dicom_compress import compress
from support.dicom_encodings import BIG, DEFLATED, EXPLICIT, IMPLICIT, PREAMBLE, Way, body, meta

from MTINetLib.reading.dicom import decode as dicom_decode
from MTINetLib.reading.dicom.open import read_header
from MTINetLib.reading.dicom.read import open_dicom_folder, read_dicom_folder

TRUTH = layouts.make_truth()
WAYS: tuple[Way, ...] = ("explicit", "implicit", "big", "implicit big")
JPEG = "1.2.840.10008.1.2.4.70"


@pytest.fixture(scope="module", autouse=True)
def _no_process_is_left() -> object:
    yield
    dicom_decode.close_idle()


def _images() -> list[Dataset]:
    """The eight slices of the arterial phase."""
    return layouts.series_per_phase(TRUTH)[8:16]


def _read(folder: Path, files: list[bytes]) -> npt.NDArray[np.float32]:
    for number, data in enumerate(files):
        (folder / f"I{number}").write_bytes(data)
    (volume,) = read_dicom_folder(folder)
    assert volume.problem is None
    assert volume.description == "LAVA ART"
    return volume.array


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("start", [b"", b"\0" * 128, PREAMBLE, b"II*\0" + b"\0" * 124, b"DICM"])
def test_a_data_set_without_meta_information_is_read(tmp_path: Path, way: Way, start: bytes) -> None:
    files = [start + body(image, way) for image in _images()]
    np.testing.assert_array_equal(_read(tmp_path, files), TRUTH.volumes[1])


@pytest.mark.parametrize("way", [*WAYS, "deflated"])
@pytest.mark.parametrize("declared", [None, IMPLICIT, EXPLICIT, BIG, DEFLATED, JPEG])
def test_whatever_the_transfer_syntax_says_the_values_are_right(
    tmp_path: Path, way: Way, declared: str | None
) -> None:
    files = [PREAMBLE + meta(declared) + body(image, way) for image in _images()]
    np.testing.assert_array_equal(_read(tmp_path, files), TRUTH.volumes[1])


@pytest.mark.parametrize("start", [b"", b"\0" * 128])
@pytest.mark.parametrize("way", WAYS)
def test_group_2_without_the_mark_of_dicom_is_read(tmp_path: Path, start: bytes, way: Way) -> None:
    files = [start + meta(EXPLICIT) + body(image, way) for image in _images()]
    np.testing.assert_array_equal(_read(tmp_path, files), TRUTH.volumes[1])


@pytest.mark.parametrize("length", [0, 2, 30, 4000, 0xFFFFFFF0])
def test_a_wrong_length_of_group_2_does_not_count(tmp_path: Path, length: int) -> None:
    files = [PREAMBLE + meta(IMPLICIT, length=length) + body(image, "implicit") for image in _images()]
    np.testing.assert_array_equal(_read(tmp_path, files), TRUTH.volumes[1])


def _values(bits: int, signed: bool) -> npt.NDArray[np.integer]:
    """Of eight slices of 25 x 33, an odd number of pixels, smooth as images are."""
    k, j, i = np.indices((8, 25, 33))
    smooth = k * 3 + 2 * j + i
    if bits == 8:
        return smooth.astype("u1")
    scaled = smooth * (20 if bits == 12 else 200 if bits == 16 else 70_000)
    kind = f"{'i' if signed else 'u'}{4 if bits == 32 else 2}"
    return (scaled - (500 if signed else 0)).astype(kind)


@pytest.mark.parametrize(
    ("bits", "signed", "vr"),
    [
        (8, False, "OW"),
        (8, False, "OB"),
        (12, False, "OW"),
        (12, True, "OW"),
        (16, False, "OW"),
        (16, True, "OW"),
        (32, False, "OW"),
        (32, True, "OW"),
    ],
)
@pytest.mark.parametrize("start", [b"", PREAMBLE + meta(BIG)])
def test_big_endian_pixels_are_turned_around(
    tmp_path: Path, bits: int, signed: bool, vr: str, start: bytes
) -> None:
    values = _values(bits, signed)
    files = []
    for k, image in enumerate(_images()):
        image.Rows, image.Columns = values.shape[1:]
        encodings.pixels(image, values[k], stored=bits)
        files.append(start + body(image, "big", vr))
    np.testing.assert_array_equal(_read(tmp_path, files), values.astype(np.float32))


def test_big_endian_frames_of_8_bits_may_begin_within_a_word(tmp_path: Path) -> None:
    image = layouts.philips_enhanced(TRUTH)[0]
    values = np.random.default_rng(1).integers(0, 255, (32, 25, 33)).astype("u1")
    image.Rows, image.Columns = values.shape[1:]
    encodings.pixels(image, values)
    (tmp_path / "IM").write_bytes(body(image, "big"))
    for t, volume in enumerate(read_dicom_folder(tmp_path)):
        np.testing.assert_array_equal(volume.array, values[t::4])


def test_big_endian_pixels_of_32_bits_are_read_in_either_order_of_words(tmp_path: Path) -> None:
    values = _values(32, True)
    files = []
    for k, image in enumerate(_images()):
        image.Rows, image.Columns = values.shape[1:]
        encodings.pixels(image, values[k])
        whole = body(image, "big")
        standard = image.PixelData
        words = np.frombuffer(standard, "<u2").astype(">u2").tobytes()
        files.append(whole.replace(words, values[k].astype(">i4").tobytes()))
    np.testing.assert_array_equal(_read(tmp_path, files), values.astype(np.float32))


@pytest.mark.parametrize("syntax", [JPEGLosslessSV1, JPEG2000Lossless, JPEGLSLossless, RLELossless])
@pytest.mark.parametrize(
    "declared", [EXPLICIT, IMPLICIT, JPEG, "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.50"]
)
def test_compressed_pixels_are_read_by_what_they_are(tmp_path: Path, syntax: str, declared: str) -> None:
    files = []
    for image in _images():
        layouts.save(image, tmp_path / "one")
        compress(dcmread(tmp_path / "one"), syntax, tmp_path).save_as(tmp_path / "one")
        whole = (tmp_path / "one").read_bytes()
        place = whole.index(b"\x08\0\x08\0CS")
        files.append(PREAMBLE + meta(declared) + whole[place:])
    (tmp_path / "one").unlink()
    (tmp_path / "in").mkdir()
    np.testing.assert_array_equal(_read(tmp_path / "in", files), TRUTH.volumes[1])


@pytest.mark.parametrize("way", WAYS)
def test_a_look_up_table_is_turned_around_as_well(tmp_path: Path, way: Way) -> None:
    files = []
    for image in _images():
        table = Dataset()
        table.add_new("LUTDescriptor", "US", [3000, 0, 16])
        outputs = 2 * np.arange(3000) + 5
        table.add_new("LUTData", "OW", outputs.astype(">u2" if way.endswith("big") else "<u2").tobytes())
        image.ModalityLUTSequence = [table]
        files.append(body(image, way))
    np.testing.assert_allclose(_read(tmp_path, files), 2 * TRUTH.volumes[1] + 5, rtol=1e-6)


def test_pixels_that_are_neither_compressed_nor_of_their_size_are_named(tmp_path: Path) -> None:
    for number, image in enumerate(_images()):
        image.PixelData = image.PixelData[:1000]
        (tmp_path / f"{number}").write_bytes(PREAMBLE + meta(JPEG) + body(image, "explicit"))
    (volume,) = open_dicom_folder(tmp_path).volumes
    assert volume.problem is not None
    assert "says that its pixels are compressed (JPEG Lossless" in volume.problem
    assert "their 1,000 bytes are not the 1,536 of uncompressed ones" in volume.problem


def test_a_private_way_of_storing_is_named_and_not_guessed_at(tmp_path: Path) -> None:
    for number, image in enumerate(_images()):
        (tmp_path / f"{number}").write_bytes(PREAMBLE + meta("1.2.3.4.5") + body(image, "explicit"))
    (volume,) = open_dicom_folder(tmp_path).volumes
    assert volume.problem is not None
    assert "is stored in a way that cannot be read (1.2.3.4.5)" in volume.problem


def test_too_few_bytes_in_a_whole_file_are_not_called_truncated(tmp_path: Path) -> None:
    for number, image in enumerate(_images()):
        image.PixelData = image.PixelData[:1200]
        (tmp_path / f"{number}").write_bytes(body(image, "explicit"))
    (volume,) = open_dicom_folder(tmp_path).volumes
    assert volume.problem is not None
    assert "has 1,200 bytes of pixels where its size needs 1,536" in volume.problem


@pytest.mark.parametrize("kind", ["<u4", ">u4", "<u2", ">u2"])
def test_a_file_of_ascending_numbers_is_no_dicom(tmp_path: Path, kind: str) -> None:
    layouts.write_shuffled(tmp_path, _images())
    (tmp_path / "table.bin").write_bytes(np.arange(8, 4000, 4).astype(kind).tobytes())
    found = open_dicom_folder(tmp_path)
    assert (found.problems, found.set_aside, found.skipped) == ((), {}, 1)


def test_a_mark_without_data_elements_is_a_reason(tmp_path: Path) -> None:
    layouts.write_shuffled(tmp_path, _images())
    (tmp_path / "bad.dcm").write_bytes(PREAMBLE + meta(EXPLICIT) + b"\x7f" * 4000)
    (problem,) = open_dicom_folder(tmp_path).problems
    assert problem.reason == "is damaged: no data elements can be read behind the mark of DICOM files"


@pytest.mark.parametrize("way", [*WAYS, "deflated"])
def test_a_header_read_for_its_own_sake_is_the_same(tmp_path: Path, way: Way) -> None:
    image = _images()[0]
    (tmp_path / "one").write_bytes(PREAMBLE + meta(IMPLICIT) + body(image, way))
    header = read_header(tmp_path / "one")
    assert header.SeriesInstanceUID == image.SeriesInstanceUID
    assert (header.Rows, header.SeriesDescription) == (24, "LAVA ART")
    assert [float(v) for v in header.PixelSpacing] == [8.0, 7.0]
