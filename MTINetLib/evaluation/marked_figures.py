"""What marks of readers tell of a model, without a reference: what they can and what they cannot tell.

Nobody outlined the truth, and the readers saw the model's marks while they read. So there is no sensitivity:
what neither the model nor the reader saw is in no row. The share of right marks is a positive predictive
value in the eyes of these readers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from MTINetLib.evaluation import classification
from MTINetLib.evaluation.calibration import calibration, class_calibration, expected_error
from MTINetLib.evaluation.classification import ClassItem
from MTINetLib.evaluation.detection import SIZE_BANDS, size_band
from MTINetLib.evaluation.marked_rows import MISSED, RIGHT, UNMARKED, WRONG, MarkedLesion, ReadStudy
from MTINetLib.evaluation.statistics import (
    Estimate,
    PatientBootstrap,
    mean_of,
    poisson_rate,
    ratio_of,
    wilson,
)
from MTINetLib.study.lesion_class import UNDECIDED, in_usual_order

#: Fewer judged lesions than this fill ten bins with too few each.
LEAST_FOR_CALIBRATION = 30
ALL = "all"


class Marked:
    """The rows of one reader, with the bootstrap over the patients.

    Args:
        patient: of each study.
    """

    def __init__(
        self,
        studies: Sequence[ReadStudy],
        lesions: Sequence[MarkedLesion],
        patient: Callable[[str], str],
        seed: int,
    ) -> None:
        self.studies, self.lesions, self.patient = studies, lesions, patient
        self.bootstrap = PatientBootstrap([patient(row.study) for row in studies], seed)

    def share(self, hits: Sequence[bool], rows: Sequence[MarkedLesion]) -> dict[str, Estimate]:
        """A share of lesions with both intervals: of independent lesions, and by patient."""
        return {
            "share": wilson(sum(hits), len(hits)),
            "share_by_patient": self.bootstrap.estimate(
                mean_of([float(hit) for hit in hits]), [self.patient(row.study) for row in rows]
            ),
        }

    def rate(self, events: Sequence[int], rows: Sequence[ReadStudy]) -> dict[str, Estimate]:
        """Events a study with both intervals."""
        return {
            "rate": poisson_rate(sum(events), len(rows)),
            "rate_by_patient": self.bootstrap.estimate(
                mean_of([float(count) for count in events]), [self.patient(row.study) for row in rows]
            ),
        }


def marked_figures(marked: Marked) -> dict[str, Any]:
    """Every figure of one reader, as nested dicts of estimates and counts."""
    ended = [row for row in marked.studies if row.looked_through]
    missed = [row for row in marked.lesions if row.mark == MISSED]
    return {
        "studies_read": len(marked.studies),
        "studies_looked_through": len(ended),
        "patients": len({marked.patient(row.study) for row in marked.studies}),
        "marks": {
            kind: sum(row.mark == kind for row in marked.lesions) for kind in (RIGHT, WRONG, UNMARKED, MISSED)
        },
        "right_marks": {name: _right(marked, rows) for name, rows in _groups(marked).items()},
        "false_marks_per_study": marked.rate([row.wrong for row in ended], ended),
        "missed_per_study": marked.rate([row.missed for row in ended], ended),
        "found_among_seen": _found(marked, ended),
        "missed_by_class": {
            name: sum((row.reader_class or UNDECIDED) == name for row in missed)
            for name in _named(row.reader_class or UNDECIDED for row in missed)
        },
        "classes": _classes(marked),
        "lesion_probability": _calibration(marked),
    }


def _groups(marked: Marked) -> dict[str, list[MarkedLesion]]:
    """Judged lesions: all, by size, by the model's class."""
    judged = [row for row in marked.lesions if row.mark in (RIGHT, WRONG)]
    of_size = {band: [row for row in judged if size_band(row.long_axis_mm) == band] for band in SIZE_BANDS}
    answers = _named(row.answer for row in judged if row.answer is not None)
    return {ALL: judged, **of_size, **{name: [r for r in judged if r.answer == name] for name in answers}}


def _right(marked: Marked, rows: Sequence[MarkedLesion]) -> dict[str, Any]:
    hits = [row.mark == RIGHT for row in rows]
    return {"judged": len(rows), "right": sum(hits), **marked.share(hits, rows)}


def _found(marked: Marked, ended: Sequence[ReadStudy]) -> dict[str, Any]:
    """Of the lesions that the reader saw in studies looked through, those that the model has."""
    right, seen = ([row.right for row in ended], [row.right + row.missed for row in ended])
    patients = [marked.patient(row.study) for row in ended]
    return {
        "seen": sum(seen),
        "share": wilson(sum(right), sum(seen)),
        "share_by_patient": marked.bootstrap.estimate(ratio_of(right, seen), patients, sum(seen)),
    }


def _classes(marked: Marked) -> dict[str, Any]:
    """The model's class against the reader's, of the lesions that are right and have one of the reader's."""
    right = [row for row in marked.lesions if row.mark == RIGHT]
    named = [row for row in right if row.reader_class is not None and row.answer is not None]
    items = [
        ClassItem(marked.patient(row.study), row.reader_class, row.answer, row.probabilities)
        for row in named
        if row.reader_class is not None and row.answer is not None
    ]
    told = _named(name for row in named for name in (*row.probabilities, row.answer or UNDECIDED))
    classes = [name for name in told if name != UNDECIDED]
    decided = [row for row in named if row.answer != UNDECIDED]
    judged = classification.of_told_classes(items)
    return {
        "lesions": len(named),
        "without_class": len(right) - len(named),
        "agreement_of_decided": marked.share([row.answer == row.reader_class for row in decided], decided),
        "decided": wilson(len(decided), len(named)),
        "confusion": classification.confusion(items, classes),
        "calibration": class_calibration(judged) if len(judged) >= LEAST_FOR_CALIBRATION else [],
    }


def _calibration(marked: Marked) -> dict[str, Any]:
    """The probability of being a lesion against right and wrong, where both occur and there are enough."""
    known = [
        row for row in marked.lesions if row.mark in (RIGHT, WRONG) and not math.isnan(row.lesion_probability)
    ]
    hits = [row.mark == RIGHT for row in known]
    enough = len(known) >= LEAST_FOR_CALIBRATION and 0 < sum(hits) < len(hits)
    bins = calibration([row.lesion_probability for row in known], hits) if enough else []
    return {"lesions": len(known), "ece": expected_error(bins), "calibration": bins}


def _named(names: Any) -> tuple[str, ...]:
    """Each once, ``undecided`` last."""
    found = set(names)
    last = (UNDECIDED,) if UNDECIDED in found else ()
    return (*in_usual_order(found - {UNDECIDED}), *last)
