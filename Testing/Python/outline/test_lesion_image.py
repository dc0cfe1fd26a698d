"""The image that is outlined in is the one that shows the lesion best."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from MTINetLib.outline.lesion_image import LesionImage, best_image
from MTINetLib.outline.marks import PlacedMarks
from MTINetLib.study.phase import FOUR_PHASES

NO_CLICKS = np.zeros((0, 3))
MARKS = PlacedMarks(np.array([3.5, 20.0, 22.0]), np.array([8.5, 34.0, 36.0]), NO_CLICKS, NO_CLICKS)


def volumes(*lesion: float, liver: float = 200.0, noise: float = 8.0) -> npt.NDArray[np.float32]:
    """Phases whose box holds a ball of these values."""
    rng = np.random.default_rng(1)
    made = rng.normal(liver, noise, (len(lesion), 12, 60, 60))
    z, row, column = np.ogrid[:12, :60, :60]
    ball = ((z - 6) / 2.5) ** 2 + ((row - 27) / 7) ** 2 + ((column - 29) / 7) ** 2 <= 1
    for number, value in enumerate(lesion):
        made[number][ball] += value - liver
    return made.astype(np.float32)


@pytest.mark.parametrize("best", range(4))
@pytest.mark.parametrize("value", [120.0, 290.0])
def test_the_phase_with_the_largest_contrast_is_chosen_dark_or_bright(best: int, value: float) -> None:
    values = [205.0] * 4
    values[best] = value
    chosen = best_image(volumes(*values), None, MARKS)
    assert chosen.name(FOUR_PHASES) == FOUR_PHASES[best].value


def test_a_difference_is_chosen_where_no_phase_shows_the_lesion_so_well() -> None:
    """A wash of bright and dark tissue that is the same in both phases goes in their difference."""
    made = volumes(200.0, 200.0, 200.0, 200.0, noise=2.0)
    wash = np.random.default_rng(2).normal(0.0, 60.0, made.shape[1:])
    made += wash.astype(np.float32)
    lesion = volumes(0.0, 60.0, 0.0, 0.0, liver=0.0, noise=0.0)
    chosen = best_image(made + lesion, None, MARKS)
    assert sorted(chosen.weights) == [-1.0, 0.0, 0.0, 1.0]
    assert "arterial" in chosen.name(FOUR_PHASES).split(" - ")


def test_an_even_lesion_is_preferred_to_one_that_only_its_surroundings_tell_from() -> None:
    """Two phases have the same wash around the lesion: their difference is even there, but not in it."""
    made = volumes(200.0, 200.0, 200.0, 200.0, noise=2.0)
    wash = np.random.default_rng(2).normal(0.0, 15.0, made.shape[1:])
    lesion = volumes(0.0, 1.0, 0.0, 0.0, liver=0.0, noise=0.0)[1] > 0
    made[3] += np.where(lesion, 40.0 + wash * 2, wash)
    made[2] += np.where(lesion, 80.0, wash)
    assert best_image(made, None, MARKS).name(FOUR_PHASES) == "portal_venous"


def test_a_phase_without_an_image_in_the_box_is_not_chosen() -> None:
    made = volumes(205.0, 290.0, 250.0, 205.0)
    covered = np.ones(made.shape, dtype=bool)
    covered[1, 5:] = False
    assert best_image(made, covered, MARKS).name(FOUR_PHASES) == "portal_venous"


def test_a_box_without_contrast_still_gets_an_image() -> None:
    flat = np.full((4, 12, 60, 60), 7.0, dtype=np.float32)
    chosen = best_image(flat, None, MARKS)
    assert sum(chosen.weights) == 1.0
    assert chosen.contrast == 0.0


def test_a_box_of_two_voxels_at_the_edge_has_a_core_and_surroundings() -> None:
    at_edge = replace(MARKS, low=np.array([-0.5, -0.5, -0.5]), high=np.array([0.5, 1.5, 1.5]))
    assert np.isfinite(best_image(volumes(100.0, 200.0, 200.0, 200.0), None, at_edge).contrast)


def test_an_image_is_the_weighted_sum_of_its_phases() -> None:
    made = volumes(100.0, 130.0, 90.0, 80.0)
    assert np.allclose(LesionImage((0.0, 1.0, -1.0, 0.0), 0.0).of(made), made[1] - made[2])
