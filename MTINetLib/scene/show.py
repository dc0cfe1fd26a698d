"""A study and what was found in it, as nodes of the scene."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from MTINetLib.scene.curve_plot import add_curve_plot
from MTINetLib.scene.curve_table import add_curve_table
from MTINetLib.scene.hierarchy import put_under_study
from MTINetLib.scene.layout import show_layout
from MTINetLib.scene.segmentation import add_segmentation
from MTINetLib.scene.volumes import add_phase_volumes
from MTINetLib.study.study import Study

if TYPE_CHECKING:
    from MTINetLib.inference.analyze import Analysis

#: Text attribute of the segmentation node that holds the findings as JSON.
FINDINGS_ATTRIBUTE = "MTINet.Findings"
STUDY_NAME = "MTI-Net study"


@dataclass(frozen=True)
class ShownStudy:
    """The nodes of one analysed study.

    Args:
        volumes: four vtkMRMLScalarVolumeNodes in the order of PHASES.
        reference: the one of them whose grid the lesions are on.
        segmentation: vtkMRMLSegmentationNode, one segment a lesion.
        table: vtkMRMLTableNode of the curves.
        series: vtkMRMLPlotSeriesNodes.
        chart: vtkMRMLPlotChartNode.
        study_item: item of the study in the subject hierarchy.
        layout_before: the layout that the user had, for ``layout.restore_layout``.
    """

    volumes: tuple[Any, Any, Any, Any]
    reference: Any
    segmentation: Any
    table: Any
    series: tuple[Any, ...]
    chart: Any
    study_item: int
    layout_before: int


def show_findings(study: Study, analysis: Analysis) -> ShownStudy:
    """Put the study, its lesions and their curves into the scene, and turn to our layout."""
    return show_on_volumes(study, analysis, add_phase_volumes(study))


def show_on_volumes(study: Study, analysis: Analysis, volumes: tuple[Any, Any, Any, Any]) -> ShownStudy:
    """The same over volumes that are in the scene already, in the order of PHASES."""
    from MTINetLib.findings import to_json

    findings = analysis.findings
    reference = volumes[study.reference.index]
    segmentation = add_segmentation(analysis.labels, findings.lesions, reference)
    segmentation.SetAttribute(FINDINGS_ATTRIBUTE, to_json(findings))
    table = add_curve_table(findings.lesions, findings.study.times_s)
    plot = add_curve_plot(table, findings.lesions, findings.study.times_s)
    item = put_under_study(STUDY_NAME, [*volumes, segmentation, table, plot.chart, *plot.series])
    before = show_layout(volumes, plot.chart)
    return ShownStudy(volumes, reference, segmentation, table, plot.series, plot.chart, item, before)
