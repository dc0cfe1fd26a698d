"""Whether the values of the chosen phases can give an enhancement, in the sentences of an analysis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from MTINetLib.errors import InputError
from MTINetLib.presentation.words import flag_in_words, whole_sentence
from MTINetLib.scene.node_sources import NodeSource
from MTINetLib.scene.phase_images import has_bad_numbers
from MTINetLib.study.phase import PHASES, Phase


@dataclass(frozen=True)
class ValueDoubts:
    """Sentences: what speaks against the values, and what will be put right."""

    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def value_doubts(chosen: Mapping[Phase, NodeSource]) -> ValueDoubts:
    """What the check of an analysis (study.signal_check) says of the values that are looked at.

    Needs all four phases, since it compares them. Empty if all is well or it cannot be seen.
    """
    from MTINetLib.phases.signal_check import OFFSET, check_signal

    if len({id(source.node) for source in chosen.values()}) < len(PHASES):
        return ValueDoubts()
    volumes = [chosen[phase].volume for phase in PHASES]
    if any(has_bad_numbers(one.array) or one.array.min() == one.array.max() for one in volumes):
        return ValueDoubts()  # said of the volume by itself
    try:
        found = check_signal(volumes)
    except InputError as error:
        return ValueDoubts(warnings=(str(error),))
    said = f"The air around the body lies at {found.offset:.6g}; that will be subtracted from all values."
    doubts = [flag for flag in found.flags if not flag.startswith(f"{OFFSET}:")]
    return ValueDoubts(tuple(_sentence(flag, chosen) for flag in doubts), (said,) if found.offset else ())


def _sentence(flag: str, chosen: Mapping[Phase, NodeSource]) -> str:
    from MTINetLib.phases.signal_enhancement import ARTERIAL_NOT_BRIGHTER, VESSELS_DARKER

    pre, arterial = chosen[Phase.PRE].name, chosen[Phase.ARTERIAL].name
    named = {
        VESSELS_DARKER: f"Vessels are darker in another phase than in '{pre}': check which volume is the "
        "pre-contrast phase.",
        ARTERIAL_NOT_BRIGHTER: f"The vessels in '{arterial}' are no brighter than before contrast: check "
        "which volume is the arterial phase.",
    }
    return named.get(flag) or whole_sentence(flag_in_words(flag))
