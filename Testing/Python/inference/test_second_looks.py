"""Whether a model says the same of varied images."""

from __future__ import annotations

import numpy as np
import pytest
from support.made_analysis import made_grid, made_study
from support.small_models import known_model

from MTINetLib.inference.second_looks import agreement, disagreement
from MTINetLib.models.thresholds import Thresholds
from MTINetLib.models.unlike_training import unlike_training
from MTINetLib.study.study import Study

THRESHOLDS = Thresholds(smallest_mm3=1.0)


@pytest.fixture(scope="module")
def small() -> Study:
    return made_study(made_grid(shape=(8, 40, 48)))


def look(*boxes: slice) -> np.ndarray:
    values = np.zeros((8, 40, 48), np.float32)
    for box in boxes:
        values[3:5, box, box] = 0.9
    return values


def test_looks_that_agree_leave_nothing_open(small: Study) -> None:
    same = agreement([look(slice(5, 10))] * 3, small, THRESHOLDS)
    assert same.mean == pytest.approx(0)
    assert same.seen_again == pytest.approx(1)


def test_a_lesion_that_one_look_alone_shows_counts_as_one_and_is_named_by_its_volume(small: Study) -> None:
    both, one = look(slice(5, 10), slice(20, 24)), look(slice(5, 10))
    found = agreement([both, one], small, THRESHOLDS)
    assert found.mean == pytest.approx(0.5)
    assert found.seen_again == 0
    assert found.millilitres == pytest.approx(32 * small.grid.voxel_volume_mm3 / 1000)


def test_without_a_lesion_in_any_look_nothing_is_open(small: Study) -> None:
    found = agreement([look(), look()], small, THRESHOLDS)
    assert (found.mean, found.seen_again, found.millilitres) == (0.0, 1.0, 0.0)


def test_a_model_that_does_not_mind_mirrors_agrees_with_itself(small: Study) -> None:
    asked = known_model().on("cpu", "fp32")
    probability = asked.probability(small)
    found = disagreement(small, probability, asked, THRESHOLDS)
    assert 0 < found.mean < 0.6  # the gains move its brightness, mirrors do not


def test_a_study_of_other_contrast_is_less_like_training(small: Study) -> None:
    model = known_model()
    asked = model.on("cpu", "fp32")
    import torch
    from torch import nn

    with torch.no_grad():  # the norms learn this study
        for part in model.network.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.momentum = 1.0
        model.network.train()
        model.network.encode(torch.from_numpy(asked.input_of(small, [2, 3, 4, 5])))
        model.network.eval()
    own = unlike_training(model, asked, small)
    from dataclasses import replace

    other = replace(small, volumes=np.ascontiguousarray(small.volumes[::-1]) ** np.float32(1.5))
    assert own is not None
    assert (unlike_training(model, model.on("cpu", "fp32"), other) or 0) > 2 * own
