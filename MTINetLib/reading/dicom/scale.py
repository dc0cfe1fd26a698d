"""From stored values to values that are linear in the signal and on one scale in all phases.

Relative enhancement compares phases, so it needs a scale that is linear and the same for all of them, which
what a viewer displays need not be:

- RescaleSlope and RescaleIntercept (PS3.3 C.11.1) are applied, per image.
- A modality look-up table that is a straight line is applied as that line; a bent one has no linear values
  behind it that anybody could know, and is refused.
- Philips scanners choose RescaleSlope anew for every series, so that displayed values of two series cannot
  be compared; a private scale slope leads from them to the scanner's floating point values, which can:
  (stored * RescaleSlope + RescaleIntercept) / (RescaleSlope * ScaleSlope) (Chenevert et al., Transl Oncol
  2014, 7:65-71). It is used where all images of a folder have it, and for none otherwise.
- Window, VOI and presentation look-up tables are for the eye and never applied.
"""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np
from pydicom.tag import BaseTag, Tag

from MTINetLib.reading.dicom.header import Header

_CREATOR = "Philips MR Imaging DD 001"
#: Where that creator may have reserved its block, (2005,0010) as a rule, and its scale slope then.
_BLOCKS = tuple((Tag(0x2005, block), Tag(0x2005, (block << 8) | 0x0E)) for block in range(0x10, 0x15))
#: Of an enhanced Philips image: a frame's private attributes, one item.
_FRAME_SEQUENCE = Tag(0x2005, 0x140F)
#: What a header has to be read with.
PRIVATE_TAGS: tuple[BaseTag, ...] = tuple(tag for block in _BLOCKS for tag in block)
#: The outputs of a straight table are rounded to whole numbers.
_STRAIGHT_WITHIN = 1.0

Line = tuple[float, float]


class BentTableError(Exception):
    """A modality look-up table that is not a straight line."""


def display_line(header: Header) -> Line:
    """Slope and intercept from stored to displayed values, by a look-up table or by rescaling.

    Raises:
        BentTableError: the table is not a straight rising line.
    """
    for table in header.items("ModalityLUTSequence"):
        return _line_of_table(table)
    slope, intercept = header.number("RescaleSlope"), header.number("RescaleIntercept")
    return (1.0 if slope is None else slope, 0.0 if intercept is None else intercept)


def philips_line(header: Header, displayed: Line) -> Line | None:
    """Slope and intercept from stored values to the scanner's floating point values; None without them."""
    found = _private_scale(header)
    if found is None:
        for item in _items(header, _FRAME_SEQUENCE):
            found = _private_scale(item)
    if found is None:
        return None
    slope, intercept = displayed
    return (1.0 / found, intercept / (slope * found)) if slope else None


def _line_of_table(table: Header) -> Line:
    first = table.dataset.get("LUTDescriptor")
    data = table.dataset.get("LUTData")
    if not first or len(first) != 3 or data is None:
        raise BentTableError
    start = int(first[1])
    if isinstance(data, bytes):
        order = ">" if table.dataset.original_encoding[1] is False else "<"
        values = np.frombuffer(data[: len(data) // 2 * 2], f"{order}u2").astype(np.float64)
    else:
        values = np.atleast_1d(np.asarray(data, dtype=np.float64))
    if values.ndim != 1 or len(values) < 2:
        raise BentTableError
    slope = float(values[-1] - values[0]) / (len(values) - 1)
    line = values[0] + slope * np.arange(len(values))
    if slope <= 0.0 or float(np.abs(values - line).max()) > _STRAIGHT_WITHIN:
        raise BentTableError
    return slope, float(values[0]) - slope * start


def _private_scale(header: Header) -> float | None:
    for reserved, scale in _BLOCKS:
        creator = header.dataset.get_item(reserved)
        if creator is None or _text(creator.value) != _CREATOR:
            continue
        item = header.dataset.get_item(scale)
        value = None if item is None else _real(item)
        if value is not None and math.isfinite(value) and 1e-12 < value < 1e12:
            return value
    return None


def _items(header: Header, tag: BaseTag) -> list[Header]:
    if tag not in header.dataset:
        return []
    value = header.dataset[tag].value
    return [Header(item) for item in value] if hasattr(value, "__iter__") and not _is_flat(value) else []


def _is_flat(value: Any) -> bool:
    return isinstance(value, (str, bytes))


def _text(value: Any) -> str:
    return value.decode("latin-1").strip(" \0") if isinstance(value, bytes) else str(value).strip(" \0")


def _real(item: Any) -> float | None:
    """An FL value, as it stands in the file, as a number or as a text (some archives rewrite it)."""
    value = item.value
    if isinstance(value, bytes) and getattr(item, "VR", None) in ("FL", "UN", None) and len(value) == 4:
        order = "<" if getattr(item, "is_little_endian", True) else ">"
        return float(struct.unpack(f"{order}f", value)[0])
    try:
        return float(_text(value) if isinstance(value, bytes) else value)
    except (TypeError, ValueError):
        return None
