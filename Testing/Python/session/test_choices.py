"""What the user has chosen, as the scene keeps it."""

from __future__ import annotations

import pytest

from MTINetLib.session.choices import PlainChoices, choose_thresholds, chosen_thresholds


def test_thresholds_survive_as_text_with_whole_numbers_whole() -> None:
    choices = PlainChoices()
    assert chosen_thresholds(choices) == {}
    choose_thresholds(choices, {"mask": 0.4, "min_slices": 2})
    assert isinstance(choices.thresholds, str)
    assert chosen_thresholds(choices) == {"mask": 0.4, "min_slices": 2}
    assert isinstance(chosen_thresholds(choices)["min_slices"], int)
    choose_thresholds(choices, {})
    assert choices.thresholds == ""


@pytest.mark.parametrize("text", ["mask=0.4", "[0.4]", '{"mask": "high"}', '{"mask": true}'])
def test_other_text_is_no_threshold(text: str) -> None:
    assert chosen_thresholds(PlainChoices(thresholds=text)) == {}
