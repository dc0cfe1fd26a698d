"""Enhancement curves as a table node: one row a phase, the columns that the plot draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from MTINetLib.findings import FourTimes, LesionFinding
from MTINetLib.report.time_axis import TimeAxis
from MTINetLib.scene.slicer_core import slicer_module
from MTINetLib.study.phase import PHASES

PHASE_COLUMN = "Phase"
MEASURED_SUFFIX = " measured"
SD_SUFFIX = " SD"


def time_column(axis: TimeAxis) -> str:
    return "Time (s)" if axis.in_seconds else "Phase number"


def measured_column(label: int) -> str:
    return f"Lesion {label}{MEASURED_SUFFIX}"


def sd_column(label: int) -> str:
    return f"Lesion {label}{SD_SUFFIX}"


def predicted_column(label: int) -> str:
    return f"Lesion {label} predicted"


def liver_column(label: int) -> str:
    return f"Lesion {label} liver"


def add_curve_table(lesions: Sequence[LesionFinding], times: FourTimes) -> Any:
    """A vtkMRMLTableNode: phase, time, and per lesion measured, SD, predicted and liver ring."""
    slicer = slicer_module()
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", "Enhancement curves")
    axis = TimeAxis.of(times)
    _add_text_column(node, PHASE_COLUMN, [phase.title for phase in PHASES])
    _add_number_column(node, time_column(axis), axis.values)
    for lesion in lesions:
        _add_number_column(node, measured_column(lesion.label), lesion.measured_curve.mean)
        _add_number_column(node, sd_column(lesion.label), lesion.measured_curve.sd)
        if lesion.predicted_curve is not None:
            _add_number_column(node, predicted_column(lesion.label), lesion.predicted_curve)
        if lesion.liver_curve is not None:
            _add_number_column(node, liver_column(lesion.label), lesion.liver_curve.mean)
    node.SetUseColumnTitleAsColumnHeader(True)
    return node


def _add_number_column(node: Any, name: str, values: Sequence[float]) -> None:
    from vtkmodules.vtkCommonCore import vtkDoubleArray

    column = vtkDoubleArray()
    column.SetName(name)
    for value in values:
        column.InsertNextValue(value)
    node.AddColumn(column)


def _add_text_column(node: Any, name: str, values: Sequence[str]) -> None:
    from vtkmodules.vtkCommonCore import vtkStringArray

    column = vtkStringArray()
    column.SetName(name)
    for value in values:
        column.InsertNextValue(value)
    node.AddColumn(column)
