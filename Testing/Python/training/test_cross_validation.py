"""Cross-validation by patient."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from MTINetLib.errors import InputError
from MTINetLib.models.store import load_model
from MTINetLib.study.phase import Phase
from MTINetLib.training import train as train_module
from MTINetLib.training.cross_validation import cross_validate
from MTINetLib.training.setting_text import change_settings
from MTINetLib.training.settings import TrainingSettings
from MTINetLib.training.slice_store import SliceStore


def test_every_fold_leaves_a_model_that_never_saw_its_patients(
    tmp_path: Path, tiny: TrainingSettings, store: SliceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_module, "prepare_dataset", lambda *_, **__: store)
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


def test_folds_of_some_phases_prepare_and_learn_these_alone(
    dataset: Path, tmp_path: Path, tiny: TrainingSettings
) -> None:
    files, run = tmp_path / "dataset", tmp_path / "run"
    shutil.copytree(dataset, files)
    # Nobody asks for the arterial phase: that one of its files is damaged must not matter.
    (files / "case_2" / "arterial.nii.gz").write_bytes(b"damaged")
    wanted = "phases=pre,portal_venous,delayed"
    settings = change_settings(tiny, ["folds=2", "max_steps=2", wanted, "preparation_processes=1"])
    results = cross_validate(files, run, settings)
    three = (Phase.PRE, Phase.PORTAL_VENOUS, Phase.DELAYED)
    assert [load_model(result.model).info.phases for result in results] == [three, three]
    assert len(list((run / "cache").iterdir())) == 6, "each of the six cases is prepared once"


def test_folds_of_a_phase_that_the_dataset_lacks_are_refused_before_anything_is_prepared(
    dataset: Path, tmp_path: Path, tiny: TrainingSettings
) -> None:
    settings = change_settings(tiny, ["folds=2", "phases=pre,arterial,hepatobiliary"])
    with pytest.raises(InputError, match="no column for the hepatobiliary phase"):
        cross_validate(dataset, tmp_path / "run", settings)
    assert not (tmp_path / "run").exists()
