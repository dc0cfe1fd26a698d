"""Splits by patient."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from MTINetLib.errors import InputError
from MTINetLib.training.folds import split_patients, stratified_folds
from MTINetLib.training.slice_store import StoredCase


def patients(*classes: str, cases_each: int = 1) -> list[StoredCase]:
    return [
        StoredCase(f"case_{n}_{m}", f"patient_{n:03d}", name, Path(), 1.0, (0.0, 1.0), (), {})
        for n, name in enumerate(classes)
        for m in range(cases_each)
    ]


def test_every_patient_validates_exactly_once() -> None:
    cases = patients(*["hcc"] * 13, *["hemangioma"] * 9, "none", cases_each=2)
    folds = stratified_folds(cases, 5, seed=3)
    seen = Counter(patient for fold in folds for patient in fold.validation)
    assert set(seen) == {case.patient for case in cases}
    assert set(seen.values()) == {1}
    for fold in folds:
        assert not set(fold.training) & set(fold.validation)
        assert len(fold.training) + len(fold.validation) == 23


def test_folds_are_even_in_size_and_class() -> None:
    cases = patients(*["hcc"] * 10, *["hemangioma"] * 15)
    classes = {case.patient: case.case_class for case in cases}
    for fold in stratified_folds(cases, 5, seed=0):
        assert Counter(classes[p] for p in fold.validation) == {"hcc": 2, "hemangioma": 3}


def test_folds_follow_the_seed() -> None:
    cases = patients(*["hcc"] * 10)
    assert stratified_folds(cases, 5, seed=1) == stratified_folds(cases, 5, seed=1)
    assert stratified_folds(cases, 5, seed=1) != stratified_folds(cases, 5, seed=2)


def test_a_split_holds_out_a_share_of_each_class() -> None:
    cases = patients(*["hcc"] * 20, *["hemangioma"] * 10)
    split = split_patients(cases, 0.2, seed=0)
    classes = {case.patient: case.case_class for case in cases}
    assert Counter(classes[p] for p in split.validation) == {"hcc": 4, "hemangioma": 2}


def test_both_sides_of_a_split_have_a_patient_however_small_the_dataset() -> None:
    for share in (0.01, 0.5, 0.99):
        split = split_patients(patients("hcc", "hemangioma", "none"), share, seed=0)
        assert split.training
        assert split.validation


def test_one_patient_cannot_be_split() -> None:
    with pytest.raises(InputError, match="two patients"):
        split_patients(patients("hcc", cases_each=3), 0.5, seed=0)


def test_more_folds_than_patients_are_refused() -> None:
    with pytest.raises(InputError, match="has 2"):
        stratified_folds(patients("hcc", "none"), 5, seed=0)
