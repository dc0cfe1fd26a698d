"""Notes of the provenance read as sentences."""

from __future__ import annotations

import pytest

from MTINetLib.findings.notes import (
    BATCH_HALVED,
    CONTINUED_ON_CPU,
    DEIDENTIFIED,
    DRAWN,
    GPU_LEFT,
    OUTLINE_PIECES,
    OUTLINE_SEVERAL,
    OUTLINED,
    SEGMENT_CUT,
    SEGMENTS_OVERLAP,
    WORKED_ON_CPU,
    note,
)
from MTINetLib.presentation.note_words import note_in_words


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (note(BATCH_HALVED, 8), "out of memory: batch halved to 8"),
        (CONTINUED_ON_CPU, "out of memory: continued on the CPU"),
        (note(GPU_LEFT, "a: {b}"), "the GPU cannot be used (a: {b}): continued on the CPU"),
        (note(WORKED_ON_CPU, "cuda:1 is full"), "cuda:1 is full: worked on the CPU"),
        ("no_openvino", "OpenVINO is not installed: torch was taken"),
        ("openvino_on_gpu", "OpenVINO runs on CPUs only: torch was taken"),
        (note("openvino_failed", "RuntimeError"), "OpenVINO failed (RuntimeError): torch was taken"),
        (
            note("openvino_inexact", 0.03),
            "OpenVINO is off by 0.03 more than torch in a probability: torch was taken",
        ),
        (DRAWN, "The masks were drawn; no network was asked."),
        (note(DEIDENTIFIED, "MTI-1"), "De-identified; study reference MTI-1."),
        ("Segment 'Smith' is empty and was left out.", "Segment 'Smith' is empty and was left out."),
        (note(SEGMENT_CUT, 3, 12), "12 % of segment 3 lies outside the images and was cut off."),
        (note(OUTLINED, "LiteMedSAM"), "LiteMedSAM outlined the lesions, from boxes that a person drew."),
        (
            note(OUTLINE_PIECES, 2, 3),
            "In the box of lesion 2 there was more, apart from its outline (pieces: 3): if these are "
            "lesions too, draw a box around each.",
        ),
        (
            note(OUTLINE_SEVERAL, 2),
            "The outline of lesion 2 leaves most of its box empty: the box seems to hold more than one "
            "lesion; draw a box around each.",
        ),
        (note(SEGMENTS_OVERLAP, 7), "Segments overlap in 7 voxels, which were given to the smaller lesion."),
    ],
)
def test_a_note_reads_as_a_sentence(item: str, words: str) -> None:
    assert note_in_words(item) == words


def test_a_note_is_translated_before_its_value_comes_in() -> None:
    german = {"out of memory: batch halved to {0}": "Speicher voll: {0} Schichten auf einmal"}
    assert note_in_words(note(BATCH_HALVED, 2), german.__getitem__) == "Speicher voll: 2 Schichten auf einmal"
