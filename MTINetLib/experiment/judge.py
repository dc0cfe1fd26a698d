"""Answers about held-out slices beside the truth of the same slices.

Truth and answers live on the network's slices. Slices that bear tumour are known beforehand for curve and
class, as in the paper: the label of a slice is the curve of all its tumour and the class of its largest
lesion.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MTINetLib.errors import MTINetError
from MTINetLib.evaluation import metrics
from MTINetLib.evaluation.detection import match_lesions
from MTINetLib.experiment.scores import LesionScore, PatientScore, SliceScore
from MTINetLib.systems.slice_answers import SliceAnswers
from MTINetLib.training.slice_store import SliceEntry, SliceLesion, SliceStore, StoredCase

_NAN = float("nan")
#: Above it a pixel is tumour, for every system.
MASK_THRESHOLD = 0.5
#: Found voxels that touch across a face, an edge or a corner are one lesion, as in an analysis.
_TOUCHING = ndimage.generate_binary_structure(3, 3)
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """All rows of one run."""

    slices: tuple[SliceScore, ...]
    lesions: tuple[LesionScore, ...]
    patients: tuple[PatientScore, ...]


def judge(store: SliceStore, answers: SliceAnswers) -> Judged:
    """Scores of the answers about every slice of a store, in the order of its entries.

    Raises:
        MTINetError: the answers are not about these slices, or hold values that are no numbers.
    """
    _refuse_unusable(store, answers)
    answers = replace(answers, class_probability=_in_order(store.classes, answers))
    looked = [_Look.at(store, n, answers) for n in range(len(store.entries))]
    by_case: dict[int, list[_Look]] = defaultdict(list)
    for look in looked:
        by_case[look.entry.case].append(look)
    cases = {number: _Case.of(store, number, looks, answers) for number, looks in by_case.items()}
    by_patient: dict[str, list[_Case]] = defaultdict(list)
    for case in cases.values():
        by_patient[case.stored.patient].append(case)
    return Judged(
        tuple(look.score for look in looked),
        tuple(row for case in cases.values() for row in case.lesions),
        tuple(_patient(patient, of_patient) for patient, of_patient in sorted(by_patient.items())),
    )


def _refuse_unusable(store: SliceStore, answers: SliceAnswers) -> None:
    bears = np.array([any(lesion.seen for lesion in entry.lesions) for entry in store.entries])
    for name in ("mask", "curve", "class_probability"):
        values = getattr(answers, name)
        if values is None:
            continue
        if len(values) != len(bears):
            raise MTINetError(
                f"The answers about {len(values)} of {len(store.entries)} slices cannot be judged."
            )
        if not np.isfinite(values if name == "mask" else values[bears]).all():
            what = "curves" if name == "curve" else "probabilities"
            raise MTINetError(
                f"The system answered with {what} that are no numbers; its training went astray."
            )


def _in_order(classes: Sequence[str], answers: SliceAnswers) -> npt.NDArray[np.float32] | None:
    """Probabilities of the experiment's classes; 0 for one that a system never met in its training.

    Raises:
        MTINetError: the system tells another class apart.
    """
    told = answers.class_probability
    if told is None or not answers.classes:
        return told
    if not set(answers.classes) <= set(classes):
        raise MTINetError("The system tells other classes apart than the experiment.")
    ordered = np.zeros((len(told), len(classes)), dtype=np.float32)
    for place, name in enumerate(answers.classes):
        ordered[:, classes.index(name)] = told[:, place]
    return ordered


@dataclass(frozen=True)
class _Look:
    """One slice: its score, and what its case is made of.

    Args:
        lesion: the largest one that every phase shows, whose class is known; None for none.
        area: pixels of all tumour that every phase shows.
        curve_error: answer less truth, [P], normalised; None where either is missing.
        probabilities: of the classes; empty where there is nothing to be asked, or no answer.
    """

    entry: SliceEntry
    score: SliceScore
    lesion: SliceLesion | None
    area: int
    curve_error: _Floats | None
    probabilities: tuple[float, ...]

    @classmethod
    def at(cls, store: SliceStore, n: int, answers: SliceAnswers) -> _Look:
        entry = store.entries[n]
        stored = store.cases[entry.case]
        labels = np.asarray(store.labels(entry))
        truth = labels > 0
        seen = [lesion for lesion in entry.lesions if lesion.seen]
        found_px, dice, iou = -1, _NAN, _NAN
        if answers.mask is not None:
            found = np.asarray(answers.mask[n]) > MASK_THRESHOLD
            found_px = int(found.sum())
            dice, iou = _overlaps(truth, found)
        error = None
        if answers.curve is not None and seen:
            inside = np.isin(labels, [lesion.label for lesion in seen])
            error = np.asarray(answers.curve[n], dtype=np.float64) - _curve(store, entry, inside)
        mae = _NAN if error is None else float(np.abs(error).mean())
        known = bool(seen) and 0 <= seen[0].class_index < len(store.classes)
        told = answers.class_probability
        probabilities = tuple(float(p) for p in told[n]) if told is not None and known else ()
        score = SliceScore(
            stored.case,
            stored.patient,
            entry.z,
            int(truth.sum()),
            found_px,
            dice,
            iou,
            mae * _width(stored),
            100 * mae,
            store.classes[seen[0].class_index] if known else "",
            probabilities,
        )
        area = sum(lesion.area_px for lesion in seen)
        return cls(entry, score, seen[0] if seen else None, area, error, probabilities)


def _overlaps(truth: npt.NDArray[np.bool_], found: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Dice and IoU; nan without true tumour, by the rule of scores.py."""
    if not truth.any():
        return _NAN, _NAN
    return metrics.dice(truth, found), metrics.iou(truth, found)


def _curve(store: SliceStore, entry: SliceEntry, inside: npt.NDArray[np.bool_]) -> _Floats:
    phases = np.asarray(store.phases(entry), dtype=np.float64)
    return np.asarray(phases[:, inside].mean(axis=1))


def _width(stored: StoredCase) -> float:
    """Of the study's intensity scale in scanner units."""
    low, high = stored.scale
    return (high - low) / stored.gain


@dataclass(frozen=True)
class _Case:
    """One study: its masks in 3-D and its lesions."""

    stored: StoredCase
    classes: tuple[str, ...]
    looks: tuple[_Look, ...]
    lesions: tuple[LesionScore, ...]
    truth: npt.NDArray[np.bool_]
    found: npt.NDArray[np.bool_] | None
    false_marks: int

    @classmethod
    def of(cls, store: SliceStore, number: int, looks: Sequence[_Look], answers: SliceAnswers) -> _Case:
        places = {id(entry): n for n, entry in enumerate(store.entries) if entry.case == number}
        labels = np.stack([np.asarray(store.labels(look.entry)) for look in looks])
        found, matched, false_marks = None, None, -1
        if answers.mask is not None:
            found = np.stack(
                [np.asarray(answers.mask[places[id(look.entry)]]) > MASK_THRESHOLD for look in looks]
            )
            components, _ = ndimage.label(found, structure=_TOUCHING)
            detection = match_lesions(labels.astype(np.int64), components.astype(np.int64))
            matched = {match.truth: match.iou for match in detection.matches}
            false_marks = len(detection.false_positives)
        stored = store.cases[number]
        lesions = tuple(
            _lesion(store, stored, int(label), int((labels == label).sum()), looks, matched)
            for label in np.unique(labels)
            if label
        )
        return cls(stored, store.classes, tuple(looks), lesions, labels > 0, found, false_marks)


def _lesion(
    store: SliceStore,
    stored: StoredCase,
    label: int,
    area: int,
    looks: Sequence[_Look],
    matched: Mapping[int, float] | None,
) -> LesionScore:
    asked = [look for look in looks if look.lesion is not None and look.lesion.label == label]
    iou = 0.0 if matched is None else matched.get(label, 0.0)
    mae, probabilities = _mean_answers(asked)
    name = stored.classes.get(label, "")
    known = [lesion for look in looks for lesion in look.entry.lesions if lesion.label == label]
    place = known[0].class_index if known else -1
    return LesionScore(
        stored.case,
        stored.patient,
        label,
        area,
        None if matched is None else label in matched,
        _NAN if matched is None else 2 * iou / (1 + iou),
        mae * _width(stored),
        100 * mae,
        store.classes[place] if 0 <= place < len(store.classes) else name,
        probabilities,
    )


def _mean_answers(looks: Sequence[_Look]) -> tuple[float, tuple[float, ...]]:
    """The error of the mean curve, normalised, and the mean probabilities; weights are areas."""
    curves = [(look.curve_error, look.area) for look in looks if look.curve_error is not None]
    mae = _NAN
    if curves:
        weights = [area for _, area in curves]
        mae = float(np.abs(np.average([error for error, _ in curves], axis=0, weights=weights)).mean())
    told = [(look.probabilities, look.area) for look in looks if look.probabilities]
    if not told:
        return mae, ()
    mean = np.average([p for p, _ in told], axis=0, weights=[area for _, area in told])
    return mae, tuple(float(p) for p in mean)


def _patient(patient: str, cases: Sequence[_Case]) -> PatientScore:
    dice, iou, false_marks = _NAN, _NAN, -1
    if all(case.found is not None for case in cases):
        truth = np.concatenate([case.truth.ravel() for case in cases])
        found = np.concatenate([case.found.ravel() for case in cases if case.found is not None])
        dice, iou = _overlaps(truth, found)
        false_marks = sum(case.false_marks for case in cases)
    looks = [look for case in cases for look in case.looks]
    mae, probabilities = _mean_answers(looks)
    widths = [_width(case.stored) for case in cases]
    areas: dict[str, int] = defaultdict(int)
    for look in looks:
        if look.score.true_class and look.lesion is not None:
            areas[look.score.true_class] += look.lesion.area_px
    return PatientScore(
        patient,
        len(cases),
        false_marks,
        dice,
        iou,
        mae * float(np.mean(widths)),
        100 * mae,
        max(sorted(areas), key=lambda name: areas[name]) if areas else "",
        probabilities,
    )
