"""Notes of the provenance: a code with its value, its words, and whether it quotes anybody."""

from __future__ import annotations

import pytest

from MTINetLib.findings.notes import (
    BATCH_HALVED,
    CONTINUED_ON_CPU,
    DEIDENTIFIED,
    DRAWN,
    GPU_LEFT,
    WORKED_ON_CPU,
    note,
    note_in_words,
    quotes,
)


@pytest.mark.parametrize(
    ("item", "words", "quoting"),
    [
        (note(BATCH_HALVED, 8), "out of memory: batch halved to 8", False),
        (CONTINUED_ON_CPU, "out of memory: continued on the CPU", False),
        (note(GPU_LEFT, "a: {b}"), "the GPU cannot be used (a: {b}): continued on the CPU", True),
        (note(WORKED_ON_CPU, "cuda:1 is full"), "cuda:1 is full: worked on the CPU", True),
        ("no_openvino", "OpenVINO is not installed: torch was taken", False),
        ("openvino_on_gpu", "OpenVINO runs on CPUs only: torch was taken", False),
        (note("openvino_failed", "RuntimeError"), "OpenVINO failed (RuntimeError): torch was taken", False),
        (
            note("openvino_inexact", 0.03),
            "OpenVINO is off by 0.03 more than torch in a probability: torch was taken",
            False,
        ),
        (DRAWN, "The masks were drawn; no network was asked.", False),
        (note(DEIDENTIFIED, "MTI-1"), "De-identified; study reference MTI-1.", False),
        ("Segment 'Smith' is empty and was left out.", "Segment 'Smith' is empty and was left out.", True),
    ],
)
def test_a_note_reads_as_a_sentence_and_says_whether_it_quotes(item: str, words: str, quoting: bool) -> None:
    assert note_in_words(item) == words
    assert quotes(item) is quoting


def test_a_note_is_translated_before_its_value_comes_in() -> None:
    german = {"out of memory: batch halved to {0}": "Speicher voll: {0} Schichten auf einmal"}
    assert note_in_words(note(BATCH_HALVED, 2), german.__getitem__) == "Speicher voll: 2 Schichten auf einmal"
