"""The time of a part, by a clock of the tests."""

from __future__ import annotations

import pytest

from benchmarks.part import Part
from benchmarks.process import CutShort


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("seconds", "runs", "cuts"),
    [
        (25.0, 1, ["way: 1 of 4 runs, its time was over"]),
        (70.0, 3, ["way: 3 of 4 runs, its time was over"]),
        (1000.0, 4, []),
    ],
)
def test_a_part_repeats_nothing_when_its_time_is_over_and_says_so(
    seconds: float, runs: int, cuts: list[str]
) -> None:
    clock = Clock()
    part = Part("way", seconds, clock)

    def slow() -> float:
        clock.now += 30.0
        return part.left

    assert len(part.repeated(slow, 4)) == runs
    assert part.cuts == cuts
    assert part.spent == 30.0 * runs


def test_what_was_measured_before_a_run_hung_is_kept() -> None:
    part, answers = Part("way", 60.0, Clock()), iter([5, 6])

    def hangs_at_last() -> int:
        try:
            return next(answers)
        except StopIteration:
            raise CutShort("not done after 60 s, ended") from None

    assert part.repeated(hangs_at_last, 7) == [5, 6]
    assert part.cuts == ["way: 2 of 7 runs, one was not done after 60 s, ended"]
