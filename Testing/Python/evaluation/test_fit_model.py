"""A model folder gets thresholds and temperature of its own validation patients."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.small_dataset import write_small_dataset
from support.small_models import random_model

from MTINetLib.evaluation.fit_model import fit_model, words_of
from MTINetLib.evaluation.operating_point import OperatingPoint
from MTINetLib.models.store import load_model
from MTINetLib.models.thresholds import Thresholds

PATIENTS = [f"patient_{number}" for number in range(12)]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_dataset(tmp_path_factory.mktemp("set"), ("HCC", "hemangioma") * 7)


def test_the_weights_stay_and_the_config_says_how_values_were_found(dataset: Path, tmp_path: Path) -> None:
    before = random_model(tmp_path / "model", preset="quick")
    point = fit_model(before.folder, dataset, PATIENTS)
    after = load_model(before.folder)
    assert after.sha256 == before.sha256
    assert (after.name, after.config.preset) == (before.name, "quick")
    assert after.config.thresholds == point.thresholds
    assert after.config.temperature == pytest.approx(point.temperature)
    assert after.config.more["operating_point"] == point.account
    assert point.account["patients"] == 12
    assert point.account["temperature"]["fitted"] is True


def test_only_the_patients_that_were_named_are_looked_at(dataset: Path, tmp_path: Path) -> None:
    folder = random_model(tmp_path / "model").folder
    assert fit_model(folder, dataset, PATIENTS[:10]).account["patients"] == 10


def test_a_model_of_few_patients_keeps_neutral_values(dataset: Path, tmp_path: Path) -> None:
    folder = random_model(tmp_path / "model", thresholds={"mask": 0.6, "peak": 0.6}, temperature=2.0).folder
    point = fit_model(folder, dataset, PATIENTS[:2])
    config = load_model(folder).config
    assert config.thresholds == Thresholds()
    assert config.temperature == 1.0
    assert words_of(point) == (
        "Neutral thresholds: 2 validation patients are too few to fit thresholds on; 10 are needed."
    )


def test_a_fitted_point_is_told_with_its_figures() -> None:
    account = {"fitted": True, "patients": 14, "sensitivity": 0.9167, "false_positives_a_study": 0.25}
    assert words_of(OperatingPoint(Thresholds(), 1.0, account)) == (
        "Thresholds fitted on 14 validation patients: sensitivity 0.92 with 0.25 false positives a study."
    )
