"""Who trains, who validates, who judges."""

from __future__ import annotations

from pathlib import Path

import pytest

from MTINetLib.errors import InputError
from MTINetLib.fine_tuning.folds import ENOUGH_PATIENTS, Fold, fold_count, folds_of_run
from MTINetLib.training.slice_store import StoredCase


def cases(count: int) -> list[StoredCase]:
    kinds = ("hcc", "hemangioma", "none")
    return [
        StoredCase(f"case {n}", f"patient {n}", kinds[n % 3], Path("nowhere"), 1.0, (0.0, 1.0), (), {})
        for n in range(count)
    ]


def folds(path: Path, patients: int, parts: int = 5, count: int = 5) -> list[Fold]:
    return folds_of_run(path, cases(patients), parts, 0, count, "refuse")


@pytest.mark.parametrize("patients", [5, 7, 23])
def test_nobody_is_in_two_parts_of_a_fold_and_everybody_judges_once(tmp_path: Path, patients: int) -> None:
    drawn = folds(tmp_path / "folds.csv", patients)
    everybody = {f"patient {n}" for n in range(patients)}
    for fold in drawn:
        parts = [set(fold.split.training), set(fold.split.validation), set(fold.test)]
        assert all(parts)
        assert set.union(*parts) == everybody
        assert sum(map(len, parts)) == patients
    assert sorted(name for fold in drawn for name in fold.test) == sorted(everybody)


def test_a_run_keeps_its_folds_when_the_table_is_sorted_otherwise(tmp_path: Path) -> None:
    first = folds(tmp_path / "folds.csv", 9)
    turned = folds_of_run(tmp_path / "folds.csv", cases(9)[::-1], 5, 99, 5, "refuse")
    assert turned == first


def test_of_many_patients_a_fifth_judges_one_network(tmp_path: Path) -> None:
    count = fold_count(ENOUGH_PATIENTS, 5, cross_validation=False)
    (fold,) = folds(tmp_path / "folds.csv", ENOUGH_PATIENTS, count=count)
    assert [len(fold.test), len(fold.split.validation), len(fold.split.training)] == [10, 10, 30]
    assert fold_count(ENOUGH_PATIENTS, 5, cross_validation=True) == 5


def test_from_five_patients_on_there_are_folds() -> None:
    assert fold_count(5, 5, cross_validation=False) == 5
    assert fold_count(6, 10, cross_validation=False) == 6
    with pytest.raises(InputError, match=r"at least 5 patients.*has 4"):
        fold_count(4, 5, cross_validation=False)
    with pytest.raises(InputError, match="at least 3"):
        fold_count(9, 2, cross_validation=False)
