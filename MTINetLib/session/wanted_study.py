"""Volumes of the scene that become one study: those that were chosen, or those of earlier results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from MTINetLib.errors import InputError
from MTINetLib.findings import StudyFindings
from MTINetLib.presentation.statements import error_of
from MTINetLib.scene.phase_proposal import PhaseChoice, PhaseProposal
from MTINetLib.scene.results import Results
from MTINetLib.session.choices import Choices, chosen_volumes, wanted_phases
from MTINetLib.study.phase import Phase, in_order_of_time, usual_reference

#: Attribute of the segmentation: how the phases were aligned when it was made.
ALIGNMENT_ATTRIBUTE = "MTINet.Alignment"
#: What identifies a study: nodes, their contents and places, the reference and how it is aligned.
Key = tuple[Any, ...]


@dataclass(frozen=True)
class WantedStudy:
    """Volume nodes by phase, and how they become a study."""

    volumes: Mapping[Phase, Any]
    reference: Phase
    alignment: str
    proposal: PhaseProposal | None = None

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The phases, in the order of time."""
        return in_order_of_time(self.volumes)

    def key(self) -> Key:
        """Equal as long as nothing about the study's voxels or their places has changed."""
        nodes = [self.volumes[phase] for phase in self.phases]
        return (self.phases, self.reference, self.alignment, *(_state(node) for node in nodes))

    def refuse_removed(self) -> None:
        """
        Raises:
            InputError: a volume is no longer in the scene.
        """
        for phase, volume in self.volumes.items():
            if volume.GetScene() is None:
                raise error_of(InputError, "phase_removed", phase=phase)


def chosen_study(choices: Choices, proposal: PhaseProposal | None) -> WantedStudy:
    """The volumes that the user has chosen.

    Raises:
        InputError: a phase was not chosen, or one volume twice.
    """
    volumes = chosen_volumes(choices)
    phases = wanted_phases(choices)
    missing = [phase for phase in phases if phase not in volumes]
    if missing:
        raise error_of(InputError, "phases_not_chosen", phases=missing)
    for phase, other in combinations(phases, 2):
        if volumes[phase] is volumes[other]:
            raise error_of(InputError, "same_volume", phase=phase, other=other)
    return WantedStudy(volumes, reference_of(choices), choices.alignment, proposal)


def reference_of(choices: Choices) -> Phase:
    """The phase whose grid the results get: the chosen one, where the model takes it."""
    phases, chosen = wanted_phases(choices), Phase(choices.reference)
    return chosen if chosen in phases else usual_reference(phases)


def study_of_results(results: Results, findings: StudyFindings, alignment: str) -> WantedStudy:
    """The volumes that were analyzed, with the evidence and the times that the findings hold.

    Also after a saved scene was opened again.

    Args:
        alignment: what to do where the results do not say how they were aligned.

    Raises:
        InputError: a volume is no longer in the scene.
    """
    volumes = results.by_phase
    gone = [phase for phase, node in volumes.items() if node is None or node.GetScene() is None]
    if gone:
        raise error_of(InputError, "phases_gone", phases=gone)
    reference = next(phase for phase, node in volumes.items() if node is results.reference)
    kept = results.segmentation.GetAttribute(ALIGNMENT_ATTRIBUTE)
    return WantedStudy(volumes, reference, kept or alignment, _told(volumes, findings))


def _told(volumes: dict[Phase, Any], findings: StudyFindings) -> PhaseProposal:
    summary = findings.study
    choices = {}
    for told, time_s in zip(summary.phases, summary.times_s, strict=True):
        node = volumes[told.phase]
        choices[told.phase] = PhaseChoice(
            node_id=node.GetID(),
            name=node.GetName(),
            evidence=told.evidence,
            confidence=told.confidence,
            time_s=time_s,
            series_uid=told.series_uid,
            time_point=told.time_point,
        )
    return PhaseProposal(choices, (), (), ())


def _state(node: Any) -> tuple[Any, ...]:
    """What changes when the voxels of a node or its place in the world change."""
    image = node.GetImageData()
    transform = node.GetParentTransformNode()
    place = []
    while transform is not None:
        place.append((transform.GetID(), transform.GetTransformToWorldMTime()))
        transform = transform.GetParentTransformNode()
    pixels = None if image is None else image.GetPointData().GetScalars()
    matrix = _matrix_of(node)
    return (node.GetID(), None if pixels is None else pixels.GetMTime(), matrix, tuple(place))


def _matrix_of(node: Any) -> tuple[float, ...]:
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    matrix = vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return tuple(matrix.GetElement(row, column) for row in range(4) for column in range(4))
