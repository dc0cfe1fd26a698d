"""Folds by patient: who judges is nobody's teacher."""

from __future__ import annotations

from pathlib import Path

import pytest

from MTINetLib.errors import InputError
from MTINetLib.experiment.splits import fold_parts
from MTINetLib.training.slice_store import StoredCase


def cases(patients: int) -> list[StoredCase]:
    """Two studies of each patient."""
    return [
        StoredCase(
            f"case_{n}", f"patient_{n // 2}", ("hcc", "hemangioma")[n % 4 // 2], Path(), 1.0, (0, 1), (), {}
        )
        for n in range(2 * patients)
    ]


def test_each_patient_is_judged_once_and_stands_on_one_side_of_each_fold() -> None:
    parts = [fold_parts(cases(10), 5, fold, 0, 0.1) for fold in range(1, 6)]
    assert sorted(patient for one in parts for patient in one.judged) == [f"patient_{n}" for n in range(10)]
    for one in parts:
        everybody = [*one.judged, *one.split.training, *one.split.validation]
        assert len(everybody) == len(set(everybody)) == 10
        assert one.split.validation


def test_seeds_draw_who_validates_and_leave_the_judged_ones_alone() -> None:
    by_seed = [fold_parts(cases(12), 3, 1, seed, 0.25) for seed in range(4)]
    assert len({one.judged for one in by_seed}) == 1
    assert len({one.split.validation for one in by_seed}) > 1


def test_fewer_patients_than_folds_are_refused() -> None:
    with pytest.raises(InputError, match="5 folds need at least 5 patients; the dataset has 3"):
        fold_parts(cases(3), 5, 1, 0, 0.1)
    with pytest.raises(InputError, match="too few patients"):
        fold_parts(cases(2), 2, 1, 0, 0.1)
