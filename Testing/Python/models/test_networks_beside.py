"""A run stands for the model that came out of it, and knows its networks."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.small_models import random_model

from MTINetLib.errors import ModelError
from MTINetLib.models.find import find_model
from MTINetLib.models.networks_beside import networks_beside
from MTINetLib.models.store import load_model


def test_a_fine_tuning_run_is_its_model_and_the_networks_are_those_of_its_folds(tmp_path: Path) -> None:
    run = tmp_path / "run"
    random_model(run / "model", name="mean")
    for number in (1, 2, 10):
        random_model(run / f"fold-{number}" / "model", seed=number)
    assert networks_beside(find_model(run)) == (), "nothing says that it is a fine-tuning"
    (run / "fine-tuning.json").write_text("{}", "utf-8")
    assert load_model(run).info.name == "mean"
    folds = [place.parent.name for place in networks_beside(find_model(run))]
    assert folds == ["fold-1", "fold-2", "fold-10"]


def test_a_run_whose_model_was_not_better_is_no_model(tmp_path: Path) -> None:
    random_model(tmp_path / "run" / "candidate")
    with pytest.raises(ModelError):
        load_model(tmp_path / "run")
