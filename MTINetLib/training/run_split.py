"""The split of a run, kept in its folder: drawn once, used again on every resume, by patient.

Each case stands there with digests of its images and of its truth, so that a dataset that has changed
since is noticed, and a patient is known again under another name.
"""

from __future__ import annotations

import csv
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from MTINetLib.errors import DatasetChanged, InputError
from MTINetLib.training.folds import Split
from MTINetLib.training.slice_store import StoredCase
from MTINetLib.write_whole import whole_file

_LOG = logging.getLogger(__name__)

#: What a resumed run does where its dataset has changed: end before it does anything, or go on with it.
DataChanges = Literal["refuse", "accept"]
DATA_CHANGES: tuple[DataChanges, ...] = ("refuse", "accept")
TRAINING, VALIDATION = "training", "validation"
_COLUMNS = ("patient", "case", "part", "images", "truth")
_MOST_NAMED = 8


@dataclass(frozen=True)
class SplitRow:
    """One case and the part that its patient belongs to; the digests are empty in runs of old versions."""

    patient: str
    case: str
    part: str
    images: str = ""
    truth: str = ""


Parts = Mapping[str, str]
"""The part of each patient."""


def parts_of(split: Split) -> dict[str, str]:
    """Of one training with one validation."""
    return dict.fromkeys(split.training, TRAINING) | dict.fromkeys(split.validation, VALIDATION)


def split_of(parts: Parts, held_out: str = VALIDATION) -> Split:
    """The split that holds out one part and trains on all others."""
    held = tuple(sorted(patient for patient, part in parts.items() if part == held_out))
    return Split(tuple(sorted(set(parts) - set(held))), held)


def parts_of_run(
    path: Path,
    cases: Sequence[StoredCase],
    draw: Callable[[], Parts],
    *,
    begun: bool,
    changes: DataChanges = "refuse",
) -> dict[str, str]:
    """The part of each patient of the dataset: as the run keeps it, or drawn.

    Args:
        path: the table in the run folder.
        begun: something was trained already, so that a lost split cannot be drawn anew.
        changes: ``accept`` lets new patients join training and goes on without removed ones.

    Raises:
        DatasetChanged: that is not accepted.
        InputError: the table is lost or damaged in a run that was begun, or nobody of a part is left.
    """
    rows = read_split(path, begun)
    if rows is None:
        parts = dict(draw())
    else:
        compared = _Comparison(rows, cases)
        _tell(compared.said, path, changes)
        if compared.renamed:
            _LOG.warning("Patients have other names (%s); all stay in their part.", _listed(compared.renamed))
        parts = compared.parts
        for part in sorted({row.part for row in rows}):
            if part not in parts.values():
                raise InputError(
                    f"No patient of the part '{part}' of {path} is left in the dataset; put them back, "
                    "or start a new run."
                )
    return parts


def read_split(path: Path, begun: bool) -> list[SplitRow] | None:
    """The kept table; None where there is none and nothing was trained yet.

    Raises:
        InputError: see :func:`parts_of_run`.
    """
    if not path.is_file() and not begun:
        return None
    remedy = "who was trained on is not known any more, so the run cannot go on; start a new run."
    if not path.is_file():
        raise InputError(f"{path} is missing: {remedy}")
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [
                SplitRow(**{name: row[name] for name in _COLUMNS if row.get(name) is not None})
                for row in csv.DictReader(file)
            ]
    except (ValueError, TypeError, csv.Error):
        rows = []
    parts: dict[str, set[str]] = {}
    for row in rows:
        parts.setdefault(_key(row.patient), set()).add(row.part)
    if rows and all(len(each) == 1 for each in parts.values()) and all(row.part for row in rows):
        return rows
    if not begun:
        return None
    raise InputError(f"{path} is damaged: {remedy}")


def write_split(path: Path, parts: Parts, cases: Sequence[StoredCase]) -> None:
    """A table ``patient,case,part,images,truth``, whole or not at all."""
    rows = sorted(
        (case.patient, case.case, parts[case.patient], case.images, case.truth)
        for case in cases
        if case.patient in parts
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows(rows)


class _Comparison:
    """The kept rows beside the cases of now: who is whom, and what has changed, in words."""

    def __init__(self, rows: Sequence[SplitRow], cases: Sequence[StoredCase]) -> None:
        self._rows, self._cases = rows, cases
        self._by_patient = {_key(row.patient): row for row in rows}
        self._by_images = {row.images: row for row in rows if row.images}
        self._by_case = {(_key(row.patient), row.case): row for row in rows}
        self._known = self._known_patients()

    def _known_patients(self) -> dict[str, SplitRow | None]:
        """For each patient of now the row that says where they stand; None for a new one.

        Images are surer than a name: who was trained on stays that patient under any other.

        Raises:
            InputError: images of both parts are now one patient's.
        """
        known: dict[str, SplitRow | None] = {}
        for case in self._cases:
            row = self._by_images.get(case.images) or self._by_patient.get(_key(case.patient))
            before = known.get(case.patient)
            if row and before and row.part != before.part:
                raise InputError(
                    f"Patient {case.patient} holds images of {before.patient} ({before.part}) and of "
                    f"{row.patient} ({row.part}), who stood apart when the run began; separate them again."
                )
            known[case.patient] = before or row
        return known

    @property
    def parts(self) -> dict[str, str]:
        return {patient: row.part if row else TRAINING for patient, row in self._known.items()}

    @property
    def renamed(self) -> list[str]:
        return [
            f"{row.patient} is now {patient}"
            for patient, row in self._known.items()
            if row and row.patient != patient
        ]

    @property
    def said(self) -> list[str]:
        """What has changed, a kind each."""
        here = {_key(row.patient) for row in self._known.values() if row}
        gone = sorted({row.patient for row in self._rows if _key(row.patient) not in here})
        kinds = {
            "new patients": [patient for patient, row in self._known.items() if row is None],
            "removed patients": gone,
            **self._changed_cases(),
            "removed cases": self._removed_cases(here),
        }
        return [f"{kind}: {_listed(names)}" for kind, names in kinds.items() if names]

    def _changed_cases(self) -> dict[str, list[str]]:
        new, images, truth = [], [], []
        for case in self._cases:
            patient = self._known[case.patient]
            if patient is None:
                continue
            row = self._by_case.get((_key(patient.patient), case.case)) or self._by_images.get(case.images)
            name = f"{case.case} of {case.patient} ({patient.part})"
            if row is None:
                new.append(name)
            elif _differ(row.images, case.images):
                images.append(name)
            elif _differ(row.truth, case.truth):
                truth.append(name)
        return {"new cases": new, "changed images": images, "changed mask or classes": truth}

    def _removed_cases(self, here: set[str]) -> list[str]:
        told = {(_key(row.patient), case.case) for case in self._cases if (row := self._known[case.patient])}
        images = {case.images for case in self._cases if case.images}
        return [
            f"{row.case} of {row.patient} ({row.part})"
            for row in self._rows
            if _key(row.patient) in here
            and (_key(row.patient), row.case) not in told
            and row.images not in images
        ]


def _differ(before: str, now: str) -> bool:
    """Whether two digests say so; a run of an old version has none."""
    return bool(before and now and before != now)


def _tell(said: Sequence[str], path: Path, changes: DataChanges) -> None:
    if not said:
        return
    told = "; ".join(said)
    if changes == "refuse":
        raise DatasetChanged(
            f"The dataset has changed since the run began ({told}). Put it back as it was, start a new run, "
            "or accept the changes: new patients then join training and nobody changes sides."
        )
    _LOG.warning(
        "The dataset has changed since the run began (%s): new patients join training, everybody else "
        "stays in the part that %s says.",
        told,
        path.name,
    )


def _key(patient: str) -> str:
    """One patient however the letters are written."""
    return " ".join(patient.split()).casefold()


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
