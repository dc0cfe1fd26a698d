"""Who trains, who validates and who judges: three parts by patient, in turn where there are few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from MTINetLib.errors import InputError
from MTINetLib.training.folds import Split, stratified_folds
from MTINetLib.training.run_split import DataChanges, parts_of_run, write_split
from MTINetLib.training.slice_store import StoredCase

#: Fewer patients are too few to hold any out.
LEAST_PATIENTS = 5
#: From so many patients on a fifth of them judges well enough alone, and one network is trained.
ENOUGH_PATIENTS = 50


@dataclass(frozen=True)
class Fold:
    """One training: its patients, those that end it, and those that judge it, whom it never saw.

    Args:
        split: patients that train, and patients that choose the best step.
        test: patients that judge.
    """

    split: Split
    test: tuple[str, ...]


def fold_count(patients: int, folds: int, cross_validation: bool) -> int:
    """How many networks are trained.

    Raises:
        InputError: there are too few patients or folds.
    """
    if patients < LEAST_PATIENTS:
        raise InputError(
            f"Fine-tuning needs cases of at least {LEAST_PATIENTS} patients, as some are held out to judge "
            f"by; the dataset has {patients}."
        )
    if folds < 3:
        raise InputError(
            f"Training setting folds is {folds}; fine-tuning needs at least 3, of which one judges and one "
            "validates."
        )
    return min(folds, patients) if cross_validation or patients < ENOUGH_PATIENTS else 1


def folds_of_run(
    path: Path, cases: Sequence[StoredCase], folds: int, seed: int, count: int, changes: DataChanges
) -> list[Fold]:
    """The first ``count`` folds of the run, kept in the table at ``path`` or drawn and kept from now on.

    Patients are dealt into ``folds`` parts, as many of each class in each. Every part judges one network,
    the part behind it validates that network, and all others train it.

    Raises:
        InputError, DatasetChanged: see ``parts_of_run``.
    """
    names = [f"part-{number}" for number in range(1, folds + 1)]

    def draw() -> dict[str, str]:
        splits = stratified_folds(cases, folds, seed)
        return {
            patient: name for name, split in zip(names, splits, strict=True) for patient in split.validation
        }

    parts = parts_of_run(path, cases, draw, begun=path.is_file(), changes=changes)
    write_split(path, parts, cases)
    return [_fold(parts, names[n], names[(n + 1) % folds]) for n in range(count)]


def _fold(parts: Mapping[str, str], judging: str, validating: str) -> Fold:
    def of(chosen: set[str]) -> tuple[str, ...]:
        return tuple(sorted(patient for patient, part in parts.items() if part in chosen))

    others = set(parts.values()) - {judging, validating}
    return Fold(Split(of(others), of({validating})), of({judging}))
