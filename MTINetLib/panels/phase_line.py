"""What the Study section says of one phase: how sure it is, and why."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from slicer.i18n import tr as _

from MTINetLib.presentation.evidence_words import evidence_in_words
from MTINetLib.study.evidence import CHOSEN

if TYPE_CHECKING:
    from MTINetLib.scene.propose_phases import PhaseChoice

#: From here on a phase is called certain, likely.
_CERTAIN, _LIKELY = 0.9, 0.6
#: Readable on a light and on a dark background.
_GREEN, _AMBER, _RED, _GREY = "#2e9e4f", "#d08a00", "#d9453d", "#808080"
_LONGEST = 90


def phase_line(choice: PhaseChoice | None) -> str:
    """One line of rich text under a phase's selector."""
    if choice is None:
        return _dot(_RED) + _grey(_("missing: choose its volume"))
    if CHOSEN in choice.evidence:
        told = ", ".join([_("chosen by you"), *_time_of(choice)])
        return _dot(_GREEN) + _grey(told)
    color, word = _how_sure(choice.confidence)
    percent = f"{100 * choice.confidence:.0f} %"
    why = "; ".join([*(evidence_in_words(item, _) for item in choice.evidence[:1]), *_time_of(choice)])
    return _dot(color) + _grey(_shortened(f"{word} ({percent})" + (f": {why}" if why else "")))


def phase_tip(choice: PhaseChoice | None) -> str:
    """Everything that speaks for and against a phase, for its tool tip."""
    if choice is None:
        return _("No volume of the scene was recognised as this phase.")
    lines = [choice.name, *(evidence_in_words(item, _) for item in choice.evidence), *_time_of(choice)]
    return "\n".join(lines)


def _time_of(choice: PhaseChoice) -> list[str]:
    return [] if choice.time_s is None else [_("at {seconds:.0f} s").format(seconds=choice.time_s)]


def _how_sure(confidence: float) -> tuple[str, str]:
    if confidence >= _CERTAIN:
        return _GREEN, _("certain")
    return (_AMBER, _("likely")) if confidence >= _LIKELY else (_RED, _("doubtful"))


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"


def _dot(color: str) -> str:
    return f'<span style="color:{color}">●</span> '


def _grey(text: str) -> str:
    return f'<span style="color:{_GREY}">{html.escape(text)}</span>'
