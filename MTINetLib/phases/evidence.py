"""How sure one phase is: its evidence, and a confidence from 0 to 1.

Kinds of evidence are treated as independent: support adds up as 1 - product(1 - weight), each
contradiction multiplies what is left by 1 - 0.6 weight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from MTINetLib.phases.clues import Clues
from MTINetLib.phases.pixels import PixelCheck
from MTINetLib.phases.times import AFTER_BOLUS, between, fit
from MTINetLib.study.evidence import NAMED, acquired, evidence
from MTINetLib.study.phase import Phase

_SHARE_OF_CONTRADICTION = 0.6
_HIGHEST = 0.99
#: An assumed order never makes a phase certain, whatever else speaks for it.
_HIGHEST_ASSUMED = 0.79
#: Nor is a phase certain whose name also speaks of another kind of series.
_HIGHEST_DOUBTED = 0.79
_WEIGHT_ASSUMED = 0.6


@dataclass(frozen=True)
class Verdict:
    """Evidence, strongest first, and confidence; ``contradicted`` if some of it speaks against the phase."""

    evidence: tuple[str, ...]
    confidence: float
    contradicted: bool = False


@dataclass(frozen=True)
class _Item:
    """One piece of evidence; a negative weight contradicts."""

    weight: float
    said: str


def judge(
    phase: Phase,
    chosen: Mapping[Phase, Clues],
    told: bool,
    bolus_start_s: float | None,
    rival: Clues | None,
    pixels: PixelCheck | None,
    phases: Sequence[Phase],
) -> Verdict:
    """The evidence that ``chosen[phase]`` is that phase.

    Args:
        chosen: the whole assignment, for what is known only between phases.
        told: the user named the volume; nothing else counts then, contradictions are still said.
        rival: another volume that fits nearly as well.
        phases: that are looked for, in the order of time.
    """
    clue = chosen[phase]
    items = [*_tag(phase, clue), *_time(phase, phases, chosen), *_words(phase, clue)]
    items += [*_order(phase, phases, chosen), *_series_number(phase, chosen), *_agent(phase, clue)]
    items += _seen(phase, pixels)
    items += [_Item(-0.1, evidence("word_of_other_kind", clue.doubt))] if clue.doubt and not told else []
    against = [item for item in items if item.weight < 0]
    made = [evidence("made", remark) for remark in clue.volume.remarks]
    if told:
        return Verdict((NAMED, *[item.said for item in items], *made), 1.0, bool(against))
    left = 1.0
    for item in items:
        if item.weight > 0:
            left *= 1.0 - item.weight
    confidence = 1.0 - left
    for item in against:
        confidence *= 1.0 + _SHARE_OF_CONTRADICTION * item.weight
    said = [item.said for item in sorted(items, key=lambda item: -abs(item.weight))]
    if rival is not None:
        confidence *= 0.9
        said.append(evidence("other_would_fit", rival.volume.name))
    highest = _HIGHEST_ASSUMED if clue.assumed else _HIGHEST_DOUBTED if clue.doubt else _HIGHEST
    return Verdict((*said, *made), round(min(confidence, highest), 3), bool(against))


def _tag(phase: Phase, clue: Clues) -> list[_Item]:
    if clue.tag is None:
        return []
    weight = 0.95 if clue.has_tag_of(phase) else -0.95
    return [_Item(weight, evidence("tag", clue.tag))]


def _time(phase: Phase, phases: Sequence[Phase], chosen: Mapping[Phase, Clues]) -> list[_Item]:
    clue = chosen[phase]
    if clue.clock is None:
        return []
    wrong = _wrong_order(phase, chosen)
    if wrong:
        return wrong
    trust = 1.0 if clue.clock.reliable else 0.6
    if clue.after_bolus_s is not None:
        weight = {2: 0.85, 1: 0.5, -1: -0.6}[fit(clue.after_bolus_s, AFTER_BOLUS[phase])]
        when = "before_bolus" if clue.after_bolus_s < 0 else "after_bolus"
        return [_Item(weight, evidence(when, f"{abs(clue.after_bolus_s):.0f}"))]
    fits = []
    steps = []
    for first, second in pairwise(phases):
        if phase in (first, second) and first in chosen and second in chosen:
            one, other = chosen[first].clock, chosen[second].clock
            if one is not None and other is not None:
                step = other.seconds - one.seconds
                fits.append(fit(step, between(first, second)))
                after = second is phase
                steps.append((step, after, first if after else second))
    if not fits:
        return []
    weight = {2: 0.7, 1: 0.45, -1: -0.4}[min(fits)] * trust
    return [_Item(weight, acquired(clue.clock.source, steps))]


def _wrong_order(phase: Phase, chosen: Mapping[Phase, Clues]) -> list[_Item]:
    own = chosen[phase].clock
    for other, clue in chosen.items():
        if own is None or clue.clock is None or other is phase:
            continue
        if (clue.clock.seconds < own.seconds) != other.is_before(phase):
            relation = "before" if own.seconds < clue.clock.seconds else "after"
            return [_Item(-0.8, evidence(f"{relation}_volume_of", other))]
    return []


def _words(phase: Phase, clue: Clues) -> list[_Item]:
    words = clue.words
    if words.phase is phase:
        return [_Item(0.9, evidence("word", words.word))]
    if words.phase is not None:
        return [_Item(-0.9, evidence("word_of_other", words.phase, words.word))]
    if words.post and phase is Phase.PRE:
        return [_Item(-0.7, "contrast_given")]
    return [_Item(0.2, "contrast_given")] if words.post else []


def _order(phase: Phase, phases: Sequence[Phase], chosen: Mapping[Phase, Clues]) -> list[_Item]:
    assumed = chosen[phase].assumed
    if assumed:
        return [_Item(_WEIGHT_ASSUMED, evidence("assumed", *assumed))]
    orders = [chosen[each].order if each in chosen else None for each in phases]
    own = chosen[phase].order
    if own is None or any(order is None for order in orders):
        return []
    known = [order for order in orders if order is not None]
    if known != sorted(known):
        return [_Item(-0.5, evidence("time_point_out_of_order", f"{own:.0f}"))]
    return [_Item(0.35, evidence("time_point_in_order", f"{own:.0f}"))]


def _series_number(phase: Phase, chosen: Mapping[Phase, Clues]) -> list[_Item]:
    """Scanners number series as they are acquired; where no clock tells, numbers out of order are a doubt."""
    own = chosen[phase]
    number = own.volume.number("SeriesNumber")
    if own.clock is not None or own.assumed or number is None:
        return []
    for other, clue in chosen.items():
        theirs = clue.volume.number("SeriesNumber")
        if theirs is None or theirs == number or clue.clock is not None:
            continue
        if (theirs < number) != other.is_before(phase):
            relation = "before" if number < theirs else "after"
            return [_Item(-0.6, evidence(f"number_{relation}", other))]
    return []


def _agent(phase: Phase, clue: Clues) -> list[_Item]:
    if clue.agent is None:
        return []
    said = "agent" if clue.agent else "no_agent"
    return [_Item(0.3 if clue.agent == (phase is not Phase.PRE) else -0.3, said)]


def _seen(phase: Phase, pixels: PixelCheck | None) -> list[_Item]:
    if pixels is None:
        return []
    if phase is Phase.PRE and pixels.pre_is_lowest is not None:
        if pixels.pre_is_lowest:
            return [_Item(0.4, evidence("darkest", len(pixels.phases)))]
        return [_Item(-0.7, evidence("not_darkest", len(pixels.phases)))]
    if phase is not Phase.PRE and pixels.darkest is phase:
        return [_Item(-0.7, evidence("darkest_unlike", len(pixels.phases)))]
    if phase in (Phase.ARTERIAL, Phase.PORTAL_VENOUS) and pixels.arterial_is_focal is not None:
        if pixels.arterial_is_focal:
            return [_Item(0.3, "spreads")]
        return [_Item(-0.4, "shrinks")]
    return []
