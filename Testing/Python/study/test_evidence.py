"""Evidence: a code with values, and whether it quotes anybody."""

from __future__ import annotations

import pytest

from MTINetLib.study.evidence import NAMED, acquired, evidence, quotes
from MTINetLib.study.phase import Phase

STEPS = acquired("trigger_time", [(41.6, True, Phase.ARTERIAL), (120.0, False, Phase.DELAYED)])


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
