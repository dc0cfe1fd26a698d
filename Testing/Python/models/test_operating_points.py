from __future__ import annotations

import pytest

from MTINetLib.errors import InputError
from MTINetLib.models.operating_points import LesionProbability, OperatingPoint, OperatingPoints

POINTS = (OperatingPoint(0.9, 0.8, 0.05), OperatingPoint(0.5, 0.9, 0.2), OperatingPoint(0.1, 0.96, 1.1))
OFFERED = OperatingPoints(POINTS, 1, LesionProbability(0.0, mean=1.0), {"smallest_mm3": 20.0})


@pytest.mark.parametrize(
    ("wanted", "threshold"),
    [
        (None, 0.5),
        ("usual", 0.5),
        ("LOW", 0.9),
        ("high", 0.1),
        (0.85, 0.5),
        ("0.95", 0.1),
        ("80 %", 0.9),
        (0.0, 0.9),
    ],
)
def test_a_point_is_chosen_by_word_or_by_the_sensitivity_that_is_wanted_at_least(
    wanted: float | str | None, threshold: float
) -> None:
    assert OFFERED.chosen(wanted).threshold == threshold


@pytest.mark.parametrize(
    ("wanted", "said"), [(0.99, "from 0.80 to 0.96"), ("highest", "'highest' is unknown")]
)
def test_what_is_not_offered_is_refused_with_what_is(wanted: float | str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        OFFERED.chosen(wanted)


def test_points_come_back_from_their_plain_values() -> None:
    assert OperatingPoints.from_dict(OFFERED.to_dict()) == OFFERED


def test_points_that_make_no_curve_are_refused() -> None:
    turned = OFFERED.to_dict() | {"points": OFFERED.to_dict()["points"][::-1]}
    with pytest.raises(InputError, match="falling threshold"):
        OperatingPoints.from_dict(turned)


def test_the_probability_rises_with_what_the_map_says_and_stays_between_0_and_1() -> None:
    of = LesionProbability(-1.0, mean=1.0, peak=0.5, log_volume=0.3)
    low, high = of.of(0.5, 0.6, 100.0), of.of(0.9, 0.99, 1000.0)
    assert 0 < low < high < 1
    assert 0 <= of.of(0.0, 0.0, 0.0) < of.of(1.0, 1.0, 1e9) <= 1
    assert LesionProbability(0.0, mean=1.0).of(0.8, 0.9, 50.0) == pytest.approx(0.8)
