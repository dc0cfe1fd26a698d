"""The study under the masks, as the findings tell of it: also after a saved scene was opened again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from MTINetLib.errors import InputError
from MTINetLib.findings import StudyFindings
from MTINetLib.scene.phase_proposal import PhaseChoice, PhaseProposal
from MTINetLib.session.study_in_worker import WantedStudy
from MTINetLib.study.phase import PHASES, Phase

if TYPE_CHECKING:
    from MTINetLib.scene.results import Results

#: Attribute of the segmentation: how the phases were aligned when it was made.
ALIGNMENT_ATTRIBUTE = "MTINet.Alignment"


def study_of_results(results: Results, findings: StudyFindings, alignment: str) -> WantedStudy:
    """The four volumes that were analyzed, with the evidence and the times that the findings hold.

    Args:
        alignment: what to do where the results do not say how they were aligned.

    Raises:
        InputError: a volume is no longer in the scene.
    """
    volumes = dict(zip(PHASES, results.volumes, strict=True))
    gone = [phase.title for phase, node in volumes.items() if node is None or node.GetScene() is None]
    if gone:
        raise InputError(
            f"The {' and the '.join(gone)} phase that was analyzed is no longer in the scene: load the "
            "volumes and analyze again, or the corrected masks cannot be measured."
        )
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
