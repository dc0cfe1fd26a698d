"""A study and what was found in it, as nodes of the scene: what the command line shows and saves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from MTINetLib.findings import StudyFindings
from MTINetLib.scene.hierarchy import put_under_study
from MTINetLib.scene.layout import show_layout
from MTINetLib.scene.results import FINDINGS_ATTRIBUTE, Results, show_curve
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.show_results import show_results_now
from MTINetLib.scene.volumes import add_phase_volumes
from MTINetLib.study.study import Study

if TYPE_CHECKING:
    from MTINetLib.inference.analysis import Analysis

__all__ = ["FINDINGS_ATTRIBUTE", "STUDY_NAME", "ShownStudy", "show_findings", "show_on_volumes"]

STUDY_NAME = "MTI-Net study"


@dataclass(frozen=True)
class ShownStudy:
    """One analyzed study in the scene.

    Args:
        scene: where it is.
        results: its nodes.
        findings: what the nodes show.
        layout_before: the layout that the user had, for ``layout.restore_layout``.
    """

    scene: Scene
    results: Results
    findings: StudyFindings
    layout_before: int

    @property
    def volumes(self) -> tuple[Any, ...]:
        return self.results.volumes

    @property
    def reference(self) -> Any:
        return self.results.reference

    @property
    def segmentation(self) -> Any:
        return self.results.segmentation

    @property
    def table(self) -> Any:
        return self.results.table

    @property
    def chart(self) -> Any:
        return self.results.chart


def show_findings(scene: Scene, study: Study, analysis: Analysis) -> ShownStudy:
    """Put the study, its lesions and their curves into the scene, and turn to our layout."""
    volumes = add_phase_volumes(scene, study)
    put_under_study(scene, STUDY_NAME, volumes)
    return show_on_volumes(scene, study, analysis, volumes)


def show_on_volumes(scene: Scene, study: Study, analysis: Analysis, volumes: tuple[Any, ...]) -> ShownStudy:
    """The same over volumes that are in the scene already, in the order of the phases."""
    findings = analysis.findings
    mask = None if analysis.liver is None else analysis.liver.mask
    reference = volumes[study.index(study.reference)]
    results = show_results_now(scene, findings, analysis.labels, volumes, reference, liver=mask)
    before = show_layout(scene, results.by_phase, results.chart)
    show_curve(results, findings.lesions[0].label if findings.lesions else None)
    return ShownStudy(scene, results, findings, before)
