"""Stages and states in words."""

from __future__ import annotations

import pytest

from MTINetLib.presentation.session_words import state_text
from MTINetLib.presentation.stages import stage_text
from MTINetLib.progress import Stage
from MTINetLib.session.state import State
from MTINetLib.session.training_state import RunState

GERMAN = {"Finding lesions": "Läsionen werden gesucht", "Ready": "Bereit"}


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_has_words_of_its_own(stage: Stage) -> None:
    text = stage_text(stage)
    assert text[0].isupper()
    assert [other for other in Stage if stage_text(other) == text] == [stage]


@pytest.mark.parametrize("state", [*State, *RunState])
def test_every_state_has_words(state: State | RunState) -> None:
    assert state_text(state)[0].isupper()


def test_words_go_through_the_translation_that_is_handed_in() -> None:
    assert stage_text(Stage.FINDING_LESIONS, GERMAN.__getitem__) == "Läsionen werden gesucht"
    assert state_text(State.IDLE, GERMAN.__getitem__) == "Bereit"
