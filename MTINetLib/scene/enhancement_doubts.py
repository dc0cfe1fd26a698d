"""Whether the chosen phases brighten as pre-contrast, arterial, portal venous and delayed ones do."""

from __future__ import annotations

from collections.abc import Mapping

from MTINetLib.report.words import flag_in_words, whole_sentence
from MTINetLib.scene.node_sources import NodeSource
from MTINetLib.study.phase import PHASES, Phase


def enhancement_doubts(chosen: Mapping[Phase, NodeSource]) -> tuple[str, ...]:
    """A sentence about what does not brighten as it should; none if all is well or it cannot be seen.

    Needs all four phases: what brightens is found by comparing them.
    """
    from MTINetLib.study.recognise_pixels import check_pixels
    from MTINetLib.study.signal_enhancement import (
        ARTERIAL_NOT_BRIGHTER,
        VESSELS_DARKER,
        enhancement_doubt,
    )

    if len({id(source.node) for source in chosen.values()}) < len(PHASES):
        return ()
    word = enhancement_doubt(check_pixels([chosen[phase].volume for phase in PHASES]))
    if word is None:
        return ()
    pre, arterial = chosen[Phase.PRE].name, chosen[Phase.ARTERIAL].name
    named = {
        VESSELS_DARKER: f"Vessels are darker in another phase than in '{pre}': check which volume is the "
        "pre-contrast phase.",
        ARTERIAL_NOT_BRIGHTER: f"The vessels in '{arterial}' are no brighter than before contrast: check "
        "which volume is the arterial phase.",
    }
    return (named.get(word) or whole_sentence(flag_in_words(word)),)
