"""The nodes of one analyzed study, held together by references of its segmentation node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from MTINetLib.findings import StudyFindings, from_json, to_json
from MTINetLib.scene.curve_plot import CurvePlot, add_curve_plot, plot_lesion
from MTINetLib.scene.curve_table import add_curve_table, fill_curve_table, remove_stale_columns
from MTINetLib.scene.hierarchy import folder_of, remove_folder_if_empty
from MTINetLib.scene.label_image import Labels
from MTINetLib.scene.lesion_table import add_lesion_table, fill_lesion_table
from MTINetLib.scene.read_labels import read_labels
from MTINetLib.scene.remove_nodes import remove_nodes
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.segmentation import dress_segment, segment_labels
from MTINetLib.scene.turned_slices import remember_first_voxel, slices_were_turned, with_turned_slices
from MTINetLib.study.phase import Phase

#: Text attribute of a segmentation node that holds the findings as JSON.
FINDINGS_ATTRIBUTE = "MTINet.Findings"
#: Text attributes of the segmentation node: the chosen lesion's number, and what the plot shows.
SELECTED_ATTRIBUTE = "MTINet.Selected"
RELATIVE_ATTRIBUTE = "MTINet.RelativePlot"

_PHASE_ROLE = "MTINet.Phase."
_REFERENCE, _GEOMETRY, _AI = "MTINet.Reference", "MTINet.Geometry", "MTINet.AI"
_LIVER = "MTINet.Liver"
_TABLE, _LESION_TABLE = "MTINet.CurveTable", "MTINet.LesionTable"
_CHART, _SERIES = "MTINet.Chart", "MTINet.Series"


@dataclass(frozen=True)
class Results:
    """The nodes of one analyzed study.

    Args:
        phases: of the study.
        volumes: a volume node a phase, in their order.
        reference: the volume node of the reference phase.
        geometry: the volume node on whose grid the lesions are: the reference, or a hidden one of its own
            where the reference is under a transform that no grid can follow.
        segmentation: vtkMRMLSegmentationNode, one segment a lesion, as a person may have corrected it.
        ai_segmentation: the same as the AI drew it, hidden; None if the user removed it.
        liver: vtkMRMLSegmentationNode of the liver; None where none is known.
        table: vtkMRMLTableNode of the curves.
        lesion_table: vtkMRMLTableNode, one row a lesion.
        chart: vtkMRMLPlotChartNode of the chosen lesion.
        series: vtkMRMLPlotSeriesNodes of that chart, in the order of ``curve_plot``.
    """

    phases: tuple[Phase, ...]
    volumes: tuple[Any, ...]
    reference: Any
    geometry: Any
    segmentation: Any
    ai_segmentation: Any | None
    liver: Any | None
    table: Any
    lesion_table: Any
    chart: Any
    series: tuple[Any, ...]

    @property
    def by_phase(self) -> dict[Phase, Any]:
        """The volume nodes by their phases."""
        return dict(zip(self.phases, self.volumes, strict=True))

    @property
    def plot(self) -> CurvePlot:
        return CurvePlot(self.chart, self.series)


def link(results: Results) -> None:
    """Write the references that :func:`find_results` reads."""
    node = results.segmentation
    for phase, volume in results.by_phase.items():
        node.SetNodeReferenceID(_PHASE_ROLE + phase.value, volume.GetID())
    node.SetNodeReferenceID(_REFERENCE, results.reference.GetID())
    node.SetNodeReferenceID(_GEOMETRY, results.geometry.GetID())
    node.SetNodeReferenceID(_AI, None if results.ai_segmentation is None else results.ai_segmentation.GetID())
    node.SetNodeReferenceID(_LIVER, None if results.liver is None else results.liver.GetID())
    node.SetNodeReferenceID(_TABLE, results.table.GetID())
    node.SetNodeReferenceID(_LESION_TABLE, results.lesion_table.GetID())
    node.SetNodeReferenceID(_CHART, results.chart.GetID())
    node.RemoveNodeReferenceIDs(_SERIES)
    for series in results.series:
        node.AddNodeReferenceID(_SERIES, series.GetID())


def find_results(scene: Scene, segmentation: Any) -> Results | None:
    """The results that a segmentation belongs to, also after the scene was saved and opened again.

    Tables and plot that the user removed are made again. None where the segmentation is no result of
    MTINet, or a phase's volume is gone.
    """
    findings = _read(segmentation)
    phases = () if findings is None else findings.phases
    volumes = tuple(segmentation.GetNodeReference(_PHASE_ROLE + phase.value) for phase in phases)
    reference = segmentation.GetNodeReference(_REFERENCE)
    geometry = segmentation.GetNodeReference(_GEOMETRY)
    if findings is None or any(node is None for node in (*volumes, reference, geometry)):
        return None
    if slices_were_turned(segmentation, geometry):
        findings = _turn(segmentation, geometry)
    lesions, study = findings.lesions, findings.study
    table = segmentation.GetNodeReference(_TABLE)
    chart = segmentation.GetNodeReference(_CHART)
    count = segmentation.GetNumberOfNodeReferences(_SERIES)
    series = tuple(segmentation.GetNthNodeReference(_SERIES, n) for n in range(count))
    whole = table is not None and chart is not None and all(series) and len(series) > 0
    table = table if table is not None else add_curve_table(scene, lesions, study)
    plot = CurvePlot(chart, series)
    if not whole:
        remove_nodes([chart, *series])
        plot = add_curve_plot(table)
    results = Results(
        phases=phases,
        volumes=volumes,
        reference=reference,
        geometry=geometry,
        segmentation=segmentation,
        ai_segmentation=segmentation.GetNodeReference(_AI),
        liver=segmentation.GetNodeReference(_LIVER),
        table=table,
        lesion_table=segmentation.GetNodeReference(_LESION_TABLE) or add_lesion_table(scene, lesions),
        chart=plot.chart,
        series=plot.series,
    )
    link(results)
    return results


def findings_of(results: Results) -> StudyFindings:
    """The findings as last measured.

    Raises:
        ValueError: they were removed or spoilt.
    """
    return from_json(results.segmentation.GetAttribute(FINDINGS_ATTRIBUTE) or "")


def corrected_labels(results: Results) -> Labels:
    """The lesions as they stand in the scene, [K, J, I]; see :func:`read_labels` for overlaps and numbers."""
    return read_labels(results.segmentation, results.geometry, first_free_label(results))


def ai_labels(results: Results) -> Labels:
    """The lesions as the AI drew them, [K, J, I]; all zero where the user removed them from the scene."""
    if results.ai_segmentation is None:
        return np.zeros(results.geometry.GetImageData().GetDimensions()[::-1], dtype=np.uint8)
    return read_labels(results.ai_segmentation, results.geometry, first_free_label(results))


def ai_findings(results: Results) -> StudyFindings | None:
    """What the AI found, before any correction; None where the user removed it from the scene."""
    return None if results.ai_segmentation is None else _read(results.ai_segmentation)


def first_free_label(results: Results) -> int:
    """The next number: above all that the AI or a person has used here, so that none is used twice."""
    used = {0, *segment_labels(results.segmentation)}
    if results.ai_segmentation is not None:
        used.update(segment_labels(results.ai_segmentation))
    for findings in (_read(results.segmentation), ai_findings(results)):
        if findings is not None:
            used.update(lesion.label for lesion in findings.lesions)
    return max(used) + 1


def update_results(results: Results, findings: StudyFindings) -> None:
    """Bring names, colours, tables and plot up to date with findings that were measured again."""
    write_findings(results.segmentation, findings, results.geometry)
    inner = results.segmentation.GetSegmentation()
    segments = segment_labels(results.segmentation)
    for lesion in findings.lesions:
        if lesion.label in segments:
            dress_segment(inner.GetSegment(segments[lesion.label]), lesion.label, lesion.lesion_class)
    fill_curve_table(results.table, findings.lesions, findings.study)
    fill_lesion_table(results.lesion_table, findings.lesions)
    show_curve(results, selected_lesion(results), shows_relative(results))
    remove_stale_columns(results.table, findings.lesions, findings.study)


def show_curve(results: Results, label: int | None, relative: bool = False) -> None:
    """Let the chart show a lesion: measured with SD, predicted, liver; None, or a label unknown: empty.

    Args:
        relative: relative enhancement in percent instead of the signal.
    """
    findings = findings_of(results)
    lesion = next((lesion for lesion in findings.lesions if lesion.label == label), None)
    results.segmentation.SetAttribute(RELATIVE_ATTRIBUTE, "1" if relative else None)
    plot_lesion(results.plot, lesion, findings.study, relative)


def selected_lesion(results: Results) -> int | None:
    """The number of the lesion that was chosen last, also after the scene was opened again."""
    text = results.segmentation.GetAttribute(SELECTED_ATTRIBUTE)
    return int(text) if text and text.isdigit() else None


def shows_relative(results: Results) -> bool:
    """Whether the plot shows relative enhancement."""
    return bool(results.segmentation.GetAttribute(RELATIVE_ATTRIBUTE))


def set_aside(results: Results) -> str:
    """Hide results that newer ones follow, and keep them; the segmentation's new name comes back."""
    node = results.segmentation
    node.SetName(node.GetScene().GenerateUniqueName(f"{node.GetName()} (earlier)"))
    for segmentation in (node, results.ai_segmentation, results.liver):
        display = None if segmentation is None else segmentation.GetDisplayNode()
        if display is not None:
            display.SetVisibility(False)
    return str(node.GetName())


def remove_results(results: Results) -> None:
    """Remove all nodes but the user's volumes, and the folder that held them."""
    hidden = results.geometry if results.geometry is not results.reference else None
    others = [
        hidden,
        results.ai_segmentation,
        results.liver,
        results.chart,
        *results.series,
        results.lesion_table,
    ]
    mrml = results.table.GetScene()
    folder = None if mrml is None else folder_of(results.table)
    remove_nodes([results.segmentation, *others, results.table])
    if folder is not None:
        remove_folder_if_empty(mrml, folder)


def _turn(segmentation: Any, geometry: Any) -> StudyFindings:
    """Bring the slice numbers of both segmentations' findings to how the volume lies now."""
    count = geometry.GetImageData().GetDimensions()[2]
    for node in (segmentation.GetNodeReference(_AI), segmentation):
        findings = None if node is None else _read(node)
        if findings is not None:
            turned = with_turned_slices(findings, count)
            write_findings(node, turned, geometry)
    return turned


def write_findings(segmentation: Any, findings: StudyFindings, geometry: Any) -> None:
    """Keep findings with a segmentation node whose lesions are on the grid of ``geometry``."""
    segmentation.SetAttribute(FINDINGS_ATTRIBUTE, to_json(findings))
    remember_first_voxel(segmentation, geometry)


def _read(segmentation: Any) -> StudyFindings | None:
    text = segmentation.GetAttribute(FINDINGS_ATTRIBUTE)
    try:
        return from_json(text) if text else None
    except ValueError:
        return None
