"""What the user has chosen. In Slicer the module's parameter node; elsewhere a plain object.

The names are those of the parameter node, so they follow Slicer's manner of writing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from MTINetLib.errors import ModelError
from MTINetLib.models.find import phases_to_look_for
from MTINetLib.study.phase import Phase
from MTINetLib.worker.requests import ModelChoice

#: Attribute of ``choices.phases`` that holds a phase's volume node.
PHASE_NAMES: dict[Phase, str] = {
    Phase.PRE: "pre",
    Phase.EARLY_ARTERIAL: "earlyArterial",
    Phase.ARTERIAL: "arterial",
    Phase.PORTAL_VENOUS: "portalVenous",
    Phase.DELAYED: "delayed",
    Phase.HEPATOBILIARY: "hepatobiliary",
}


@dataclass
class PhaseVolumes:
    """A vtkMRMLScalarVolumeNode or None for each phase that is known; the model says which are used."""

    pre: Any = None
    earlyArterial: Any = None
    arterial: Any = None
    portalVenous: Any = None
    delayed: Any = None
    hepatobiliary: Any = None


@dataclass
class Choices:
    """All choices. Slicer's parameter node has the same names; this one is for scripts and tests.

    Args:
        reference: Phase.value of the phase whose grid the results have.
        alignment: ``auto``, ``off`` or ``force``.
        model: name or folder; empty for the first one found.
        device, precision, backend: as in ``mtinet analyze``.
        thresholds: those that differ from the model's own, as JSON; see :func:`chosen_thresholds`.
        liver: a segmentation or label map node that outlines the liver, None to leave it to the model.
        liverPart: the number of the part of that node that is the liver; empty where it tells itself.
        segmentation: vtkMRMLSegmentationNode of the results, None before the first.
        selectedLesion: its number, 0 for none.
        relativePlot: the plot shows relative enhancement instead of the signal.
        curveSeries: a sequence node that curves are measured along; None for the volumes of ``curveVolumes``.
        curveVolumes: IDs of volume nodes in the order of time, separated by commas.
        curveSegments, curveBox, curvePoints: nodes of a segmentation, a ROI and points that are measured.
        curveBaseline, curveTimes, curveReference: as in ``mtinet curves``; empty for what is known.
        curveRelative: the chart shows the change from the baseline instead of the signal.
        reportFormats: names of session.reports.FORMATS, separated by commas.
    """

    phases: PhaseVolumes = field(default_factory=PhaseVolumes)
    reference: str = Phase.PORTAL_VENOUS.value
    alignment: str = "auto"
    model: str = ""
    device: str = "auto"
    precision: str = "auto"
    backend: str = "torch"
    thresholds: str = ""
    liver: Any = None
    liverPart: str = ""
    segmentation: Any = None
    selectedLesion: int = 0
    relativePlot: bool = False
    curveSeries: Any = None
    curveVolumes: str = ""
    curveSegments: Any = None
    curveBox: Any = None
    curvePoints: Any = None
    curveBaseline: str = "1"
    curveTimes: str = ""
    curveReference: str = ""
    curveRelative: bool = False
    readerComment: str = ""
    readerName: str = ""
    reportFolder: str = ""
    reportFormats: str = "pdf,html,csv,json"
    deidentify: bool = False


def wanted_phases(choices: Choices) -> tuple[Phase, ...]:
    """The phases that the chosen model takes; those of the default one where it is gone."""
    try:
        return phases_to_look_for(choices.model or None)
    except ModelError:
        return phases_to_look_for()


def chosen_volumes(choices: Choices) -> dict[Phase, Any]:
    """The volume nodes that were chosen for the model's phases; phases without one are left out."""
    nodes = {phase: getattr(choices.phases, PHASE_NAMES[phase]) for phase in wanted_phases(choices)}
    return {phase: node for phase, node in nodes.items() if node is not None}


def choose_volume(choices: Choices, phase: Phase, node: Any) -> None:
    """Set one phase's volume node, or None."""
    setattr(choices.phases, PHASE_NAMES[phase], node)


def chosen_model(choices: Choices) -> ModelChoice:
    """Which model reads, and what runs it."""
    return ModelChoice(choices.model or None, choices.device, choices.precision, choices.backend)


def chosen_thresholds(choices: Choices) -> dict[str, float]:
    """The thresholds that differ from the model's own, by the names of Thresholds."""
    try:
        told = json.loads(choices.thresholds or "{}")
    except ValueError:  # a scene that something else has written
        return {}
    numbers = told.items() if isinstance(told, dict) else ()
    return {name: value for name, value in numbers if type(value) in (int, float)}


def choose_thresholds(choices: Choices, thresholds: Mapping[str, float]) -> None:
    """Keep these thresholds; the others are the model's own."""
    choices.thresholds = json.dumps(dict(thresholds), sort_keys=True) if thresholds else ""
