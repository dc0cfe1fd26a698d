"""What speaks against the volumes that the user has chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from MTINetLib.errors import InputError
from MTINetLib.phases.clues import Clues, clues_of
from MTINetLib.phases.evidence import Verdict, judge
from MTINetLib.phases.pixels import PixelCheck, check_pixels
from MTINetLib.scene.choice_flags import choice_flags
from MTINetLib.scene.node_geometry import rough_grid
from MTINetLib.scene.node_sources import NodeSource, sources_of
from MTINetLib.scene.phase_images import why_unusable
from MTINetLib.scene.phase_problems import problems, remarks
from MTINetLib.scene.phase_proposal import PhaseChoice, PhaseProposal
from MTINetLib.scene.phase_times import time_flags, times_of
from MTINetLib.scene.scene import Scene
from MTINetLib.study.evidence import CHOSEN
from MTINetLib.study.phase import Phase, in_order_of_time


def check_choice(scene: Scene, phases: Mapping[Phase, Any], wanted: Sequence[Phase]) -> PhaseProposal:
    """The user's choice with what speaks for and against it; it is taken as it is, with confidence 1.

    Args:
        phases: volume nodes by phase.
        wanted: that there should be; those without a node are missing.
    """
    unusable = []
    nodes = {}
    for phase in wanted:
        node = phases.get(phase)
        if node is None:
            continue
        reason = _reason(node)
        if reason is None:
            nodes[phase] = node
        else:
            unusable.append(reason)
    distinct = list({id(node): node for node in nodes.values()}.values())
    by_node = {id(source.node): source for source in sources_of(scene, distinct)}
    chosen = {phase: by_node[id(node)] for phase, node in nodes.items()}
    clues, start = clues_by_phase(chosen)
    pixels = _pixels(chosen, wanted)
    verdicts = {phase: _verdict(phase, chosen, clues, start, pixels, wanted) for phase in chosen}
    return proposal_of(
        chosen,
        {
            phase: Verdict((CHOSEN, *verdict.evidence[1:]), 1.0, verdict.contradicted)
            for phase, verdict in verdicts.items()
        },
        wanted,
        unusable,
    )


def proposal_of(
    chosen: Mapping[Phase, NodeSource],
    verdicts: Mapping[Phase, Verdict],
    wanted: Sequence[Phase],
    problems_before: Sequence[str] = (),
    flags_before: Sequence[str] = (),
    left_out: Sequence[tuple[str, str]] = (),
) -> PhaseProposal:
    """What is known of chosen volumes, and all that is doubtful of them.

    Args:
        verdicts: of the chosen phases.
        wanted: the phases that there should be.
        problems_before, flags_before: what was found out while the volumes were chosen.
    """
    clues, start = clues_by_phase(chosen)
    times = times_of(chosen, clues, start)
    told = [*problems_before, *problems(chosen)]
    flags = [
        *flags_before,
        *(f"phase_contradiction:{phase.value}" for phase in chosen if verdicts[phase].contradicted),
        *time_flags(chosen, times, start),
    ]
    try:
        flags += choice_flags(chosen, clues, wanted)
    except InputError as error:
        told.append(str(error))
    return PhaseProposal(
        phases={phase: _choice(chosen[phase], verdicts[phase], times[phase]) for phase in chosen},
        missing=tuple(phase for phase in wanted if phase not in chosen),
        problems=tuple(told),
        left_out=tuple(left_out),
        remarks=remarks(chosen) if chosen else (),
        known_flags=tuple(dict.fromkeys(flags)),
    )


def _choice(source: NodeSource, verdict: Verdict, time_s: float | None) -> PhaseChoice:
    return PhaseChoice(
        node_id=str(source.node.GetID()),
        name=source.name,
        evidence=verdict.evidence,
        confidence=verdict.confidence,
        time_s=time_s,
        series_uid=source.series_uid,
        time_point=source.volume.time_point,
        instance_uids=source.instance_uids,
    )


def _verdict(
    phase: Phase,
    chosen: Mapping[Phase, NodeSource],
    clues: Mapping[Phase, Clues],
    start: float | None,
    pixels: PixelCheck | None,
    wanted: Sequence[Phase],
) -> Verdict:
    twice = sum(other.node is chosen[phase].node for other in chosen.values()) > 1
    return judge(phase, {phase: clues[phase]} if twice else clues, True, start, None, pixels, wanted)


def _pixels(chosen: Mapping[Phase, NodeSource], wanted: Sequence[Phase]) -> PixelCheck | None:
    """What the pixels say of the phases together; None where not all of them are there."""
    if len({id(source.node) for source in chosen.values()}) < len(wanted):
        return None
    return check_pixels([chosen[phase].volume for phase in wanted], wanted)


def clues_by_phase(chosen: Mapping[Phase, NodeSource]) -> tuple[dict[Phase, Clues], float | None]:
    """The clues of each chosen volume; one that was chosen twice is read once."""
    volumes = list({id(source.volume): source.volume for source in chosen.values()}.values())
    if not volumes:
        return {}, None
    found, start = clues_of(volumes, in_order_of_time(chosen))
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
