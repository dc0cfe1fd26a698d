"""Evidence: a code with values, its words, and whether it quotes anybody."""

from __future__ import annotations

import pytest

from MTINetLib.study.evidence import NAMED, acquired, evidence, evidence_in_words, quotes
from MTINetLib.study.phase import Phase

STEPS = acquired("trigger times", [(41.6, True, Phase.ARTERIAL), (120.0, False, Phase.DELAYED)])


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (NAMED, "named by the user"),
        (evidence("tag", Phase.PORTAL_VENOUS), "the contrast agent phase tag says portal venous"),
        (evidence("before_bolus", 7), "acquired 7 s before the start of the bolus"),
        (STEPS, "acquired 42 s after the arterial phase and 120 s before the delayed phase (trigger times)"),
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
        ("acquired early, at 10:32", "acquired early, at 10:32"),
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
        "trigger times": "Triggerzeiten",
    }
    assert evidence_in_words(STEPS, german.__getitem__) == (
        "aufgenommen 42 s nach der arteriellen Phase und 120 s vor der späten Phase (Triggerzeiten)"
    )


@pytest.mark.parametrize(
    ("item", "quoting"),
    [
        (STEPS, False),
        (NAMED, False),
        (evidence("tag", Phase.PRE), False),
        (evidence("word", "SMITH"), True),
        (evidence("word_of_other", Phase.PRE, "SMITH"), True),
        (evidence("other_would_fit", "SMITH"), True),
        (evidence("other_called_before", Phase.PRE, "SMITH"), True),
        (evidence("made", "put together from SMITH"), True),
        ("the description says 'SMITH'", True),
        ("at 10:32", True),
    ],
)
def test_what_may_quote_a_header_or_a_person_is_known_by_its_code(item: str, quoting: bool) -> None:
    assert quotes(item) is quoting
