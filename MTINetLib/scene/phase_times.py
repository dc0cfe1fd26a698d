"""The times of chosen phases, from the nodes' own attributes or from the clocks of their headers."""

from __future__ import annotations

from collections.abc import Mapping

from MTINetLib.phases.clues import Clues
from MTINetLib.scene.node_sources import NodeSource
from MTINetLib.study.phase import Phase


def times_of(
    chosen: Mapping[Phase, NodeSource], clues: Mapping[Phase, Clues], bolus_start_s: float | None
) -> dict[Phase, float | None]:
    """Seconds after the start of the bolus, or after the pre-contrast phase where the bolus is unknown.

    Args:
        bolus_start_s: on the clock of ``clues``.
    """
    told = {phase: source.time_s for phase, source in chosen.items() if source.time_s is not None}
    if len(told) == len(chosen) and Phase.PRE in told:
        # No study has contrast before its pre-contrast phase: a later one's zero is another event.
        origin = max(told[Phase.PRE], 0.0)
        return {phase: round(time - origin, 3) for phase, time in told.items()}
    pre = clues[Phase.PRE].clock if Phase.PRE in clues else None
    start = bolus_start_s if bolus_start_s is not None else None if pre is None else pre.seconds
    if start is None:
        return dict.fromkeys(chosen)
    clocks = {phase: clues[phase].clock for phase in chosen}
    return {
        phase: None if clock is None else round(clock.seconds - start, 3) for phase, clock in clocks.items()
    }


def time_flags(
    chosen: Mapping[Phase, NodeSource], times: Mapping[Phase, float | None], bolus_start_s: float | None
) -> tuple[str, ...]:
    """Flags about the times that :func:`times_of` gave: unknown, or counted from the pre-contrast phase."""
    if all(time is None for time in times.values()):
        return ("times_unknown",) if times else ()
    told = all(source.time_s is not None for source in chosen.values()) and Phase.PRE in chosen
    from_pre = (chosen[Phase.PRE].time_s or 0.0) > 0.0 if told else bolus_start_s is None
    return ("times_from_pre",) if from_pre else ()
