"""The lesions as a table node: number, class, probability, size and what to mind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from MTINetLib.findings import LesionFinding
from MTINetLib.presentation.classes import class_title
from MTINetLib.presentation.words import flags_in_words, probability_in_words
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.table_columns import add_number_column, add_text_column

COLUMNS = (
    "Lesion",
    "Class",
    "Probability",
    "Volume (mL)",
    "Longest axis (mm)",
    "Perpendicular axis (mm)",
    "3-D diameter (mm)",
    "Notes",
)


def add_lesion_table(scene: Scene, lesions: Sequence[LesionFinding]) -> Any:
    """A vtkMRMLTableNode filled by :func:`fill_lesion_table`."""
    node = scene.mrml.AddNewNodeByClass("vtkMRMLTableNode", "Lesion table")
    fill_lesion_table(node, lesions)
    return node


def fill_lesion_table(node: Any, lesions: Sequence[LesionFinding]) -> None:
    """One row a lesion, rounded as people read it; the findings hold the exact figures."""
    number, kind, probability, volume, long_axis, short_axis, diameter, notes = COLUMNS
    was = node.StartModify()
    node.RemoveAllColumns()
    add_text_column(node, number, [str(lesion.label) for lesion in lesions])
    add_text_column(node, kind, [class_title(lesion.lesion_class) for lesion in lesions])
    add_text_column(node, probability, [probability_in_words(lesion) for lesion in lesions])
    add_number_column(node, volume, [round(lesion.volume_ml, 2) for lesion in lesions])
    add_number_column(node, long_axis, [round(lesion.long_axis_mm, 1) for lesion in lesions])
    add_number_column(node, short_axis, [round(lesion.short_axis_mm, 1) for lesion in lesions])
    add_number_column(node, diameter, [round(lesion.diameter_3d_mm, 1) for lesion in lesions])
    add_text_column(node, notes, ["; ".join(flags_in_words(lesion.flags)) for lesion in lesions])
    node.SetUseColumnTitleAsColumnHeader(True)
    node.EndModify(was)
