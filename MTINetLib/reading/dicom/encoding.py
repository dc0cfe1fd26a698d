"""How a DICOM file is encoded: found out from its bytes, as what it says of itself may be missing or wrong.

Explicit or implicit VR and the byte order show in the first data elements (PS3.5 7.1): read in the wrong way,
their tags do not ascend and their lengths lead nowhere. What the file says counts only where the elements
cannot tell: how compressed pixels are compressed.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, STANDARD_VR

Order = Literal["<", ">"]

#: By what a file may say that its elements, not its pixels, are encoded.
NATIVE = frozenset(
    {ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian}
)
UNDEFINED_LENGTH = 0xFFFFFFFF
LONG_VRS = frozenset(vr.value.encode() for vr in EXPLICIT_VR_LENGTH_32)
_VRS = frozenset(vr.value.encode() for vr in STANDARD_VR)
#: So many elements are walked through at most; after these there is no doubt.
_ENOUGH = 16
#: So many where neither mark nor meta information says that it is DICOM: any file may begin with a number.
_FEWEST = 3
#: Of a deflated data set, to look at its first elements.
_FIRST_INFLATED = 4096
#: Data sets of images begin with group 0008, those of DICOMDIR files with 0004.
_FIRST_GROUPS = (0x0004, 0x0008)
_LARGEST_GROUP = 0x7FE0
_SYNTAX, _SOP_CLASS, _META_LENGTH = 0x0010, 0x0002, 0x0000


@dataclass(frozen=True)
class Encoding:
    """How the data set of a file is encoded.

    Args:
        start: where its first element stands.
        implicit: whether elements leave out what kind of value they hold.
        order: of the bytes, ``<`` or ``>`` as struct and numpy write it.
        window: of zlib where the data set is deflated (negative without a header of zlib), None otherwise.
        declared: the transfer syntax that the file says it has, empty if it says none.
        sop_class: of its file meta information, empty if there is none.
    """

    start: int
    implicit: bool
    order: Order
    window: int | None = None
    declared: str = ""
    sop_class: str = ""

    @property
    def native_syntax(self) -> str:
        """The transfer syntax of these elements where the pixels are not compressed."""
        if self.window is not None:
            return str(DeflatedExplicitVRLittleEndian)
        if self.order == ">":
            return str(ExplicitVRBigEndian)
        return str(ImplicitVRLittleEndian if self.implicit else ExplicitVRLittleEndian)


def find_encoding(head: bytes) -> Encoding | None:
    """How the file that begins with ``head`` is encoded; None if no data elements of DICOM stand in it."""
    for start in _starts(head):
        meta, ends = _file_meta(head, start)
        declared = _uid(meta.get(_SYNTAX))
        found = [(_best(head, end, declared), end) for end in ends]
        (score, implicit, order), end = max(found, key=lambda item: item[0][0])
        named = says_dicom(head) or bool(meta)
        if score >= (1 if named else _FEWEST):
            encoding = Encoding(end, implicit, order)
        elif not named:
            continue
        else:
            deflated = _deflated(head, ends[0])
            if deflated is None:
                continue
            encoding = deflated
        return replace(encoding, declared=declared, sop_class=_uid(meta.get(_SOP_CLASS)))
    return None


def says_dicom(head: bytes) -> bool:
    """Whether the mark of DICOM files stands behind the preamble."""
    return head[128:132] == b"DICM"


def _starts(head: bytes) -> tuple[int, ...]:
    """Where file meta information or data set may begin: behind preamble and mark, either, or neither."""
    return (132,) if says_dicom(head) else (0, 4, 128, 132)


def _file_meta(head: bytes, start: int) -> tuple[Mapping[int, bytes], tuple[int, ...]]:
    """The elements of group 0002, and where they may end: where they do, and where they say so."""
    elements: dict[int, bytes] = {}
    at = start
    order: Order = ">" if head[start : start + 2] == b"\x00\x02" else "<"
    while at + 8 <= len(head) and struct.unpack_from(f"{order}H", head, at)[0] == 0x0002:
        implicit = head[at + 4 : at + 6] not in _VRS
        number = struct.unpack_from(f"{order}H", head, at + 2)[0]
        value, length = _value_at(head, at, implicit, order)
        if length > len(head):
            break
        elements[number] = head[value : value + length]
        at = value + length
    said = elements.get(_META_LENGTH, b"")
    if len(said) != 4 or start + 12 > len(head):
        return elements, (at,)
    # Element (0002,0000) itself takes twelve bytes, and counts those behind it.
    return elements, (at, start + 12 + struct.unpack(f"{order}I", said)[0])


def _uid(value: bytes | None) -> str:
    return (value or b"").decode("ascii", "replace").strip(" \0")


def _best(data: bytes, start: int, declared: str) -> tuple[int, bool, Order]:
    """How many elements can be read from ``start``, and in which way; what is declared comes first."""
    ways: list[tuple[bool, Order]] = [(False, "<"), (True, "<"), (False, ">"), (True, ">")]
    if declared in (ImplicitVRLittleEndian, ExplicitVRBigEndian):
        first: tuple[bool, Order] = (True, "<") if declared == ImplicitVRLittleEndian else (False, ">")
        ways.sort(key=lambda way: way != first)
    scored = [(sum(1 for _ in _walk(data, start, *way)), *way) for way in ways]
    return max(scored, key=lambda item: item[0])


def _walk(data: bytes, start: int, implicit: bool, order: Order) -> Iterator[None]:
    """One step for each element that is followed by one of a higher tag, or by the end of the data."""
    at, tag = start, -1
    for _ in range(_ENOUGH):
        if at + 8 > len(data):
            return
        group, number = struct.unpack_from(f"{order}HH", data, at)
        ascends = tag < (group << 16 | number) and group <= _LARGEST_GROUP
        if not ascends or (tag < 0 and group not in _FIRST_GROUPS):
            return
        if not implicit and data[at + 4 : at + 6] not in _VRS:
            return
        if tag >= 0:
            yield
        tag = group << 16 | number
        value, length = _value_at(data, at, implicit, order)
        if length == UNDEFINED_LENGTH:
            # A sequence: its items follow, in the byte order of all.
            if data[value : value + 4] == struct.pack(f"{order}HH", 0xFFFE, 0xE000):
                yield
            return
        at = value + length
        if at == len(data):
            yield


def _value_at(data: bytes, at: int, implicit: bool, order: Order) -> tuple[int, int]:
    """Where the value of an element begins, and how long it says it is."""
    if implicit:
        return at + 8, int(struct.unpack_from(f"{order}I", data, at + 4)[0])
    if data[at + 4 : at + 6] in LONG_VRS:
        return at + 12, int(struct.unpack_from(f"{order}I", data.ljust(at + 12, b"\0"), at + 8)[0])
    return at + 8, int(struct.unpack_from(f"{order}H", data, at + 6)[0])


def _deflated(head: bytes, start: int) -> Encoding | None:
    """Deflated data as the standard has it, or with a header of zlib as some write it."""
    for window in (-zlib.MAX_WBITS, zlib.MAX_WBITS):
        try:
            data = zlib.decompressobj(window).decompress(head[start:], _FIRST_INFLATED)
        except zlib.error:
            continue
        score, implicit, order = _best(data, 0, ExplicitVRLittleEndian)
        if score > 0:
            return Encoding(start, implicit, order, window)
    return None


def syntax_name(syntax: str) -> str:
    """For people, such as ``RLE Lossless``."""
    return UID(syntax).name if syntax else "none"
