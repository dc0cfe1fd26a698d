"""Which volumes of the scene are which phases, by evidence and never by a silent guess."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from MTINetLib.errors import InputError
from MTINetLib.phases.evidence import Verdict
from MTINetLib.phases.recognition import recognition
from MTINetLib.presentation.evidence_words import evidence_in_words
from MTINetLib.reading.candidates import LeftOut
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.scene.check_choice import check_choice as check_choice
from MTINetLib.scene.check_choice import proposal_of
from MTINetLib.scene.node_sources import NodeSource, sources_of
from MTINetLib.scene.phase_images import why_unusable
from MTINetLib.scene.phase_proposal import PhaseChoice as PhaseChoice
from MTINetLib.scene.phase_proposal import PhaseProposal as PhaseProposal
from MTINetLib.scene.scene import Scene, nodes_of_class
from MTINetLib.scene.sequences import changes_with_browser, time_points_in_scene, volume_sequences
from MTINetLib.study.evidence import MARKED, NAMED
from MTINetLib.study.phase import Phase, count_in_words

_MULTI_VOLUME = "vtkMRMLMultiVolumeNode"
#: Flags that only the choice among all volumes tells; the others follow from the chosen ones.
_OF_RECOGNITION = ("several_candidates", "order_assumed")


@dataclass(frozen=True, eq=False)
class _Found:
    """What one study's volumes gave."""

    chosen: Mapping[Phase, NodeSource]
    verdicts: Mapping[Phase, Verdict]
    left_out: tuple[tuple[str, str], ...]
    doubtful: tuple[str, ...]
    flags: tuple[str, ...] = ()

    @property
    def certainty(self) -> float:
        return sum(verdict.confidence for verdict in self.verdicts.values())


def propose_phases(scene: Scene, nodes: Sequence[Any], phases: Sequence[Phase]) -> PhaseProposal:
    """Find phases among volume nodes.

    Phases that are not certain stay empty, and a warning says why. Nothing in the scene is changed.
    """
    left_out = []
    usable = []
    for node in nodes:
        reason = why_unusable(node)
        if reason is None and changes_with_browser(node):
            reason = "it shows the time points of a sequence in turn: make volumes of its time points"
        if reason is None:
            usable.append(node)
        elif node is not None:
            left_out.append((str(node.GetName()), reason))
    sources = _readable(scene, usable, left_out)
    if not sources:
        hints = _hints(scene, phases) or ("There is no volume in the scene to choose phases from.",)
        return PhaseProposal({}, tuple(phases), hints, tuple(left_out))
    found, rest, warnings = _best_study(sources, phases)
    left_out += [*found.left_out, *rest]
    return _proposal(scene, found, phases, warnings, left_out)


def _readable(scene: Scene, nodes: Sequence[Any], left_out: list[tuple[str, str]]) -> list[NodeSource]:
    """Sources of the nodes whose place can be used."""
    from MTINetLib.scene.node_geometry import rough_grid

    kept = []
    for node in nodes:
        try:
            rough_grid(node)
        except InputError as error:
            left_out.append((str(node.GetName()), str(error)))
        else:
            kept.append(node)
    return sources_of(scene, kept)


def _proposal(
    scene: Scene,
    found: _Found,
    phases: Sequence[Phase],
    problems: Sequence[str],
    left_out: Sequence[tuple[str, str]],
) -> PhaseProposal:
    chosen = {phase: found.chosen[phase] for phase in phases if phase in found.chosen}
    missing = [phase for phase in phases if phase not in chosen]
    before = [*problems, *found.doubtful, *_hints(scene, missing)]
    proposal = proposal_of(chosen, found.verdicts, phases, before, found.flags, left_out)
    if missing or all(choice.time_s is not None for choice in proposal.phases.values()):
        return proposal
    said = "The times of the phases are not known; curves are drawn over the phases' names."
    return replace(proposal, remarks=(*proposal.remarks, said))


def _best_study(
    sources: Sequence[NodeSource], phases: Sequence[Phase]
) -> tuple[_Found, list[tuple[str, str]], list[str]]:
    """The phases of the one study that has them all; where several have, none is taken."""
    groups: dict[str | None, list[NodeSource]] = {}
    for source in sources:
        groups.setdefault(source.study_uid, []).append(source)
    if len(groups) == 1:
        return _recognised(sources, phases), [], []
    results = {uid: _recognised(group, phases) for uid, group in groups.items()}
    count = count_in_words(len(phases))
    whole = [uid for uid, result in results.items() if len(result.chosen) == len(phases)]
    if len(whole) == 1:
        rest = [(source.name, "of another study") for source in sources if source.study_uid != whole[0]]
        return results[whole[0]], rest, []
    if len(whole) > 1:
        said = f"The scene holds {len(whole)} studies with {count} phases each: choose the volumes of one."
        return _Found({}, {}, (), ()), [], [said]
    studies = [uid for uid in groups if uid is not None]
    if len(studies) == 1:
        # Volumes without DICOM beside those of one study may well belong to it.
        return _recognised(sources, phases), [], []
    best = max(results, key=lambda uid: (len(results[uid].chosen), results[uid].certainty))
    rest = [(source.name, "of another study") for source in sources if source.study_uid != best]
    said = f"The scene holds {len(groups)} studies, none of them with {count} certain phases."
    return results[best], rest, [said]


def _recognised(sources: Sequence[NodeSource], phases: Sequence[Phase]) -> _Found:
    """The phases among the volumes of one study, all or those that are certain."""
    by_volume = {id(source.volume): source for source in sources}
    told, doubled = _told(sources, phases)
    known = recognition([source.volume for source in sources], told, phases=phases)
    doubtful = tuple(
        f"It is not certain that '{by_volume[id(volume)].name}' is the {phase.title} phase"
        f"{_because(verdict)}: choose it yourself."
        for phase, (volume, verdict) in known.uncertain.items()
    )
    nothing = _nothing_tells([p for p in phases if p not in known.volumes and p not in known.uncertain])
    flags = () if known.assignment is None else known.assignment.flags
    return _Found(
        chosen={phase: by_volume[id(volume)] for phase, volume in known.volumes.items()},
        verdicts={phase: _said(verdict, phase in told) for phase, verdict in known.verdicts.items()},
        left_out=_names(known.left_out, by_volume),
        doubtful=(*doubled, *doubtful, *nothing),
        flags=tuple(flag for flag in flags if flag.partition(":")[0] in _OF_RECOGNITION),
    )


def _nothing_tells(phases: Sequence[Phase]) -> tuple[str, ...]:
    if not phases:
        return ()
    if len(phases) == 1:
        return (f"Nothing tells which volume is the {phases[0].title} phase: choose it yourself.",)
    titles = f"{', '.join(phase.title for phase in phases[:-1])} and {phases[-1].title}"
    return (f"Nothing tells which volumes are the {titles} phases: choose them yourself.",)


def _because(verdict: Verdict) -> str:
    return f" ({', '.join(map(evidence_in_words, verdict.evidence))})" if verdict.evidence else ""


def _told(
    sources: Sequence[NodeSource], phases: Sequence[Phase]
) -> tuple[dict[Phase, SourceVolume], tuple[str, ...]]:
    """Phases that nodes are marked as, and a sentence for each that several nodes are marked as."""
    count = Counter(source.marked for source in sources)
    told = {
        source.marked: source.volume
        for source in sources
        if source.marked in phases and source.marked is not None and count[source.marked] == 1
    }
    doubled = tuple(
        f"{count[phase]} volumes are marked as the {phase.title} phase; the marks are not used."
        for phase in phases
        if count[phase] > 1
    )
    return told, doubled


def _said(verdict: Verdict, marked: bool) -> Verdict:
    if not marked:
        return verdict
    others = tuple(item for item in verdict.evidence if item != NAMED)
    return Verdict((MARKED, *others), verdict.confidence, verdict.contradicted)


def _names(left_out: Sequence[LeftOut], by_volume: Mapping[int, NodeSource]) -> tuple[tuple[str, str], ...]:
    return tuple((by_volume[id(item.volume)].name, f"it is {item.reason}") for item in left_out)


def _hints(scene: Scene, missing: Sequence[Phase]) -> tuple[str, ...]:
    """Sequences whose time points might be what is missing."""
    if not missing:
        return ()
    unopened = [sequence for sequence in volume_sequences(scene) if not time_points_in_scene(sequence)]
    return (
        *(
            f"The sequence '{sequence.GetName()}' holds {sequence.GetNumberOfDataNodes()} time points: "
            "use it to make volumes of them."
            for sequence in unopened
        ),
        *(
            f"'{node.GetName()}' is a multi-volume: load it again as a volume sequence to use it."
            for node in nodes_of_class(scene.mrml, _MULTI_VOLUME)
        ),
    )
