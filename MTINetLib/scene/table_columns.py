"""Columns of table nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def add_number_column(node: Any, name: str, values: Sequence[float | None]) -> None:
    """Add a vtkDoubleArray to a vtkMRMLTableNode; NaN where there is no value, a gap in a plot."""
    from vtkmodules.vtkCommonCore import vtkDoubleArray

    _add(node, vtkDoubleArray(), name, [float("nan") if value is None else value for value in values])


def add_text_column(node: Any, name: str, values: Sequence[str]) -> None:
    """Add a vtkStringArray to a vtkMRMLTableNode."""
    from vtkmodules.vtkCommonCore import vtkStringArray

    _add(node, vtkStringArray(), name, values)


def _add(node: Any, column: Any, name: str, values: Sequence[Any]) -> None:
    column.SetName(name)
    for value in values:
        column.InsertNextValue(value)
    node.AddColumn(column)
