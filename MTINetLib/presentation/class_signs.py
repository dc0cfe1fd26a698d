"""What in a lesion's curve speaks for or against a class: always beside the liver, never the lesion alone.

Descriptions with their values, no LI-RADS features: arterial hyper-enhancement has no accepted threshold, and
the margin here only keeps noise from being told. The signal of a real HCC mostly rises from the arterial to
the portal venous phase; it washes out against the liver only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from MTINetLib.findings import LesionFinding
from MTINetLib.presentation.classes import KNOWN_CLASSES
from MTINetLib.presentation.words import share_in_percent
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA, OTHER, UNDECIDED
from MTINetLib.study.phase import Phase

#: Contrast to the liver, as a part of its signal, within which a lesion counts as bright as the liver.
MARGIN = 0.05
#: Highest relative enhancement of what hardly takes up any contrast agent, such as a cyst.
HARDLY = 0.10

#: The latest of these that there is. The liver takes up a hepatobiliary agent before the delayed phase, so
#: that then the portal venous phase alone counts.
_LATE = (Phase.DELAYED, Phase.PORTAL_VENOUS)


@dataclass(frozen=True)
class Sign:
    """One observation.

    Args:
        words: what was measured, with its value; no full stop.
        speaks_for, speaks_against: classes.
    """

    words: str
    speaks_for: tuple[str, ...] = ()
    speaks_against: tuple[str, ...] = ()


def signs_of(lesion: LesionFinding) -> tuple[Sign, ...]:
    """What can be said of the lesion's measured curve; empty where the liver beside it was not measured."""
    figures = lesion.enhancement
    contrast = figures.lesion_to_liver_contrast
    highest = max(_known(figures.relative_enhancement), default=None)
    if highest is not None and highest < HARDLY:
        words = f"hardly enhances ({share_in_percent(highest, signed=True)} at most)"
        return (Sign(words, (OTHER,), (HCC, HEMANGIOMA)),)
    found = (_arterial(figures.arterial_contrast_gain), _late(contrast))
    return tuple(sign for sign in found if sign is not None)


def reasons_in_words(lesion: LesionFinding) -> tuple[str, ...]:
    """Up to two sentences: what speaks for the class that was answered, and what against it.

    Of an undecided lesion the most probable class is meant.
    """
    name = lesion.lesion_class
    if name == UNDECIDED:
        name = max(lesion.probabilities, key=lambda each: lesion.probabilities[each], default=UNDECIDED)
    if name not in KNOWN_CLASSES or name == UNDECIDED:
        return ()
    signs, word = signs_of(lesion), KNOWN_CLASSES[name].word
    for_it = [sign.words for sign in signs if name in sign.speaks_for]
    against = [sign.words for sign in signs if name in sign.speaks_against]
    sentences = (("for", for_it), ("against", against))
    return tuple(f"Speaks {how} {word}: {', '.join(words)}" for how, words in sentences if words)


def _arterial(gain: float | None) -> Sign | None:
    if gain is None or abs(gain) <= MARGIN:
        return None
    value = share_in_percent(gain, signed=True)
    if gain > 0:
        return Sign(f"enhances more than the liver in the arterial phase ({value})", (HCC,))
    return Sign(f"enhances less than the liver in the arterial phase ({value})", (OTHER,), (HCC,))


def _late(contrast: Mapping[Phase, float | None]) -> Sign | None:
    judged = _LATE[1:] if Phase.HEPATOBILIARY in contrast else _LATE
    phase = next((phase for phase in judged if contrast.get(phase) is not None), None)
    late = None if phase is None else contrast[phase]
    if phase is None or late is None or abs(late) <= MARGIN:
        return None
    in_phase = f"in the {phase.title} phase ({share_in_percent(late, signed=True)})"
    if late > 0:
        return Sign(f"stays brighter than the liver {in_phase}", (HEMANGIOMA,), (HCC,))
    early = contrast.get(Phase.ARTERIAL)
    if early is not None and early - late > MARGIN:
        return Sign(f"washes out against the liver, darker {in_phase}", (HCC,), (HEMANGIOMA,))
    return Sign(f"stays darker than the liver {in_phase}", (OTHER,), (HEMANGIOMA,))


def _known(values: Mapping[Phase, float | None]) -> Sequence[float]:
    return [value for value in values.values() if value is not None]
