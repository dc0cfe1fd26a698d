"""What contradicts an assignment of phases: times, order, names, kinds and identity, as flags of the study.

A flag is ``name:phase``, ``name:phase:other`` or the like, with values behind; README.md lists them all and
presentation/warnings.py has their sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations, pairwise

from MTINetLib.phases.clues import Clues, clues_of
from MTINetLib.phases.recognise import PhaseAssignment
from MTINetLib.phases.times import AFTER_BOLUS, between, fit
from MTINetLib.reading.candidates import candidates_among
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.phase import Phase, in_order_of_time

OUT_OF_ORDER = "out_of_order"
TIME_POINTS_OUT_OF_ORDER = "time_points_out_of_order"
UNUSUAL_STEP = "unusual_step"
UNUSUAL_DELAY = "unusual_delay"
TAGGED_OTHERWISE = "tagged_otherwise"
NAMED_OTHERWISE = "named_otherwise"
OTHER_KIND = "other_kind"
DIFFERENT_STUDIES = "different_studies"
SHARED_UIDS = "shared_uids"
#: What a name may say besides a phase.
CONTRAST_GIVEN = "contrast_given"
#: Of a phase that hardly any slices show more is said elsewhere.
_SAID_ELSEWHERE = "too few slices"

Volumes = Mapping[Phase, SourceVolume]


def doubted(assignment: PhaseAssignment) -> PhaseAssignment:
    """The assignment with flags for all that contradicts it."""
    found = phase_doubts(dict(zip(assignment.phases, assignment.volumes, strict=True)))
    return replace(assignment, flags=tuple(dict.fromkeys((*assignment.flags, *found))))


def phase_doubts(volumes: Volumes, clues: Mapping[Phase, Clues] | None = None) -> tuple[str, ...]:
    """Flags about what speaks against the volumes' being these phases; not their values and their places.

    Args:
        volumes: of some or all phases; one may stand for two of them.
        clues: of the same volumes, where they are known already.
    """
    told = _clues(volumes) if clues is None else clues
    found = [
        *_studies(volumes),
        *_shared_uids(volumes),
        *_order(told),
        *_names(told),
        *_times(told),
        *_kinds(volumes),
    ]
    return tuple(dict.fromkeys(found))


def _clues(volumes: Volumes) -> dict[Phase, Clues]:
    distinct = list({id(volume): volume for volume in volumes.values()}.values())
    if not distinct:
        return {}
    found, _ = clues_of(distinct, in_order_of_time(volumes))
    by_volume = {id(clue.volume): clue for clue in found}
    return {phase: by_volume[id(volume)] for phase, volume in volumes.items()}


def _studies(volumes: Volumes) -> Iterator[str]:
    uids = {str(volume.headers.get("StudyInstanceUID") or "") for volume in volumes.values()}
    if len(uids - {""}) > 1:
        yield DIFFERENT_STUDIES


def _shared_uids(volumes: Volumes) -> Iterator[str]:
    """Images of one slice each that are called alike in several phases; frames of one file may be."""
    alike: set[Phase] = set()
    for first, second in combinations(in_order_of_time(volumes), 2):
        one, other = set(volumes[first].instance_uids), set(volumes[second].instance_uids)
        if len(one) > 1 and len(other) > 1 and one & other and volumes[first] is not volumes[second]:
            alike |= {first, second}
    if alike:
        yield ":".join((SHARED_UIDS, *(phase.value for phase in in_order_of_time(alike))))


def _order(clues: Mapping[Phase, Clues]) -> Iterator[str]:
    for first, second in pairwise(in_order_of_time(clues)):
        one, other = clues[first], clues[second]
        pair = f"{first.value}:{second.value}"
        if one.volume is other.volume:
            continue
        if one.clock is not None and other.clock is not None:
            step = one.clock.seconds - other.clock.seconds
            if step > 0:
                yield f"{OUT_OF_ORDER}:{pair}:{_duration(step)}"
        elif (
            one.order is not None
            and other.order is not None
            and one.order > other.order
            and one.volume.series_uid == other.volume.series_uid
        ):
            yield f"{TIME_POINTS_OUT_OF_ORDER}:{pair}:{one.order:.0f}:{other.order:.0f}"


def _names(clues: Mapping[Phase, Clues]) -> Iterator[str]:
    for phase, clue in clues.items():
        told = clue.words
        if clue.tag is not None and clue.tag is not phase:
            yield f"{TAGGED_OTHERWISE}:{phase.value}:{clue.tag.value}"
        if told.hepatobiliary and phase is not Phase.HEPATOBILIARY:
            yield f"{NAMED_OTHERWISE}:{phase.value}:{Phase.HEPATOBILIARY.value}"
        elif told.phase is not None and told.phase is not phase:
            yield f"{NAMED_OTHERWISE}:{phase.value}:{told.phase.value}"
        elif told.post and phase is Phase.PRE:
            yield f"{NAMED_OTHERWISE}:{phase.value}:{CONTRAST_GIVEN}"


def _times(clues: Mapping[Phase, Clues]) -> Iterator[str]:
    """Times in the right order that are still unusual."""
    for first, second in pairwise(in_order_of_time(clues)):
        one, other = clues[first].clock, clues[second].clock
        if one is None or other is None or not (one.reliable and other.reliable):
            continue
        step = other.seconds - one.seconds
        if step > 0 and fit(step, between(first, second)) < 0:
            yield f"{UNUSUAL_STEP}:{first.value}:{second.value}:{_duration(step)}"
    for phase, clue in clues.items():
        after = clue.after_bolus_s
        if after is not None and fit(after, AFTER_BOLUS[phase]) < 0:
            when = "before" if after < 0 else "after"
            yield f"{UNUSUAL_DELAY}:{phase.value}:{_duration(abs(after))}_{when}"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f}_s" if seconds < 600 else f"{seconds / 60:.0f}_min"


def _kinds(volumes: Volumes) -> Iterator[str]:
    for phase, volume in volumes.items():
        _, left_out = candidates_among([volume])
        for item in left_out:
            if item.reason != _SAID_ELSEWHERE:
                yield f"{OTHER_KIND}:{phase.value}:{_code(item.reason)}"


def _code(words: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "_", words).strip("_")
