"""How far a study of a list is, in words."""

from __future__ import annotations

import pytest

from MTINetLib.presentation.worklist_words import status_word
from MTINetLib.worklist.entry import Status


@pytest.mark.parametrize("status", Status)
def test_every_status_has_a_word_of_its_own(status: Status) -> None:
    word = status_word(status.value)
    assert [other for other in Status if status_word(other.value) == word] == [status]
