"""What speaks against the volumes that the user has chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from MTINetLib.errors import InputError
from MTINetLib.phases.clues import Clues, clues_of
from MTINetLib.phases.evidence import judge
from MTINetLib.scene.node_geometry import rough_grid
from MTINetLib.scene.node_sources import NodeSource, sources_of
from MTINetLib.scene.phase_doubts import doubts, remarks
from MTINetLib.scene.phase_images import why_unusable
from MTINetLib.scene.phase_proposal import PhaseChoice, PhaseProposal
from MTINetLib.scene.phase_times import times_of
from MTINetLib.scene.value_doubts import value_doubts
from MTINetLib.study.phase import PHASES, Phase

CHOSEN = "chosen by you"


def check_choice(phases: Mapping[Phase, Any]) -> PhaseProposal:
    """The user's choice with what speaks for and against it; it is taken as it is, with confidence 1.

    Args:
        phases: volume nodes by phase; phases without a node are missing.
    """
    warnings = []
    nodes = {}
    for phase in PHASES:
        node = phases.get(phase)
        if node is None:
            continue
        reason = _reason(node)
        if reason is None:
            nodes[phase] = node
        else:
            warnings.append(reason)
    distinct = list({id(node): node for node in nodes.values()}.values())
    by_node = {id(source.node): source for source in sources_of(distinct)}
    chosen = {phase: by_node[id(node)] for phase, node in nodes.items()}
    clues, start = _clues(chosen)
    times = times_of(chosen, clues, start)
    choices = {phase: _choice(phase, chosen, clues, start, times[phase]) for phase in chosen}
    against = doubts(chosen, clues) if chosen else ()
    values = value_doubts(chosen)
    return PhaseProposal(
        phases=choices,
        missing=tuple(phase for phase in PHASES if phase not in chosen),
        warnings=(*warnings, *against, *values.warnings),
        left_out=(),
        notes=(*(remarks(chosen) if chosen else ()), *values.notes),
    )


def _choice(
    phase: Phase,
    chosen: Mapping[Phase, NodeSource],
    clues: Mapping[Phase, Clues],
    start: float | None,
    time_s: float | None,
) -> PhaseChoice:
    source = chosen[phase]
    twice = sum(other.node is source.node for other in chosen.values()) > 1
    verdict = judge(phase, {phase: clues[phase]} if twice else clues, True, start, None, None)
    return PhaseChoice(
        node_id=str(source.node.GetID()),
        name=source.name,
        evidence=(CHOSEN, *verdict.evidence[1:]),
        confidence=1.0,
        time_s=time_s,
        series_uid=source.series_uid,
        time_point=source.volume.time_point,
        instance_uids=source.instance_uids,
    )


def _clues(chosen: Mapping[Phase, NodeSource]) -> tuple[dict[Phase, Clues], float | None]:
    """The clues of each chosen volume; one that was chosen twice is read once."""
    volumes = list({id(source.volume): source.volume for source in chosen.values()}.values())
    if not volumes:
        return {}, None
    found, start = clues_of(volumes)
    by_volume = {id(clue.volume): clue for clue in found}
    return {phase: by_volume[id(source.volume)] for phase, source in chosen.items()}, start


def _reason(node: Any) -> str | None:
    """Why a node cannot be used at all."""
    reason = why_unusable(node)
    if reason is not None:
        return reason
    try:
        rough_grid(node)
    except InputError as error:
        return str(error)
    return None
