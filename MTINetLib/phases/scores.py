"""How well each volume fits each phase, and each pair of volumes each pair of phases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from MTINetLib.phases.assignment import Best, Pairs, best_options
from MTINetLib.phases.clues import Clues
from MTINetLib.phases.times import AFTER_BOLUS, between, fit
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.grid import FloatArray
from MTINetLib.study.phase import Phase

#: Times that an ideal study would have (s): after the bolus, and from one phase to the next.
_IDEAL_AFTER_BOLUS = {
    Phase.EARLY_ARTERIAL: 20.0,
    Phase.ARTERIAL: 35.0,
    Phase.PORTAL_VENOUS: 70.0,
    Phase.DELAYED: 180.0,
    Phase.HEPATOBILIARY: 1200.0,
}
_IDEAL_STEPS = {
    (Phase.ARTERIAL, Phase.PORTAL_VENOUS): 38.0,
    (Phase.PORTAL_VENOUS, Phase.DELAYED): 110.0,
}
#: The score of leaving a phase open; less evidence than this does not fill it.
OPEN_SCORE = 0.9
#: A rival's best total is less than this below the best of all.
_NEARLY_AS_GOOD = 1.0
_MOST_CANDIDATES = 40


def best_assignment(
    clues: Sequence[Clues],
    told: Mapping[Phase, SourceVolume],
    phases: Sequence[Phase],
    open_score: float = OPEN_SCORE,
) -> tuple[dict[Phase, Clues], dict[Phase, Clues]]:
    """The assignment that the clues support best.

    Returns:
        the clues of each phase's volume, without the phases that nothing supports; and, for each phase
        with a rival nearly as good, the clues of that rival.
    """
    clues = _fewer(clues, told, phases)
    best = search(clues, told, phases, open_score)
    assignment = {phase: clues[n] for phase, n in zip(phases, best.options, strict=True) if n < len(clues)}
    rivals = {
        phase: clues[n]
        for phase, n in zip(phases, best.rivals, strict=True)
        if phase not in told and n is not None and n < len(clues)
    }
    return assignment, rivals


def search(
    clues: Sequence[Clues], told: Mapping[Phase, SourceVolume], phases: Sequence[Phase], open_score: float
) -> Best:
    """The best option of each phase: the number of a volume's clues, or their count to leave it open."""
    unary, pairs = _scores(clues, told, phases, open_score)
    return best_options(unary, pairs, _NEARLY_AS_GOOD)


def _fewer(
    clues: Sequence[Clues], told: Mapping[Phase, SourceVolume], phases: Sequence[Phase]
) -> list[Clues]:
    if len(clues) <= _MOST_CANDIDATES:
        return list(clues)
    named = list(told.values())
    ranked = sorted(
        clues, key=lambda clue: (clue.volume in named, max(_unary(clue, p) for p in phases)), reverse=True
    )
    return ranked[:_MOST_CANDIDATES]


def _scores(
    clues: Sequence[Clues], told: Mapping[Phase, SourceVolume], phases: Sequence[Phase], open_score: float
) -> tuple[list[FloatArray], Pairs]:
    """Per phase and per pair of phases the scores of all options; the last one leaves the phase open."""
    size = len(clues) + 1
    usual = _usual_shape(clues)
    singles = []
    for phase in phases:
        unary = np.full(size, open_score)
        for index, clue in enumerate(clues):
            same = 0.3 if clue.volume.grid.shape == usual else 0.0
            unary[index] = _unary(clue, phase) + same + _preference(clue, phase, index, size)
            if phase in told:
                unary[index] = 100.0 if clue.volume is told[phase] else -100.0
            elif any(clue.volume is volume for volume in told.values()):
                unary[index] = -100.0
        singles.append(unary)
    pairs = {}
    for p, q in combinations(range(len(phases)), 2):
        pair = np.zeros((size, size))
        for a, one in enumerate(clues):
            for b, other in enumerate(clues):
                pair[a, b] = -1000.0 if a == b else _pair(one, phases[p], other, phases[q], q == p + 1)
        pairs[(p, q)] = pair
    return singles, pairs


def _usual_shape(clues: Sequence[Clues]) -> tuple[int, int, int]:
    shapes = [clue.volume.grid.shape for clue in clues]
    return max(shapes, key=shapes.count) if shapes else (0, 0, 0)


def _unary(clue: Clues, phase: Phase) -> float:
    score = 0.0
    if clue.tag is not None:
        score += 5.0 if clue.has_tag_of(phase) else -5.0
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


def _pair(one: Clues, first: Phase, other: Clues, second: Phase, neighbours: bool) -> float:
    score = 0.0
    if one.clock is not None and other.clock is not None:
        weight = 1.0 if one.clock.reliable and other.clock.reliable else 0.5
        step = other.clock.seconds - one.clock.seconds
        if step <= 0:
            score -= 6.0 * weight
        elif neighbours and (one.after_bolus_s is None or other.after_bolus_s is None):
            score += weight * {2: 1.5, 1: 0.5, -1: -1.5}[fit(step, between(first, second))]
            # The first phase may be taken minutes before; of volumes that are named alike the order decides.
            ideal = _IDEAL_STEPS.get((first, second))
            if ideal is not None and one.words.phase is not first:
                score -= min(abs(step - ideal) / 400.0, 0.8)
    elif (
        one.order is not None
        and other.order is not None
        and other.order <= one.order
        and one.volume.series_uid == other.volume.series_uid
    ):
        score -= 6.0
    return score
