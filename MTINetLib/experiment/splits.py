"""Who is trained on, who validates and who judges in each fold: patients, the same for all systems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from MTINetLib.errors import InputError
from MTINetLib.training.folds import OfPatient, Split, split_patients, stratified_folds

#: Of the folds; that of a run draws who validates.
FOLD_SEED = 0


@dataclass(frozen=True)
class FoldParts:
    """The patients of one fold.

    Args:
        judged: on whom the system is judged; nothing of them is seen before.
        split: all others: who trains, and who chooses the best weights of the training.
    """

    judged: tuple[str, ...]
    split: Split


def fold_parts(cases: Sequence[OfPatient], folds: int, fold: int, seed: int, share: float) -> FoldParts:
    """Of a fold, from 1, and a run's seed.

    Args:
        share: of the patients beside the judged ones who validate, at least one.

    Raises:
        InputError: there are fewer patients than folds, or too few for a training.
    """
    judged = stratified_folds(cases, folds, FOLD_SEED)[fold - 1].validation
    others = [case for case in cases if case.patient not in judged]
    if len({case.patient for case in others}) < 2:
        raise InputError(f"{folds} folds leave too few patients to train and to validate; add some.")
    return FoldParts(judged, split_patients(others, share, seed))
