"""A model whose network is asked slice by slice, asked about whole studies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.small_models import known_model, random_model

from MTINetLib.models.lesion_model import LesionModel
from MTINetLib.models.slicewise import lesion_slices
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.study.study import PhaseSource, Study

GRID = Grid((7, 64, 64), (1.5, 1.5, 4.0), (0.0, 0.0, 0.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))


def study(seed: int = 0) -> Study:
    volumes = np.random.default_rng(seed).uniform(50, 900, (4, *GRID.shape)).astype(np.float32)
    return Study(
        volumes, GRID, Phase.PORTAL_VENOUS, (None,) * 4, (PhaseSource("made"),) * 4, phases=FOUR_PHASES
    )


def labels() -> np.ndarray:
    drawn = np.zeros(GRID.shape, dtype=np.uint8)
    drawn[2, 10:20, 10:20] = 3
    drawn[3, 10:40, 10:20] = 3
    drawn[3:5, 50:55, 30:40] = 7
    return drawn


def test_every_lesion_is_asked_in_every_slice_with_its_own_mask() -> None:
    found = lesion_slices(labels())
    assert [(item.z, item.label, int(item.mask.sum())) for item in found] == [
        (2, 3, 100),
        (3, 3, 300),
        (3, 7, 50),
        (4, 7, 50),
    ]


def test_a_reading_is_the_area_weighted_mean_of_its_slices_in_scanner_units(tmp_path: Path) -> None:
    asked: LesionModel = known_model(64).on("cpu", "fp32")
    one = study()
    reading = asked.read(one, labels())[3]
    assert reading.areas.tolist() == [100, 300]
    assert reading.curve is not None
    # The known network reads the mean inside the mask, and slices and voxels are the same here.
    np.testing.assert_allclose(reading.curve, one.volumes[:, labels() == 3].mean(axis=1), rtol=1e-4)
    assert reading.logits is not None
    weighted = 0.25 * reading.logits[0] + 0.75 * reading.logits[1]
    np.testing.assert_allclose(reading.mean_logits(), weighted, rtol=1e-5)


def test_no_lesions_ask_nothing(tmp_path: Path) -> None:
    assert random_model(tmp_path / "m").on("cpu", "fp32").read(study(), np.zeros(GRID.shape, np.uint8)) == {}


def test_a_model_asked_about_another_study_forgets_the_first(tmp_path: Path) -> None:
    model = random_model(tmp_path / "m")
    first, second = study(1), study(2)
    asked = model.on("cpu", "fp32", keep_above=0.0)
    asked.probability(first)
    asked.probability(second)
    fresh = model.on("cpu", "fp32", keep_above=0.0)
    expected = fresh.probability(first)
    np.testing.assert_array_equal(asked.probability(first), expected)
    for mine, other in zip(
        asked.read(first, labels()).values(), fresh.read(first, labels()).values(), strict=True
    ):
        np.testing.assert_array_equal(mine.logits, other.logits)
        assert mine.curve == other.curve


def test_how_it_was_computed_is_told_for_the_provenance(tmp_path: Path) -> None:
    asked = random_model(tmp_path / "m").on("cpu", "bf16")
    told = asked.computation(study())
    assert told.device.startswith("cpu (")
    assert told.precision == "bf16"
    assert told.settings["image_size"] == 64
    assert told.settings["intensity_scale"]["low"] == 0.0


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_curve_that_is_not_finite_is_none(tmp_path: Path, value: float) -> None:
    one = study()
    one.volumes[2, 3] = value
    reading = known_model(64).on("cpu", "fp32").read(replace(one), labels())[3]
    assert reading.curve is None
