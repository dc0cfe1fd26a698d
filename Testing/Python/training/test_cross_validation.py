"""Cross-validation by patient."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from MTINetLib.errors import InputError
from MTINetLib.models.store import load_model
from MTINetLib.training import cross_validation
from MTINetLib.training import train as train_module
from MTINetLib.training.cross_validation import cross_validate
from MTINetLib.training.setting_text import change_settings
from MTINetLib.training.settings import TrainingSettings
from MTINetLib.training.slice_store import SliceStore


def test_every_fold_leaves_a_model_that_never_saw_its_patients(
    tmp_path: Path, tiny: TrainingSettings, store: SliceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (cross_validation, train_module):
        monkeypatch.setattr(module, "prepare_dataset", lambda *_, **__: store)
    settings = change_settings(tiny, ["folds=2", "max_steps=2"])
    results = cross_validate(tmp_path, tmp_path / "run", settings)
    held = [
        {
            row["patient"]
            for row in csv.DictReader((result.run / "split.csv").open())
            if row["part"] == "validation"
        }
        for result in results
    ]
    assert held[0] | held[1] == {f"patient_{n}" for n in range(6)}
    assert not held[0] & held[1]
    assert [load_model(result.model).info.name for result in results] == [
        "mtinet-quick-fold-1",
        "mtinet-quick-fold-2",
    ]
    with pytest.raises(InputError, match="already holds folds"):
        cross_validate(tmp_path, tmp_path / "run", settings)
