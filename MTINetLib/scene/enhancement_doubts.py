"""Whether the chosen phases brighten as pre-contrast, arterial, portal venous and delayed ones do."""

from __future__ import annotations

from collections.abc import Mapping

from MTINetLib.scene.node_sources import NodeSource
from MTINetLib.study.phase import PHASES, Phase

#: Differences of the brightest vessels in units of the body's median signal (see recognise_pixels).
_ANYTHING = 0.1
_BRIGHTER = 0.05


def enhancement_doubts(chosen: Mapping[Phase, NodeSource]) -> tuple[str, ...]:
    """A sentence about what does not brighten as it should; none if all is well or it cannot be seen.

    Needs all four phases: what brightens is found by comparing them.
    """
    from MTINetLib.study.recognise_pixels import check_pixels

    if len({id(source.node) for source in chosen.values()}) < len(PHASES):
        return ()
    seen = check_pixels([chosen[phase].volume for phase in PHASES])
    if not seen.enhancement:
        return ()
    pre, arterial = chosen[Phase.PRE].name, chosen[Phase.ARTERIAL].name
    if max(abs(value) for value in seen.enhancement) < _ANYTHING:
        return (
            "Hardly anything brightens between the phases: check that they are one contrast-enhanced exam.",
        )
    if seen.pre_is_lowest is False:
        return (
            f"Vessels are darker in another phase than in '{pre}': check which volume is the pre-contrast "
            "phase.",
        )
    if seen.enhancement[Phase.ARTERIAL.index] < _BRIGHTER:
        return (
            f"The vessels in '{arterial}' are no brighter than before contrast: check which volume is the "
            "arterial phase.",
        )
    if seen.arterial_is_focal is False:
        return (
            "The enhancement is more spread in the arterial than in the portal venous phase: check whether "
            "they are exchanged.",
        )
    return ()
