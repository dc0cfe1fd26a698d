"""A model folder gets thresholds and temperature of its own validation patients."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.small_dataset import write_small_dataset
from support.small_models import random_model

from MTINetLib.evaluation.fit_model import fit_model, fitted_or_of, words_of
from MTINetLib.evaluation.operating_point import OperatingPoint
from MTINetLib.models.info import Found, ModelInfo
from MTINetLib.models.store import load_model
from MTINetLib.models.thresholds import Thresholds

PATIENTS = [f"patient_{number}" for number in range(12)]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_dataset(tmp_path_factory.mktemp("set"), ("hcc", "hemangioma") * 7)


def test_the_weights_stay_and_the_config_says_how_values_were_found(dataset: Path, tmp_path: Path) -> None:
    before = random_model(tmp_path / "model", preset="quick")
    point = fit_model(before.info.folder, dataset, PATIENTS)
    after = load_model(before.info.folder).info
    assert after.sha256 == before.info.sha256
    assert (after.name, after.preset) == (before.info.name, "quick")
    assert after.thresholds == point.thresholds
    assert after.temperature == pytest.approx(point.temperature)
    assert after.thresholds_found == point.thresholds_found
    assert after.temperature_found == point.temperature_found
    assert after.thresholds_found.figures["patients"] == 12
    assert after.temperature_found.fitted


def test_only_the_patients_that_were_named_are_looked_at(dataset: Path, tmp_path: Path) -> None:
    folder = random_model(tmp_path / "model").info.folder
    assert fit_model(folder, dataset, PATIENTS[:10]).thresholds_found.figures["patients"] == 10


def test_a_model_of_few_patients_keeps_neutral_values(dataset: Path, tmp_path: Path) -> None:
    folder = random_model(
        tmp_path / "model", thresholds={"mask": 0.6, "peak": 0.6}, calibration={"temperature": 2.0}
    ).info.folder
    point = fit_model(folder, dataset, PATIENTS[:2])
    info = load_model(folder).info
    assert info.thresholds == Thresholds()
    assert info.temperature == 1.0
    assert not info.thresholds_found.fitted
    assert (
        info.thresholds_found.how == "2 validation patients are too few to fit thresholds on; 10 are needed"
    )
    assert words_of(point) == (
        "Neutral thresholds: 2 validation patients are too few to fit thresholds on; 10 are needed."
    )


def test_a_fitted_point_is_told_with_its_figures() -> None:
    figures = {"patients": 14, "sensitivity": 0.9167, "false_positives_a_study": 0.25}
    found = Found(True, "a rule", figures)
    assert words_of(OperatingPoint(Thresholds(), found, 1.0, Found())) == (
        "Thresholds fitted on 14 validation patients: sensitivity 0.92 with 0.25 false positives a study."
    )


def before() -> ModelInfo:
    return ModelInfo(
        "old",
        Path("old"),
        thresholds=Thresholds(mask=0.55, peak=0.7, class_probability=0.8),
        temperature=2.5,
    )


def test_parts_that_could_not_be_fitted_are_those_of_the_model_before() -> None:
    few = Found(False, "few")
    point = fitted_or_of(OperatingPoint(Thresholds(), few, 1.0, few), before())
    assert (point.thresholds, point.temperature) == (before().thresholds, 2.5)
    assert point.thresholds_found.how == "kept from old, as few"
    assert not point.thresholds_found.fitted


def test_what_was_fitted_is_not_replaced() -> None:
    fitted, few = Found(True, "a rule"), Found(False, "few")
    own = Thresholds(mask=0.4, class_probability=0.01)
    classes_only = fitted_or_of(OperatingPoint(own, few, 1.3, fitted), before())
    assert classes_only.temperature == 1.3
    assert (classes_only.thresholds.mask, classes_only.thresholds.class_probability) == (0.55, 0.01)
    lesions_only = fitted_or_of(OperatingPoint(own, fitted, 1.0, few), before())
    assert lesions_only.temperature == 2.5
    assert (lesions_only.thresholds.mask, lesions_only.thresholds.class_probability) == (0.4, 0.8)
