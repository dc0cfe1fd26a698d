"""Writes one DICOM image in every way in which files are encoded, also those that lie about it."""

from __future__ import annotations

import struct
import zlib
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

Way = Literal["explicit", "implicit", "big", "implicit big", "deflated"]

IMPLICIT, EXPLICIT, BIG, DEFLATED = (
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.1.99",
)
PREAMBLE = b"\0" * 128 + b"DICM"


def body(data: Dataset, way: Way, pixel_vr: str = "OW") -> bytes:
    """The data set alone, its pixels in its own byte order."""
    stream = DicomBytesIO()
    stream.is_implicit_VR = way.startswith("implicit")
    stream.is_little_endian = not way.endswith("big")
    if not stream.is_little_endian:
        data = _with_big_endian_pixels(data, pixel_vr)
    data["PixelData"].VR = pixel_vr
    write_dataset(stream, data)
    whole = stream.getvalue()
    if way != "deflated":
        return whole
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(whole) + packer.flush()


def _with_big_endian_pixels(data: Dataset, pixel_vr: str) -> Dataset:
    """By PS3.5 8.2: words of 16 bits turned around, bytes left as they are."""
    copy = Dataset(data)
    if pixel_vr == "OW":
        copy.PixelData = np.frombuffer(data.PixelData, "<u2").astype(">u2").tobytes()
    return copy


def meta(
    syntax: str | None, *, length: int | None = None, sop_class: str = "1.2.840.10008.5.1.4.1.1.4"
) -> bytes:
    """Group 0002, without the preamble.

    Args:
        syntax: None leaves TransferSyntaxUID out.
        length: what the group says its length is, where that is wrong.
    """
    elements = _short(0x0001, b"OB", b"\0\1") + _short(0x0002, b"UI", sop_class.encode())
    if syntax is not None:
        elements += _short(0x0010, b"UI", syntax.encode())
    said = len(elements) if length is None else length
    return struct.pack("<HH2sHI", 2, 0, b"UL", 4, said) + elements


def _short(number: int, vr: bytes, value: bytes) -> bytes:
    value += b"\0" * (len(value) % 2)
    if vr == b"OB":
        return struct.pack("<HH2sHI", 2, number, vr, 0, len(value)) + value
    return struct.pack("<HH2sH", 2, number, vr, len(value)) + value


def pixels(data: Dataset, values: npt.NDArray[np.integer], *, stored: int | None = None) -> Dataset:
    """The image with other values: whole numbers of 8, 16 or 32 bits, little endian."""
    bits = values.dtype.itemsize * 8
    data.BitsAllocated, data.BitsStored = bits, stored or bits
    data.HighBit = data.BitsStored - 1
    data.PixelRepresentation = int(values.dtype.kind == "i")
    raw = values.astype(values.dtype.newbyteorder("<")).tobytes()
    data.PixelData = raw + b"\0" * (len(raw) % 2)
    return data
