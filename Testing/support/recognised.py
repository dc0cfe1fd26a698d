"""Recognition as the pipeline asks for it: what is unclear is said in words."""

from __future__ import annotations

from typing import Any

from MTINetLib.phases import recognise
from MTINetLib.presentation.phase_words import unclear_in_words


def recognise_phases(*volumes: Any, **words: Any) -> recognise.PhaseAssignment:
    with unclear_in_words():
        return recognise.recognise_phases(*volumes, **words)
