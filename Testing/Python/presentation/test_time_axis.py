from __future__ import annotations

import pytest

from MTINetLib.presentation.time_axis import TimeAxis


def test_known_times_are_the_axis() -> None:
    axis = TimeAxis.of((-20.0, 30.0, 70.0, 180.0))
    assert axis.in_seconds
    assert axis.values == (-20.0, 30.0, 70.0, 180.0)


@pytest.mark.parametrize("times", [(0.0, None, 70.0, 180.0), (0.0, 70.0, 30.0, 180.0), (None,) * 4])
def test_missing_or_disordered_times_fall_back_to_the_order_of_the_phases(
    times: tuple[float | None, ...],
) -> None:
    axis = TimeAxis.of(times)
    assert not axis.in_seconds
    assert axis.values == (1.0, 2.0, 3.0, 4.0)
