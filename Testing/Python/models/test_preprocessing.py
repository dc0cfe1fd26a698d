"""The one way from a study to slices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.small_models import random_model

from MTINetLib.errors import InputError
from MTINetLib.models.preprocessing import AxialSlices, PreprocessingInfo, preprocessing_of
from MTINetLib.study.grid import Grid
from MTINetLib.study.normalise import estimate_scale
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.study.slices import SliceFrame
from MTINetLib.study.study import PhaseSource, Study


def test_slices_are_the_studys_own_in_network_units() -> None:
    grid = Grid((5, 40, 30), (2.0, 2.0, 6.0), (0.0, 0.0, 0.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
    volumes = np.random.default_rng(3).uniform(50, 900, (4, *grid.shape)).astype(np.float32)
    study = Study(
        volumes, grid, Phase.PORTAL_VENOUS, (None,) * 4, (PhaseSource("made"),) * 4, phases=FOUR_PHASES
    )
    prepared = AxialSlices(48).prepare(study)
    scale = estimate_scale(study.volumes[0])
    assert prepared.scale == scale
    assert prepared.slices.shape == (5, 4, 48, 48)
    expected = SliceFrame.of(study.grid, 48).to_slices(study.volumes) / scale.high
    np.testing.assert_allclose(prepared.slices, expected, rtol=2e-6, atol=1e-6)


def test_a_models_preprocessing_is_the_one_that_its_config_names(tmp_path: Path) -> None:
    model = random_model(tmp_path / "m")
    assert model.preprocessing == AxialSlices(64) == preprocessing_of(AxialSlices(64).info)


def test_no_code_is_taken_in_place_of_an_unknown_one() -> None:
    with pytest.raises(InputError, match="'cubes' version 1 is unknown"):
        preprocessing_of(PreprocessingInfo("cubes", 1, {}))


@pytest.mark.parametrize("size", [0, -3, 5000, 64.0, True])
def test_a_slice_has_a_size(size: object) -> None:
    with pytest.raises(InputError, match="slice_size"):
        AxialSlices(size)  # type: ignore[arg-type]
