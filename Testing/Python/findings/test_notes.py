"""Notes of the provenance: a code with its values, and whether it quotes anybody."""

from __future__ import annotations

import pytest

from MTINetLib.findings.notes import (
    BATCH_HALVED,
    CODES,
    CONTINUED_ON_CPU,
    DRAWN,
    GPU_LEFT,
    SEGMENT_CUT,
    WORKED_ON_CPU,
    note,
    quotes,
)


@pytest.mark.parametrize(
    ("item", "quoting"),
    [
        (note(BATCH_HALVED, 8), False),
        (CONTINUED_ON_CPU, False),
        (note(GPU_LEFT, "a: {b}"), True),
        (note(WORKED_ON_CPU, "cuda:1 is full"), True),
        (note("openvino_failed", "RuntimeError"), False),
        (note(SEGMENT_CUT, 3, 12), False),
        (DRAWN, False),
        ("Segment 'Smith' is empty and was left out.", True),
    ],
)
def test_what_may_quote_a_driver_or_a_person_is_known_by_its_code(item: str, quoting: bool) -> None:
    assert quotes(item) is quoting


def test_a_note_holds_its_values_behind_its_code() -> None:
    assert note(SEGMENT_CUT, 3, 12) == "segment_cut:3:12"
    assert {note(code) for code in CODES} == CODES
