"""Phases that are known already: a person chose them, or they were recognised elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from MTINetLib.phases.confidence import DOUBTFUL_CONFIDENCE
from MTINetLib.phases.coverage import REFERENCE_SHORT, UNCOVERED
from MTINetLib.phases.evidence import Verdict
from MTINetLib.phases.recognise import PhaseAssignment
from MTINetLib.phases.signal_check import SIGNAL_FLAGS
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.phase import Phase, in_order_of_time

#: Flags that are found again, and exactly, when the study is opened.
_FOUND_AGAIN = frozenset({*SIGNAL_FLAGS, REFERENCE_SHORT, UNCOVERED})


@dataclass(frozen=True, eq=False)
class GivenPhase:
    """The volume of one phase.

    Args:
        evidence, confidence: why it is that phase, as in PhaseSource.
        time_s: as in Study.
    """

    volume: SourceVolume
    evidence: tuple[str, ...] = ()
    confidence: float = 1.0
    time_s: float | None = None


def given_phases(phases: Mapping[Phase, GivenPhase], flags: tuple[str, ...] = ()) -> PhaseAssignment:
    """All phases of a study.

    Args:
        flags: what is doubtful of them; of values and places the study finds out by itself.
    """
    order = in_order_of_time(phases)
    given = [phases[phase] for phase in order]
    told = [flag for flag in flags if flag.partition(":")[0] not in _FOUND_AGAIN]
    told += [
        f"phase_doubt:{phase.value}"
        for phase, one in zip(order, given, strict=True)
        if one.confidence < DOUBTFUL_CONFIDENCE
    ]
    times = tuple(one.time_s for one in given)
    if all(time is None for time in times):
        told.append("times_unknown")
    volumes = tuple(one.volume for one in given)
    verdicts = tuple(Verdict(one.evidence, one.confidence) for one in given)
    return PhaseAssignment(volumes, verdicts, times, flags=tuple(dict.fromkeys(told)), phases=order)
