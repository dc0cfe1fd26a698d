"""Reads single attributes from a pydicom header without converting the rest.

Sorting a study asks some twenty attributes of each of hundreds of files; pydicom's full conversion
of every value would take longer than everything else together.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import date
from functools import cache, lru_cache
from typing import Any

from pydicom.dataset import Dataset
from pydicom.tag import BaseTag, Tag

SECONDS_PER_DAY = 86400.0


@cache
def tag_of(keyword: str) -> BaseTag:
    return Tag(keyword)


class Header:
    """Typed access to a dataset's attributes by keyword; a missing or senseless value is None or empty."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    def __contains__(self, keyword: str) -> bool:
        return tag_of(keyword) in self.dataset

    def text(self, keyword: str) -> str:
        """The value of a string attribute, in ASCII or UTF-8; several values keep their ``\\``."""
        value = self._value(keyword)
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace").strip(" \0")
        if value is None:
            return ""
        if isinstance(value, str) or not hasattr(value, "__iter__"):
            return str(value).strip(" \0")
        return "\\".join(str(item) for item in value)

    def number(self, keyword: str) -> float | None:
        """The first value of a decimal or integer string."""
        return to_number(self.text(keyword).partition("\\")[0])

    def numbers(self, keyword: str) -> tuple[float, ...]:
        """All values; empty where one of them is no number."""
        values = [to_number(item) for item in self.text(keyword).split("\\")]
        found = tuple(item for item in values if item is not None)
        return found if len(found) == len(values) else ()

    def integer(self, keyword: str, default: int = 0) -> int:
        """The value of a US attribute (16 bit, binary), such as Rows."""
        item = self.dataset.get_item(tag_of(keyword))
        value = getattr(item, "value", None)
        if isinstance(value, bytes):
            if len(value) < 2:
                return default
            little = bool(getattr(item, "is_little_endian", True))
            return int(struct.unpack("<H" if little else ">H", value[:2])[0])
        return default if value is None else int(value)

    def float_value(self, keyword: str) -> float | None:
        """The value of an attribute stored as a binary float (FD), such as EffectiveEchoTime."""
        return to_number(self.dataset.get(keyword))

    def count(self, keyword: str) -> int:
        """The number of items of a sequence."""
        return len(self.dataset.get(keyword) or ())

    def items(self, keyword: str) -> Iterator[Header]:
        """The items of a sequence."""
        for item in self.dataset.get(keyword) or []:
            yield Header(item)

    def day_s(self, *keywords: str) -> float:
        """Seconds from year 1 to the first of the named dates that is given; 0 if none is."""
        for keyword in keywords:
            day = day_seconds(self.text(keyword))
            if day:
                return day
        return 0.0

    def clock_s(self, day_s: float, keyword: str) -> float | None:
        """``day_s`` plus the time of day of a TM attribute."""
        seconds = seconds_of_day(self.text(keyword))
        return None if seconds is None else day_s + seconds

    def date_time_s(self, keyword: str) -> float | None:
        """A DT attribute as seconds from year 1, without its UTC offset."""
        text = self.text(keyword).split("+")[0].split("-")[0]
        day, seconds = day_seconds(text[:8]), seconds_of_day(text[8:])
        return None if seconds is None or not day else day + seconds

    def _value(self, keyword: str) -> Any:
        item: Any = self.dataset.get_item(tag_of(keyword))
        return None if item is None else item.value


def to_number(value: Any) -> float | None:
    """A finite number of reasonable size, or None."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if abs(number) < 1e15 else None


@lru_cache(maxsize=4096)
def day_seconds(text: str) -> float:
    """Seconds from year 1 to a DICOM DA value (YYYYMMDD, or YYYY.MM.DD in old files); 0 if it is none."""
    digits = text.replace(".", "")
    if len(digits) < 8 or not digits[:8].isdigit():
        return 0.0
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])).toordinal() * SECONDS_PER_DAY
    except ValueError:
        return 0.0


@lru_cache(maxsize=4096)
def seconds_of_day(text: str) -> float | None:
    """Seconds after midnight of a DICOM TM value (PS3.5: HHMMSS.FFFFFF, or HH:MM:SS in old files)."""
    whole, _, fraction = text.replace(":", "").strip().partition(".")
    if len(whole) < 2 or not whole.isdigit() or (fraction and not fraction.isdigit()):
        return None
    whole = whole.ljust(6, "0")[:6]
    hours, minutes, seconds = int(whole[:2]), int(whole[2:4]), int(whole[4:6])
    if hours > 23 or minutes > 59 or seconds > 60:
        return None
    return hours * 3600.0 + minutes * 60.0 + seconds + (float(f"0.{fraction}") if fraction else 0.0)
