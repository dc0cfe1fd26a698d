"""Cases without an outlined liver get the scale of the model's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.small_models import known_model, liver_model

from MTINetLib.study.normalise import LIVER_VALUE
from MTINetLib.training import scaled_by_model as module
from MTINetLib.training.scaled_by_model import scaled_by_model
from MTINetLib.training.slice_store import SliceStore, StoredCase, read_case_index, write_case

SIGNAL = 0.75


@pytest.fixture
def store(tmp_path: Path) -> SliceStore:
    """One case with a square that brightens as a liver does, SIGNAL bright before contrast."""
    phases = np.full((6, 4, 64, 64), 0.2, dtype=np.float32)
    phases[:, :, 16:48, 16:48] = SIGNAL
    phases[:, 2, 16:48, 16:48] = 2 * SIGNAL
    labels = np.zeros((6, 64, 64), dtype=np.uint8)
    write_case(tmp_path / "case", phases, labels, 1.5, (0.0, 100.0))
    index = read_case_index(tmp_path / "case")
    return SliceStore([StoredCase("a", "p", "none", tmp_path / "case", classes={}, **index)])


def liver_in(store: SliceStore) -> float:
    return float(np.median(store.phases(store.entries[2])[0, 20:44, 20:44]))


def test_the_liver_that_the_model_sees_gets_the_value_of_an_analysis(
    store: SliceStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "load_model", lambda _: liver_model())
    scaled = scaled_by_model(store, tmp_path)
    assert liver_in(store) == pytest.approx(SIGNAL, abs=0.001)
    assert liver_in(scaled) == pytest.approx(LIVER_VALUE, rel=0.01)
    assert scaled_by_model(store, tmp_path).cases == scaled.cases, "what was found is kept"


def test_an_outlined_liver_is_left_as_it_is(
    store: SliceStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "load_model", lambda _: liver_model())
    mapped = SliceStore([replace(case, has_anatomy=True) for case in store.cases])
    assert scaled_by_model(mapped, tmp_path) is mapped


def test_a_model_that_knows_no_liver_changes_nothing(
    store: SliceStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "load_model", lambda _: known_model())
    assert scaled_by_model(store, tmp_path) is store
