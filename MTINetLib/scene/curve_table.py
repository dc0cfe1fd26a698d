"""Enhancement curves as a table node: one row a phase, the columns that the plot draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from MTINetLib.findings import EnhancementCurve, LesionFinding, StudySummary
from MTINetLib.presentation.time_axis import TimeAxis
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.slicer_core import slicer_module
from MTINetLib.scene.table_columns import add_number_column, add_text_column
from MTINetLib.study.phase import Phase

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


def add_curve_table(scene: Scene, lesions: Sequence[LesionFinding], study: StudySummary) -> Any:
    """A vtkMRMLTableNode filled by :func:`fill_curve_table`."""
    node = scene.mrml.AddNewNodeByClass("vtkMRMLTableNode", "Enhancement curves")
    fill_curve_table(node, lesions, study)
    return node


def fill_curve_table(node: Any, lesions: Sequence[LesionFinding], study: StudySummary) -> None:
    """Phase, time, and per lesion measured, SD, measured +- SD, predicted and liver ring.

    Each in the scanner's units and, where the pre-contrast signal is positive, as relative enhancement in
    percent, 100 * (S - S_pre) / S_pre, each curve over its own S_pre; the SD is divided by S_pre too.
    Columns of lesions that are gone stay at the end: a plot may still name them. Take them away with
    :func:`remove_stale_columns` when it does not.
    """
    was = node.StartModify()
    stale = [node.GetTable().GetColumn(n) for n in range(node.GetNumberOfColumns())]
    node.RemoveAllColumns()
    axis = TimeAxis.of(study.times_s)
    add_text_column(node, PHASE_COLUMN, [phase.title for phase in study.order])
    add_number_column(node, time_column(axis), axis.values)
    for lesion in lesions:
        _add_lesion(node, lesion, study.order)
    for column in stale:
        if node.GetTable().GetColumnByName(column.GetName()) is None:
            node.AddColumn(column)
    node.SetUseColumnTitleAsColumnHeader(True)
    node.EndModify(was)


def lesion_columns(lesion: LesionFinding, study: StudySummary) -> frozenset[str]:
    """The columns that a lesion has."""
    node = slicer_module().vtkMRMLTableNode()
    _add_lesion(node, lesion, study.order)
    return frozenset(node.GetColumnName(n) for n in range(node.GetNumberOfColumns()))


def remove_stale_columns(node: Any, lesions: Sequence[LesionFinding], study: StudySummary) -> None:
    """Take away the columns of lesions that are gone, or of curves that a lesion no longer has."""
    names = {name for lesion in lesions for name in lesion_columns(lesion, study)}
    was = node.StartModify()
    for n in reversed(range(node.GetNumberOfColumns())):
        name = node.GetColumnName(n)
        if name.startswith(_LESION) and name not in names:
            node.RemoveColumn(n)
    node.EndModify(was)


def relative_percent(
    values: Sequence[float | None], phases: Sequence[Phase]
) -> tuple[float | None, ...] | None:
    """100 * (S - S_pre) / S_pre; None where S_pre is no positive signal, or there is none."""
    base = baseline(values, phases)
    if base is None:
        return None
    return tuple(None if value is None else 100 * (value - base) / base for value in values)


def baseline(values: Sequence[float | None], phases: Sequence[Phase]) -> float | None:
    """The signal before contrast; None where there is no positive one."""
    base = dict(zip(phases, values, strict=True)).get(Phase.PRE)
    return base if base is not None and base > 0 else None


def _add_lesion(node: Any, lesion: LesionFinding, phases: Sequence[Phase]) -> None:
    label, measured = lesion.label, lesion.measured_curve
    others = (
        (lesion.predicted_curve, predicted_column),
        (_mean(lesion.liver_curve), liver_column),
    )
    _add_measured(node, label, measured, relative=False)
    for values, name in others:
        if values is not None:
            add_number_column(node, name(label), values)
    percent, base = relative_percent(measured.mean, phases), baseline(measured.mean, phases)
    if percent is not None and base is not None:
        spread = tuple(None if sd is None else 100 * sd / base for sd in measured.sd)
        _add_measured(node, label, EnhancementCurve(percent, spread), relative=True)
    for values, name in others:
        percent = None if values is None else relative_percent(values, phases)
        if percent is not None:
            add_number_column(node, name(label, True), percent)


def _add_measured(node: Any, label: int, curve: EnhancementCurve, *, relative: bool) -> None:
    add_number_column(node, measured_column(label, relative), curve.mean)
    add_number_column(node, sd_column(label, relative), curve.sd)
    for name, sign in ((above_column, 1), (below_column, -1)):
        edge = [
            None if mean is None or sd is None else mean + sign * sd
            for mean, sd in zip(curve.mean, curve.sd, strict=True)
        ]
        add_number_column(node, name(label, relative), edge)


def _mean(curve: EnhancementCurve | None) -> tuple[float | None, ...] | None:
    return None if curve is None else curve.mean


def _column(label: int, name: str, relative: bool) -> str:
    return f"{_LESION}{label} {name}{_RELATIVE if relative else ''}"
