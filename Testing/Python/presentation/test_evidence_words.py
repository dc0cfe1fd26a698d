"""Evidence reads as a sentence."""

from __future__ import annotations

import pytest

from MTINetLib.presentation.evidence_words import evidence_in_words
from MTINetLib.study.evidence import NAMED, acquired, evidence
from MTINetLib.study.phase import Phase

STEPS = acquired("trigger_time", [(41.6, True, Phase.ARTERIAL), (120.0, False, Phase.DELAYED)])


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (NAMED, "named by the user"),
        (evidence("tag", Phase.PORTAL_VENOUS), "the contrast agent phase tag says portal venous"),
        (evidence("before_bolus", 7), "acquired 7 s before the start of the bolus"),
        (STEPS, "acquired 42 s after the arterial phase and 120 s before the delayed phase (trigger time)"),
        (evidence("word", "late: {art}"), "the description says 'late: {art}'"),
        (
            evidence("word_of_other", Phase.DELAYED, "5:min"),
            "the description says '5:min', which names the delayed phase",
        ),
        (
            evidence("other_called_after", Phase.PRE, "T1: a"),
            "acquired after 'T1: a', which is called pre-contrast",
        ),
        (
            evidence("phantom", Phase.ARTERIAL, "32.5"),
            "made as the arterial phase, 32.5 s after the bolus started",
        ),
        (
            evidence("assumed", 2, 4, "series_number"),
            "it is the second of 4 by series number, an order that was assumed and confirmed "
            "(--assume-order)",
        ),
        ("assumed:it is the first of 4 by time point", "it is the first of 4 by time point"),
        ("acquired early, at 10:32", "acquired early, at 10:32"),
        (evidence("darkest", 3), "its vessels are the darkest of the three volumes"),
        ("not_darkest:the four volumes", "its vessels are not the darkest of the four volumes"),
        ("acquired:series time:60:after:pre", "acquired 60 s after the pre-contrast phase (series time)"),
    ],
)
def test_evidence_reads_as_a_sentence(item: str, words: str) -> None:
    assert evidence_in_words(item) == words


def test_words_are_translated_piece_by_piece() -> None:
    german = {
        "acquired {0} ({1})": "aufgenommen {0} ({1})",
        "{0} s after the {1} phase": "{0} s nach der {1} Phase",
        "{0} s before the {1} phase": "{0} s vor der {1} Phase",
        " and ": " und ",
        "arterial": "arteriellen",
        "delayed": "späten",
        "trigger time": "Triggerzeit",
    }
    assert evidence_in_words(STEPS, german.__getitem__) == (
        "aufgenommen 42 s nach der arteriellen Phase und 120 s vor der späten Phase (Triggerzeit)"
    )
