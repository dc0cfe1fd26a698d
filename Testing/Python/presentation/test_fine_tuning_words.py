"""What a fine-tuning is going to do, in words."""

from __future__ import annotations

import pytest

from MTINetLib.presentation.fine_tuning_words import duration, plan_in_words


def test_a_plan_says_who_judges_and_how_long_it_takes_at_most() -> None:
    assert plan_in_words(7, 5, 16, 1500.2) == (
        "7 patients: 5 networks in turn, each judged by patients that it did not see; "
        "16 other studies mixed in. At most about 26 min."
    )
    assert plan_in_words(60, 1, 0, 9000) == (
        "60 patients: a fifth of them judges, a fifth validates. At most about 2.5 h."
    )


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "10 s"), (61, "70 s"), (101, "2 min"), (5400, "1.5 h")])
def test_a_time_is_rounded_up(seconds: float, words: str) -> None:
    assert duration(seconds) == words
