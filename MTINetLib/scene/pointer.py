"""Where the mouse is, and which lesion lies there."""

from __future__ import annotations

import numpy as np

from MTINetLib.scene.label_image import ijk_to_local_ras, read_mask
from MTINetLib.scene.results import Results
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.segmentation import segment_labels

Point = tuple[float, float, float]
#: A lesion that is as near as this is meant, mm.
_NEAR_MM = 20.0


def pointer_ras(scene: Scene) -> Point | None:
    """Where the mouse is in a slice view, world RAS in mm; None where it is in none."""
    node = scene.mrml.GetFirstNodeByClass("vtkMRMLCrosshairNode")
    if node is None or node.GetCursorPositionXYZ([0.0, 0.0, 0.0]) is None:
        return None
    ras = [0.0, 0.0, 0.0]
    return (ras[0], ras[1], ras[2]) if node.GetCursorPositionRAS(ras) else None


def lesion_near(results: Results, ras: Point) -> int | None:
    """The number of the lesion under a point, or of the one nearest to it; None where all are far."""
    segments = segment_labels(results.segmentation)
    distances = {label: _distance_mm(results, segment, ras) for label, segment in segments.items()}
    nearest = min(distances, key=lambda label: distances[label], default=None)
    return nearest if nearest is not None and distances[nearest] <= _NEAR_MM else None


def _distance_mm(results: Results, segment: str, ras: Point) -> float:
    """From a point to the nearest voxel of a segment; infinite where it has none."""
    found = read_mask(results.segmentation, segment, results.geometry)
    if found is None:
        return float("inf")
    mask, box = found
    local = [0.0, 0.0, 0.0]
    results.geometry.TransformPointFromWorld(ras, local)
    to_ras = ijk_to_local_ras(results.geometry)
    kji = np.argwhere(mask) + [part.start for part in box]
    places = kji[:, ::-1] @ to_ras[:3, :3].T + to_ras[:3, 3]
    return float(np.linalg.norm(places - local, axis=1).min())
