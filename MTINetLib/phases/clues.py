"""What each volume's headers say about its phase, weighed for every volume and phase at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from MTINetLib.phases.times import AFTER_BOLUS, BETWEEN, Clock, bolus_start, clocks_of, fit
from MTINetLib.reading.candidates import doubtful_words
from MTINetLib.reading.description_words import Words, delay_words, read_words, tokens_of
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.grid import FloatArray
from MTINetLib.study.phase import PHASES, Phase

#: Contrast/Bolus Agent Phase (0018,9344), defined terms of DICOM PS3.3 C.7.6.4b without unspecific ones.
_AGENT_PHASES = {
    "PRE_CONTRAST": Phase.PRE,
    "ARTERIAL": Phase.ARTERIAL,
    "PORTAL_VENOUS": Phase.PORTAL_VENOUS,
    "VENOUS": Phase.PORTAL_VENOUS,
    "DELAYED": Phase.DELAYED,
}
#: Times that an ideal study would have (s): after the bolus, and from one phase to the next.
_IDEAL_AFTER_BOLUS = {Phase.ARTERIAL: 35.0, Phase.PORTAL_VENOUS: 70.0, Phase.DELAYED: 180.0}
_IDEAL_STEPS = {Phase.ARTERIAL: 38.0, Phase.PORTAL_VENOUS: 110.0}
#: The score of leaving a phase open; less evidence than this does not fill it.
OPEN_SCORE = 0.9
_MOST_CANDIDATES = 40


@dataclass(frozen=True)
class Clues:
    """What one volume's headers say.

    ``order`` counts time points where an attribute numbers them; ``agent`` says whether a contrast
    agent is named, None where that does not differ between volumes; ``after_bolus_s`` in seconds;
    ``doubt`` says which other kind of series a word of the name speaks of, empty if none;
    ``assumed`` is a sentence where only the order of the volumes, confirmed by the user, names the phase.
    """

    volume: SourceVolume
    words: Words
    tag: Phase | None
    agent: bool | None
    clock: Clock | None
    after_bolus_s: float | None
    order: float | None
    doubt: str = ""
    assumed: str = ""


def clues_of(volumes: Sequence[SourceVolume]) -> tuple[list[Clues], float | None]:
    """The clues of each volume, and the start of the bolus on their clock (s) where it is known."""
    texts = [_text(volume) for volume in volumes]
    shared = _shared(volumes, texts)
    clocks = clocks_of(volumes)
    start = bolus_start(volumes, clocks)
    agents = [bool(str(volume.headers.get("ContrastBolusAgent") or "").strip()) for volume in volumes]
    found = []
    for volume, text, clock, agent in zip(volumes, texts, clocks, agents, strict=True):
        words = read_words(text, shared)
        if volume.time_point is not None and words.phase is not Phase.ARTERIAL:
            # One description stands for all time points: it names none of them.
            words = Words(post=words.post and not words.dynamic, hepatobiliary=words.hepatobiliary)
        tag = str(volume.headers.get("ContrastBolusAgentPhase") or "").upper().replace(" ", "_")
        after = clock.seconds - start if clock is not None and clock.reliable and start is not None else None
        found.append(
            Clues(
                volume=volume,
                words=words,
                tag=_AGENT_PHASES.get(tag),
                agent=agent if any(agents) and not all(agents) else None,
                clock=clock,
                after_bolus_s=after,
                order=_order(volume, volumes),
                doubt=doubtful_words(volume),
            )
        )
    return found, start


def _text(volume: SourceVolume) -> str:
    protocol = str(volume.headers.get("ProtocolName") or "")
    description = volume.description
    return description if not protocol or protocol in description else f"{description} {protocol}"


def _shared(volumes: Sequence[SourceVolume], texts: Sequence[str]) -> frozenset[str]:
    """Words that the descriptions of all series have, so that they tell nothing apart."""
    # Time points have one description in common; volumes that merely share a UID have their own.
    by_series = {
        str(v.series_uid if v.time_point is not None and v.series_uid else i): text
        for i, (v, text) in enumerate(zip(volumes, texts, strict=True))
    }
    if len(by_series) < 2:
        return frozenset()
    words = [set(tokens_of(text)) | delay_words(text) for text in by_series.values()]
    return frozenset(set.intersection(*words))


def _order(volume: SourceVolume, volumes: Sequence[SourceVolume]) -> float | None:
    """The number of a time point where an attribute counts them, otherwise None."""
    split_by = volume.headers.get("time_split_by")
    if volume.time_point is not None:
        count = sum(other.series_uid == volume.series_uid for other in volumes)
        told = volume.headers.get("NumberOfTemporalPositions")
        trusted = split_by not in ("instance_number", "content_s", None) or told == count
        return float(volume.time_point) if trusted else None
    positions = [other.headers.get("temporal_position") for other in volumes]
    position = volume.headers.get("temporal_position")
    if position is None or None in positions or len(set(positions)) < len(positions):
        return None
    return float(position)


def best_assignment(
    clues: Sequence[Clues], told: Mapping[Phase, SourceVolume], open_score: float = OPEN_SCORE
) -> tuple[dict[Phase, Clues], dict[Phase, Clues]]:
    """The assignment that the clues support best.

    Returns:
        the clues of each phase's volume, without the phases that nothing supports; and, for each phase
        with a rival nearly as good, the clues of that rival.
    """
    clues = _fewer(clues, told)
    total = _scores(clues, told, open_score)
    best = np.unravel_index(int(np.argmax(total)), total.shape)
    assignment: dict[Phase, Clues] = {}
    rivals: dict[Phase, Clues] = {}
    for phase, index in zip(PHASES, best, strict=True):
        if int(index) < len(clues):
            assignment[phase] = clues[int(index)]
        others = np.moveaxis(total, phase.index, 0).reshape(len(clues) + 1, -1).max(axis=1)
        others[int(index)] = -np.inf
        rival = int(np.argmax(others))
        if phase not in told and rival < len(clues) and others[rival] > total[best] - 1.0:
            rivals[phase] = clues[rival]
    return assignment, rivals


def _fewer(clues: Sequence[Clues], told: Mapping[Phase, SourceVolume]) -> list[Clues]:
    if len(clues) <= _MOST_CANDIDATES:
        return list(clues)
    named = list(told.values())
    ranked = sorted(
        clues, key=lambda clue: (clue.volume in named, max(_unary(clue, p) for p in PHASES)), reverse=True
    )
    return ranked[:_MOST_CANDIDATES]


def _scores(clues: Sequence[Clues], told: Mapping[Phase, SourceVolume], open_score: float) -> FloatArray:
    """The score of every assignment, [n + 1] * 4; the last index leaves the phase open."""
    size = len(clues) + 1
    total = np.zeros((size,) * len(PHASES))
    usual = _usual_shape(clues)
    for phase in PHASES:
        unary = np.full(size, open_score)
        for index, clue in enumerate(clues):
            same = 0.3 if clue.volume.grid.shape == usual else 0.0
            unary[index] = _unary(clue, phase) + same + _preference(clue, phase, index, size)
            if phase in told:
                unary[index] = 100.0 if clue.volume is told[phase] else -100.0
            elif any(clue.volume is volume for volume in told.values()):
                unary[index] = -100.0
        shape = [1] * len(PHASES)
        shape[phase.index] = size
        total += unary.reshape(shape)
    for first, second in combinations(PHASES, 2):
        pair = np.zeros((size, size))
        for a, one in enumerate(clues):
            for b, other in enumerate(clues):
                pair[a, b] = -1000.0 if a == b else _pair(one, first, other, second)
        shape = [1] * len(PHASES)
        shape[first.index] = shape[second.index] = size
        total += pair.reshape(shape)
    return total


def _usual_shape(clues: Sequence[Clues]) -> tuple[int, int, int]:
    shapes = [clue.volume.grid.shape for clue in clues]
    return max(shapes, key=shapes.count) if shapes else (0, 0, 0)


def _unary(clue: Clues, phase: Phase) -> float:
    score = 0.0
    if clue.tag is not None:
        score += 5.0 if clue.tag is phase else -5.0
    if clue.words.phase is not None:
        score += 4.0 if clue.words.phase is phase else -4.0
    if clue.words.hepatobiliary:
        score -= 8.0
    if clue.doubt:
        score -= 1.5
    if clue.words.post:
        score += -3.0 if phase is Phase.PRE else 0.5
    if clue.agent is not None:
        score += 1.0 if clue.agent == (phase is not Phase.PRE) else -1.0
    if clue.after_bolus_s is not None:
        score += {2: 3.0, 1: 1.0, -1: -3.0}[fit(clue.after_bolus_s, AFTER_BOLUS[phase])]
    return score


def _preference(clue: Clues, phase: Phase, index: int, size: int) -> float:
    """Small differences that decide among equals: late arterial, the usual delays, later arterial frames."""
    score = 0.3 * clue.words.arterial_order if phase is Phase.ARTERIAL else 0.0
    ideal = _IDEAL_AFTER_BOLUS.get(phase)
    if clue.after_bolus_s is not None:
        if ideal is not None:
            score -= min(abs(clue.after_bolus_s - ideal) / 200.0, 0.8)
        else:
            score += max(clue.after_bolus_s / 1e4, -0.4)
    elif phase is Phase.ARTERIAL:
        score += 0.05 * index / size
    elif phase is Phase.PRE:
        # Of volumes that are called so the last; of others the first, surely before the bolus.
        score += (0.05 if clue.words.phase is Phase.PRE else -0.05) * index / size
    return score


def _pair(one: Clues, first: Phase, other: Clues, second: Phase) -> float:
    score = 0.0
    if one.clock is not None and other.clock is not None:
        weight = 1.0 if one.clock.reliable and other.clock.reliable else 0.5
        step = other.clock.seconds - one.clock.seconds
        if step <= 0:
            score -= 6.0 * weight
        elif (first, second) in BETWEEN and (one.after_bolus_s is None or other.after_bolus_s is None):
            score += weight * {2: 1.5, 1: 0.5, -1: -1.5}[fit(step, BETWEEN[(first, second)])]
            # The first phase may be taken minutes before; of volumes that are named alike the order decides.
            if first in _IDEAL_STEPS and one.words.phase is not first:
                score -= min(abs(step - _IDEAL_STEPS[first]) / 400.0, 0.8)
    elif (
        one.order is not None
        and other.order is not None
        and other.order <= one.order
        and one.volume.series_uid == other.volume.series_uid
    ):
        score -= 6.0
    return score
