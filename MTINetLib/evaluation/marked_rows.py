"""What readers marked, as rows: one for each lesion that a reader judged, left unmarked or missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from MTINetLib.findings import LesionFinding
from MTINetLib.marks.mark import Mark, Point, Reading
from MTINetLib.marks.marked_results import MarkedResults

RIGHT, WRONG, MISSED, UNMARKED = "right", "wrong", "missed", "unmarked"
_NAN = float("nan")


@dataclass(frozen=True)
class MarkedLesion:
    """One lesion as one reader marked it.

    Args:
        lesion: its label; None for a missed one.
        answer: the model's class, ``undecided`` among them; None for a missed lesion.
        reader_class: None where the reader named none and agreed to none.
        long_axis_mm, lesion_probability: nan where unknown.
        probabilities: of the model's classes; empty for a missed lesion.
        position_lps_mm: of its centre, or of the reader's mark.
    """

    study: str
    reader: str
    lesion: int | None
    mark: str
    answer: str | None
    reader_class: str | None
    long_axis_mm: float
    lesion_probability: float
    position_lps_mm: Point | None
    comment: str
    probabilities: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ReadStudy:
    """One study as one reader read it: how many lesions the results have, and what was said of them."""

    study: str
    reader: str
    looked_through: bool
    lesions: int
    right: int
    wrong: int
    unmarked: int
    missed: int


def rows_of(
    readings: Sequence[Reading], results: MarkedResults
) -> tuple[list[ReadStudy], list[MarkedLesion]]:
    """The rows of all studies that were read."""
    studies, lesions = [], []
    for reading in readings:
        if not reading.is_read:
            continue
        found = results.study(reading.study).findings.lesions
        rows = [
            *(_of_lesion(reading, lesion) for lesion in found),
            *(_of_missed(reading, mark) for mark in reading.missed),
        ]
        counts = {kind: sum(row.mark == kind for row in rows) for kind in (RIGHT, WRONG, UNMARKED, MISSED)}
        ended = reading.looked_through(lesion.label for lesion in found)
        studies.append(ReadStudy(reading.study, reading.reader, ended, len(found), **counts))
        lesions += rows
    return studies, lesions


def _of_lesion(reading: Reading, lesion: LesionFinding) -> MarkedLesion:
    mark = reading.judged.get(lesion.label)
    told = lesion.lesion_probability
    comments = [each.comment for each in reading.marks if each.lesion == lesion.label and each.comment]
    return MarkedLesion(
        reading.study,
        reading.reader,
        lesion.label,
        UNMARKED if mark is None else mark.kind.value,
        lesion.lesion_class,
        None if mark is None else mark.class_of(lesion.lesion_class),
        lesion.long_axis_mm,
        _NAN if told is None else told,
        lesion.centroid_lps_mm,
        " ".join(comments),
        lesion.probabilities,
    )


def _of_missed(reading: Reading, mark: Mark) -> MarkedLesion:
    return MarkedLesion(
        reading.study,
        reading.reader,
        None,
        MISSED,
        None,
        mark.lesion_class or None,
        _NAN,
        _NAN,
        mark.position_lps_mm,
        mark.comment,
    )
