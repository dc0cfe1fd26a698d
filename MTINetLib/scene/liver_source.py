"""A liver that the scene holds already: a segmentation or a label map of the user, or of another module."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from MTINetLib.errors import InputError
from MTINetLib.pipeline.liver import tells_liver
from MTINetLib.reading.volumes.label_names import label_names
from MTINetLib.report.outlines import Outlines
from MTINetLib.scene.label_image import Mask
from MTINetLib.scene.node_geometry import grid_of_matrix, shape_of, world_matrix
from MTINetLib.scene.segmentation import lesion_mask, segment_ids
from MTINetLib.scene.slicer_core import slicer_module
from MTINetLib.study.grid import Grid
from MTINetLib.study.resample import resample_labels

#: The liver by its code, in SNOMED CT and in SRT.
_LIVER_CODES = ("10200004", "T-62000")


def liver_parts(node: Any) -> Mapping[int, str]:
    """What a node is made of, by number: names of segments, or values of a label map with theirs."""
    if node.IsA("vtkMRMLSegmentationNode"):
        inner = node.GetSegmentation()
        return {n: _segment_name(inner.GetSegment(one)) for n, one in enumerate(segment_ids(node), start=1)}
    values = [int(value) for value in np.unique(_array(node)) if value > 0]
    names = _file_names(node)
    return {value: names.get(value, "") for value in values}


def liver_is_told(node: Any) -> bool:
    """Whether the node itself says which of its parts is the liver."""
    parts = liver_parts(node)
    return tells_liver(Outlines(str(node.GetName()), tuple(parts), parts, lambda value: np.zeros(0, bool)))


def liver_outlines(node: Any, geometry: Any, grid: Grid) -> Outlines:
    """The parts as masks on a study's grid.

    Args:
        geometry: a volume node on that grid.

    Raises:
        InputError: the node is empty, or lies under a transform that bends.
    """
    parts = liver_parts(node)
    name = str(node.GetName())
    if not parts:
        raise InputError(f"'{name}' is empty: choose a segmentation or label map with the liver.")
    if node.IsA("vtkMRMLSegmentationNode"):
        ids = segment_ids(node)
        return Outlines(name, tuple(parts), parts, lambda n: lesion_mask(node, ids[n - 1], geometry))
    matrix = world_matrix(node)
    if matrix is None:
        raise InputError(f"'{name}' lies under a transform that bends: harden it first.")
    own = grid_of_matrix(matrix, shape_of(node), name)
    labels = resample_labels(_array(node).astype(np.int32), own, grid)

    def mask_of(value: int) -> Mask:
        return np.asarray(labels == value)

    return Outlines(name, tuple(parts), parts, mask_of)


def _segment_name(segment: Any) -> str:
    codes = str(segment.GetTerminology() or "").split("~")
    kind = codes[2].split("^")[0:2] if len(codes) > 2 else []
    return "liver" if any(code in _LIVER_CODES for code in kind) else str(segment.GetName() or "")


def _file_names(node: Any) -> Mapping[int, str]:
    """As the file says that the label map was loaded from."""
    storage = node.GetStorageNode()
    path = Path(str(storage.GetFileName() or "")) if storage is not None else Path()
    try:
        return label_names(path) if path.is_file() else {}
    except InputError:
        return {}


def _array(node: Any) -> Any:
    if node.GetImageData() is None:
        return np.zeros((0, 0, 0), dtype=np.int32)
    return np.asarray(slicer_module().util.arrayFromVolume(node))
