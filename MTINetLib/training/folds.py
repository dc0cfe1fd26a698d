"""Splits by patient: no slice of a patient ever stands on both sides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from MTINetLib.errors import InputError


class OfPatient(Protocol):
    """What a split asks of a case, prepared or not."""

    @property
    def patient(self) -> str: ...

    @property
    def case_class(self) -> str: ...


@dataclass(frozen=True)
class Split:
    """Patients that train and patients that validate, each sorted by name."""

    training: tuple[str, ...]
    validation: tuple[str, ...]


def stratified_folds(cases: Sequence[OfPatient], folds: int, seed: int) -> list[Split]:
    """``folds`` splits; each patient validates once, and every fold gets its share of each class.

    Raises:
        InputError: there are fewer patients than folds.
    """
    groups = _patients_by_class(cases)
    count = sum(len(patients) for patients in groups.values())
    if count < folds:
        raise InputError(f"{folds} folds need at least {folds} patients; the dataset has {count}.")
    random = np.random.default_rng([seed, folds])
    parts: list[list[str]] = [[] for _ in range(folds)]
    # Dealt like cards, going on where the last class ended, so that fold sizes differ by one at most.
    place = 0
    for name in sorted(groups):
        for number in random.permutation(len(groups[name])):
            parts[place % folds].append(groups[name][number])
            place += 1
    everybody = {patient for part in parts for patient in part}
    return [Split(tuple(sorted(everybody - set(part))), tuple(sorted(part))) for part in parts]


def split_patients(cases: Sequence[OfPatient], validation_share: float, seed: int) -> Split:
    """One split that holds out about ``validation_share`` of the patients of each class, at least one.

    Raises:
        InputError: the dataset has a single patient.
    """
    groups = _patients_by_class(cases)
    everybody = {patient for patients in groups.values() for patient in patients}
    if len(everybody) < 2:
        raise InputError("Training needs at least two patients, one of them to validate on.")
    random = np.random.default_rng([seed, 1])
    held: set[str] = set()
    for name in sorted(groups):
        order = [groups[name][number] for number in random.permutation(len(groups[name]))]
        held.update(order[: round(validation_share * len(order))])
    # Rounding may leave one side empty in a small dataset.
    anyone = sorted(everybody)[int(random.integers(len(everybody)))]
    if not held:
        held = {anyone}
    elif held == everybody:
        held -= {anyone}
    return Split(tuple(sorted(everybody - held)), tuple(sorted(held)))


def _patients_by_class(cases: Sequence[OfPatient]) -> dict[str, list[str]]:
    """Patients sorted by name, grouped by the classes of their cases."""
    classes: dict[str, set[str]] = defaultdict(set)
    for case in cases:
        classes[case.patient].add(case.case_class)
    groups: dict[str, list[str]] = defaultdict(list)
    for patient in sorted(classes):
        groups["+".join(sorted(classes[patient]))].append(patient)
    return dict(groups)
