"""What a person says of a study, checked before it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from MTINetLib.errors import InputError
from MTINetLib.inference.candidates import Labels
from MTINetLib.marks.mark import Mark, MarkKind
from MTINetLib.reading.volumes.read import read_label_map
from MTINetLib.study.grid import Grid
from MTINetLib.study.lesion_class import UNDECIDED, lesion_class_name
from MTINetLib.worklist.entry import OVER, Entry, Status
from MTINetLib.worklist.folder import Record, WorkList

_MOST_LESIONS = 255
#: A lesion whose outline is nearer to a mark is the one that was meant.
_NEAR_MM = 10.0


@dataclass(frozen=True)
class Lesions:
    """Lesions that a person outlined.

    Args:
        labels: [K, J, I], 0 for background and 1 to 255 for the lesions.
        grid: of the study.
    """

    labels: Labels
    grid: Grid

    def __post_init__(self) -> None:
        highest = int(self.labels.max(initial=0))
        if highest > _MOST_LESIONS:
            raise InputError(f"A study holds at most {_MOST_LESIONS} lesions; the mask has label {highest}.")

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(int(label) for label in np.unique(self.labels) if label)


@dataclass(frozen=True)
class Change:
    """What shall be different; None and nothing leave it as it is.

    Args:
        status: by default a change of lesions or classes makes a study corrected.
        reason: why it is set aside.
        classes: by label.
        class_of_all: of every lesion that ``classes`` does not name.
        lesions: new outlines, which take the place of the old ones.
        no_lesions: there are none.
        patient: pseudonym.
        told, assume_order: as in :class:`Entry`.
    """

    status: Status | None = None
    reason: str = ""
    classes: Mapping[int, str] = field(default_factory=dict)
    class_of_all: str = ""
    lesions: Lesions | None = None
    no_lesions: bool = False
    patient: str = ""
    told: Mapping[str, str] = field(default_factory=dict)
    assume_order: bool = False


def change(listed: WorkList, before: Record, wanted: Change, who: str) -> Record:
    """Write what a person says of a study.

    Args:
        before: as the person saw it; what others wrote since then is kept beside, as a rival.
        who: the reader's name.

    Raises:
        InputError: the change makes no sense; the sentence says what is missing.
        MissingResourceError: the disk is full; the list is as it was.
    """
    if before.rivals:
        raise InputError(
            f"The study {before.study} has versions of several readers: say first which one counts, with "
            "--keep VERSION."
        )
    entry = _changed(before.entry, wanted)
    lesions = wanted.lesions
    unmet = unmet_marks(entry.marks, _outlined(listed, entry, wanted)) if entry.status is Status.DONE else 0
    return listed.save(
        before,
        replace(entry, who=who, unmet=unmet),
        labels=None if lesions is None or wanted.no_lesions else lesions.labels,
        grid=None if lesions is None else lesions.grid,
    )


def unmet_marks(marks: Sequence[Mark], lesions: Lesions | None) -> int:
    """How many marks of missed lesions have no outline within 10 mm; None for no lesions."""
    places = [mark.position_lps_mm for mark in marks if mark.kind is MarkKind.MISSED and mark.position_lps_mm]
    if not places or lesions is None or not lesions.labels.any():
        return len(places)
    outlined = lesions.grid.to_lps(np.argwhere(lesions.labels))
    return sum(float(np.linalg.norm(outlined - place, axis=1).min()) > _NEAR_MM for place in places)


def keep(listed: WorkList, before: Record, version: str, who: str) -> Record:
    """Settle a conflict: one version counts, the others stay readable as its predecessors.

    Args:
        version: its name, or the reader's who wrote it.

    Raises:
        InputError: there is no conflict, or no such version.
    """
    if not before.rivals:
        raise InputError(f"Nobody else has changed the study {before.study}: there is nothing to choose.")
    fits = [head for head in before.heads if version and version in (head.version, head.who)]
    if len(fits) != 1:
        names = ", ".join(f"{head.version} ({head.who})" for head in before.heads)
        raise InputError(f"The study {before.study} has no one version '{version}': choose one of {names}.")
    return listed.save(before, replace(fits[0], who=who))


def _outlined(listed: WorkList, entry: Entry, wanted: Change) -> Lesions | None:
    """The lesions that the study is done with, as far as its marks have to be compared with them."""
    if entry.no_lesions or not entry.marks:
        return None
    if wanted.lesions is not None or not entry.labels:
        return wanted.lesions
    mask = read_label_map(listed.labels_of(entry))
    return Lesions(mask.array.astype(np.uint16), mask.grid)


def _changed(entry: Entry, wanted: Change) -> Entry:
    touched = wanted.lesions is not None or wanted.no_lesions or bool(wanted.classes or wanted.class_of_all)
    entry = _with_lesions(entry, wanted)
    entry = _with_classes(entry, wanted)
    status = wanted.status or (Status.CORRECTED if touched else entry.status)
    opened_anew = bool(wanted.told) or wanted.assume_order
    if opened_anew and status is Status.DRAFTED:  # the draft is of other images
        entry, status = (
            Entry(entry.study, patient=entry.patient, told=entry.told, marks=entry.marks),
            Status.TO_DO,
        )
    entry = replace(
        entry,
        status=status,
        reason=wanted.reason.strip() if status is Status.SET_ASIDE else "",
        patient=wanted.patient or entry.patient,
        told={**entry.told, **wanted.told},
        assume_order=entry.assume_order or wanted.assume_order,
        problem="" if opened_anew else entry.problem,
    )
    _check(entry)
    return entry


def _with_lesions(entry: Entry, wanted: Change) -> Entry:
    if wanted.no_lesions:
        return replace(entry, no_lesions=True, labels="", classes={})
    if wanted.lesions is None:
        return entry
    numbers = wanted.lesions.numbers
    return replace(entry, no_lesions=not numbers, labels="", classes=dict.fromkeys(numbers, UNDECIDED))


def _with_classes(entry: Entry, wanted: Change) -> Entry:
    unknown = sorted(set(wanted.classes) - set(entry.classes))
    if unknown:
        there = ", ".join(map(str, sorted(entry.classes))) or "none"
        raise InputError(f"The study {entry.study} has no lesion {unknown[0]}; its lesions: {there}.")
    if wanted.class_of_all and not entry.classes:
        raise InputError(f"The study {entry.study} has no lesions that could be given a class.")
    told = dict.fromkeys(entry.classes, wanted.class_of_all) if wanted.class_of_all else {}
    named = {label: lesion_class_name(name) for label, name in {**told, **wanted.classes}.items()}
    return replace(entry, classes={**entry.classes, **named})


def _check(entry: Entry) -> None:
    if entry.status is Status.SET_ASIDE and not entry.reason:
        raise InputError(f"Say why the study {entry.study} is set aside.")
    if entry.status not in OVER or entry.status is Status.SET_ASIDE:
        return
    if not entry.labels and not entry.classes and not entry.no_lesions:
        raise InputError(
            f"Nobody has outlined the lesions of the study {entry.study}: draft it first, give a mask, or "
            "say that it has no lesion."
        )
    if entry.unclassed:
        lesions = ", ".join(map(str, entry.unclassed))
        raise InputError(
            f"Say what these lesions of the study {entry.study} are before it is done: {lesions}."
        )
