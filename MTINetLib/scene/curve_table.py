"""Enhancement curves as a table node: one row a phase, the columns that the plot draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from MTINetLib.findings import EnhancementCurve, LesionFinding
from MTINetLib.presentation.time_axis import TimeAxis
from MTINetLib.scene.slicer_core import slicer_module
from MTINetLib.scene.table_columns import add_number_column, add_text_column
from MTINetLib.study.phase import PHASES, Phase

PHASE_COLUMN = "Phase"
_RELATIVE = " (%)"
_LESION = "Lesion "


def time_column(axis: TimeAxis) -> str:
    return "Time (s)" if axis.in_seconds else "Phase number"


def measured_column(label: int, relative: bool = False) -> str:
    return _column(label, "measured", relative)


def sd_column(label: int, relative: bool = False) -> str:
    return _column(label, "SD", relative)


def above_column(label: int, relative: bool = False) -> str:
    """Measured plus one standard deviation."""
    return _column(label, "measured + SD", relative)


def below_column(label: int, relative: bool = False) -> str:
    """Measured minus one standard deviation."""
    return _column(label, "measured - SD", relative)


def predicted_column(label: int, relative: bool = False) -> str:
    return _column(label, "predicted", relative)


def liver_column(label: int, relative: bool = False) -> str:
    return _column(label, "liver", relative)


def add_curve_table(lesions: Sequence[LesionFinding], times: tuple[float | None, ...]) -> Any:
    """A vtkMRMLTableNode filled by :func:`fill_curve_table`."""
    node = slicer_module().mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", "Enhancement curves")
    fill_curve_table(node, lesions, times)
    return node


def fill_curve_table(node: Any, lesions: Sequence[LesionFinding], times: tuple[float | None, ...]) -> None:
    """Phase, time, and per lesion measured, SD, measured +- SD, predicted and liver ring.

    Each in the scanner's units and, where the pre-contrast signal is positive, as relative enhancement in
    percent, 100 * (S - S_pre) / S_pre, each curve over its own S_pre; the SD is divided by S_pre too.
    Columns of lesions that are gone stay at the end: a plot may still name them. Take them away with
    :func:`remove_stale_columns` when it does not.
    """
    was = node.StartModify()
    stale = [node.GetTable().GetColumn(n) for n in range(node.GetNumberOfColumns())]
    node.RemoveAllColumns()
    axis = TimeAxis.of(times)
    add_text_column(node, PHASE_COLUMN, [phase.title for phase in PHASES])
    add_number_column(node, time_column(axis), axis.values)
    for lesion in lesions:
        _add_lesion(node, lesion)
    for column in stale:
        if node.GetTable().GetColumnByName(column.GetName()) is None:
            node.AddColumn(column)
    node.SetUseColumnTitleAsColumnHeader(True)
    node.EndModify(was)


def lesion_columns(lesion: LesionFinding) -> frozenset[str]:
    """The columns that a lesion has."""
    node = slicer_module().vtkMRMLTableNode()
    _add_lesion(node, lesion)
    return frozenset(node.GetColumnName(n) for n in range(node.GetNumberOfColumns()))


def remove_stale_columns(node: Any, lesions: Sequence[LesionFinding]) -> None:
    """Take away the columns of lesions that are gone, or of curves that a lesion no longer has."""
    names = {name for lesion in lesions for name in lesion_columns(lesion)}
    was = node.StartModify()
    for n in reversed(range(node.GetNumberOfColumns())):
        name = node.GetColumnName(n)
        if name.startswith(_LESION) and name not in names:
            node.RemoveColumn(n)
    node.EndModify(was)


def relative_percent(values: tuple[float, ...]) -> tuple[float, ...] | None:
    """100 * (S - S_pre) / S_pre; None where S_pre is no positive signal."""
    base = values[Phase.PRE.index]
    if not base > 0:
        return None
    return tuple(100 * (value - base) / base for value in values)


def _add_lesion(node: Any, lesion: LesionFinding) -> None:
    label, measured = lesion.label, lesion.measured_curve
    _add_measured(node, label, measured, relative=False)
    for values, name in (
        (lesion.predicted_curve, predicted_column),
        (_mean(lesion.liver_curve), liver_column),
    ):
        if values is not None:
            add_number_column(node, name(label), values)
    percent = relative_percent(measured.mean)
    if percent is not None:
        base = measured.mean[Phase.PRE.index]
        spread = tuple(100 * sd / base for sd in measured.sd)
        _add_measured(node, label, EnhancementCurve(percent, spread), relative=True)
    for values, name in (
        (lesion.predicted_curve, predicted_column),
        (_mean(lesion.liver_curve), liver_column),
    ):
        percent = None if values is None else relative_percent(values)
        if percent is not None:
            add_number_column(node, name(label, True), percent)


def _add_measured(node: Any, label: int, curve: EnhancementCurve, *, relative: bool) -> None:
    add_number_column(node, measured_column(label, relative), curve.mean)
    add_number_column(node, sd_column(label, relative), curve.sd)
    pairs = list(zip(curve.mean, curve.sd, strict=True))
    add_number_column(node, above_column(label, relative), [mean + sd for mean, sd in pairs])
    add_number_column(node, below_column(label, relative), [mean - sd for mean, sd in pairs])


def _mean(curve: EnhancementCurve | None) -> tuple[float, ...] | None:
    return None if curve is None else curve.mean


def _column(label: int, name: str, relative: bool) -> str:
    return f"{_LESION}{label} {name}{_RELATIVE if relative else ''}"
