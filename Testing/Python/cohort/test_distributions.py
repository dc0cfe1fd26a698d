"""What a cohort holds, counted for its page."""

from __future__ import annotations

from MTINetLib.cohort.distributions import Distributions


def test_reasons_that_begin_alike_are_counted_together_and_none_is_lost() -> None:
    reasons = [
        ("The series 't1_vibe_a' misses 4 slices.", 3),
        ("The study lacks the arterial phase.", 4),
        ("The series 't1_vibe_b' has two sizes.", 2),
    ]
    (chart,) = Distributions().charts(reasons)
    assert [bar.count for bar in chart.bars] == [5, 4]
    assert chart.bars[0].name == "The series 't1_vib…"
    assert sum(bar.count for bar in chart.bars) == sum(count for _, count in reasons)
