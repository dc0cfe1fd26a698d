"""A model's thresholds and temperature, found on cases that it was not trained on."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.small_dataset import SIZE, write_small_dataset
from support.small_models import known_model

from MTINetLib.dataset.folder import DatasetCase, read_dataset
from MTINetLib.errors import Cancelled
from MTINetLib.evaluation.operating_point import MOST_FALSE_POSITIVES, fit_operating_point
from MTINetLib.models.info import Found
from MTINetLib.models.thresholds import Thresholds
from MTINetLib.progress import Silent

CLASSES = ("hcc", "hemangioma") * 5 + ("none", "none")


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[DatasetCase]:
    """Twelve patients, ten with a lesion, all with a spot that a network is unsure of."""
    return read_dataset(write_small_dataset(tmp_path_factory.mktemp("many"), CLASSES, dim_spots=True))


def test_a_point_is_found_that_keeps_the_lesions_and_leaves_out_the_spots(cases: list[DatasetCase]) -> None:
    point = fit_operating_point(cases, known_model(SIZE))
    figures = point.thresholds_found.figures
    assert point.thresholds_found.fitted
    assert figures["sensitivity"] == 1.0
    assert figures["false_positives_a_study"] <= MOST_FALSE_POSITIVES
    assert (figures["patients"], figures["lesions"]) == (12, 10)
    assert point.thresholds != Thresholds()


def test_the_temperature_belongs_to_the_true_classes(cases: list[DatasetCase]) -> None:
    found = fit_operating_point(cases, known_model(SIZE)).temperature_found
    assert found == Found(True, "greatest likelihood, smoothed targets", {"lesions": 10})


def test_too_few_patients_leave_everything_neutral_and_say_so(cases: list[DatasetCase]) -> None:
    point = fit_operating_point(cases[:3], known_model(SIZE))
    assert point.thresholds == Thresholds()
    assert point.temperature == 1.0
    too_few = Found(False, "3 validation patients are too few to fit thresholds on; 10 are needed")
    assert (point.thresholds_found, point.temperature_found) == (too_few, too_few)


def test_one_patient_or_lesion_is_told_in_the_singular(cases: list[DatasetCase], tmp_path: Path) -> None:
    one_patient = fit_operating_point(cases[:1], known_model(SIZE))
    told = "1 validation patient is too few to fit thresholds on; 10 are needed"
    assert one_patient.thresholds_found.how == told
    one_lesion = read_dataset(write_small_dataset(tmp_path, ("hcc",) + ("none",) * 9))
    found = fit_operating_point(one_lesion, known_model(SIZE))
    told = "1 validation lesion is too few to fit thresholds on; 10 are needed"
    assert found.thresholds_found.how == told
    told = "1 validation lesion of known class, or not of every class, is too few"
    assert found.temperature_found.how == told


def test_too_few_lesions_leave_the_thresholds_neutral(tmp_path: Path) -> None:
    few = read_dataset(write_small_dataset(tmp_path, ("hcc",) * 4 + ("none",) * 6))
    point = fit_operating_point(few, known_model(SIZE))
    assert point.thresholds == Thresholds()
    assert point.thresholds_found.how.startswith("4 validation lesions are too few")
    assert point.temperature == 1.0
    assert not point.temperature_found.fitted


def test_lesions_of_one_class_fit_no_temperature(tmp_path: Path) -> None:
    one_class = read_dataset(write_small_dataset(tmp_path, ("hcc",) * 11))
    point = fit_operating_point(one_class, known_model(SIZE))
    assert point.thresholds_found.fitted
    assert not point.temperature_found.fitted
    assert point.temperature == 1.0


def test_a_case_that_cannot_be_read_is_left_out_and_named(tmp_path: Path) -> None:
    broken = read_dataset(write_small_dataset(tmp_path, CLASSES))
    mask = broken[4].mask_path
    assert mask is not None
    mask.write_bytes(b"no image")
    point = fit_operating_point(broken, known_model(SIZE))
    assert point.thresholds_found.figures["left_out"] == [broken[4].case]
    assert point.thresholds_found.figures["studies"] == 11


def test_fitting_can_be_cancelled(cases: list[DatasetCase]) -> None:
    class Stops(Silent):
        def update(self, done: int) -> None:
            if done == 2:
                raise Cancelled("enough")

    with pytest.raises(Cancelled):
        fit_operating_point(cases, known_model(SIZE), progress=Stops())
