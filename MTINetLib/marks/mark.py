"""What readers said: a mark is a line of a table, a reading all that one reader said of a study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from MTINetLib.study.lesion_class import UNDECIDED

Point = tuple[float, float, float]


class MarkKind(Enum):
    """What a mark says."""

    RIGHT = "right"
    WRONG = "wrong"
    MISSED = "missed"
    COMMENT = "comment"


@dataclass(frozen=True)
class Mark:
    """One mark of one reader.

    Args:
        kind: ``RIGHT`` without a lesion says that the study was looked through.
        lesion: its label in the findings; None for a missed one, and for a mark of the whole study.
        lesion_class: the reader's; empty where the reader named none.
        position_lps_mm: LPS, of a missed lesion; None for others.
        comment, reader: as they were written; may be empty.
        marked_utc: ISO 8601, or empty.
    """

    kind: MarkKind
    lesion: int | None = None
    lesion_class: str = ""
    position_lps_mm: Point | None = None
    comment: str = ""
    reader: str = ""
    marked_utc: str = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Mark:
        """A mark of the values of its fields, after they went through JSON.

        Raises:
            TypeError, ValueError: they are of something else.
        """
        mark = cls(**data)
        place = mark.position_lps_mm
        x, y, z = (None, None, None) if place is None else map(float, place)
        at = None if x is None or y is None or z is None else (x, y, z)
        return replace(mark, kind=MarkKind(data["kind"]), position_lps_mm=at)

    @property
    def word(self) -> str:
        """The kind as a table writes it."""
        return self.kind.value

    def class_of(self, answer: str) -> str | None:
        """The class that the reader gives the lesion; None for none.

        A lesion that is right and has no class of the reader's has the model's: that is what right says.

        Args:
            answer: the model's class, or ``undecided``.
        """
        if self.kind is not MarkKind.RIGHT:
            return None
        return self.lesion_class or (None if answer == UNDECIDED else answer)


@dataclass(frozen=True)
class Reading:
    """All that one reader said of one study."""

    study: str
    reader: str
    marks: tuple[Mark, ...]

    @property
    def judged(self) -> dict[int, Mark]:
        """The marks right and wrong, by lesion."""
        kinds = (MarkKind.RIGHT, MarkKind.WRONG)
        return {mark.lesion: mark for mark in self.marks if mark.kind in kinds and mark.lesion is not None}

    @property
    def missed(self) -> tuple[Mark, ...]:
        """The lesions that the reader saw and the results do not have."""
        return tuple(mark for mark in self.marks if mark.kind is MarkKind.MISSED)

    @property
    def is_read(self) -> bool:
        """Whether it says anything that counts; a comment alone does not."""
        return any(mark.kind is not MarkKind.COMMENT for mark in self.marks)

    def looked_through(self, lesions: Iterable[int]) -> bool:
        """Whether the reader has seen all of it: says so, or has judged every lesion.

        Args:
            lesions: labels of those that the results have.
        """
        said = any(mark.kind is MarkKind.RIGHT and mark.lesion is None for mark in self.marks)
        return said or (self.is_read and set(lesions) <= self.judged.keys())


def by_study(readings: Sequence[Reading]) -> Mapping[str, tuple[Reading, ...]]:
    """The readings of each study, in their order."""
    found: dict[str, tuple[Reading, ...]] = {}
    for reading in readings:
        found[reading.study] = (*found.get(reading.study, ()), reading)
    return found
