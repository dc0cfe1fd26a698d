"""From slice probabilities to numbered lesions on the study's own grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MTINetLib.models.thresholds import Thresholds
from MTINetLib.study.grid import Grid

Labels = npt.NDArray[Any]
Box = tuple[slice, slice, slice]


def find_lesions(probability: npt.NDArray[np.float32], grid: Grid, thresholds: Thresholds) -> Labels:
    """Label the lesions of a probability map.

    Voxels above ``mask`` that share a face are one lesion: face neighbours only, so that two lesions
    that meet at an edge stay two. A component is dropped as a speck if it is smaller than
    ``smallest_mm3``, lies in fewer than ``min_slices`` slices k, never reaches ``peak``, or stays below
    ``mean`` on average.

    Args:
        probability: [K, J, I] on the native grid.

    Returns:
        [K, J, I], uint8 (uint16 beyond 255 lesions), 1 for the largest lesion; equal ones in the order
        of their first voxel.
    """
    above = probability >= thresholds.mask
    labels = np.zeros(probability.shape, dtype=np.uint8)
    box = bounding_box(above)
    if box is None:
        return labels
    components, count = ndimage.label(above[box])
    sizes = _voxels_by_component(components, above[box], count)
    kept = sizes * grid.voxel_volume_mm3 >= thresholds.smallest_mm3
    if thresholds.min_slices > 1:
        spans = [found[0].stop - found[0].start for found in ndimage.find_objects(components)]
        kept &= np.array(spans) >= thresholds.min_slices
    if thresholds.peak > thresholds.mask:
        kept &= _voxels_by_component(components, probability[box] >= thresholds.peak, count) > 0
    if thresholds.mean > thresholds.mask:
        inside = components > 0
        sums = np.bincount(components[inside], probability[box][inside], minlength=count + 1)[1:]
        kept &= sums >= thresholds.mean * sizes
    order = np.argsort(-sizes, kind="stable")
    order = order[kept[order]]
    if len(order) > np.iinfo(np.uint8).max:
        labels = labels.astype(np.uint16)
    renumber = np.zeros(count + 1, dtype=labels.dtype)
    renumber[order + 1] = np.arange(1, len(order) + 1)
    labels[box] = renumber[components]
    return labels


def _voxels_by_component(components: Labels, mask: npt.NDArray[np.bool_], count: int) -> npt.NDArray[np.intp]:
    """How many voxels of the mask each component 1..count holds."""
    return np.bincount(components[mask], minlength=count + 1)[1:]


def lesion_boxes(labels: Labels) -> dict[int, Box]:
    """The bounding box of every label that is there, by label in rising order."""
    return {
        number: box for number, box in enumerate(ndimage.find_objects(labels), start=1) if box is not None
    }


def bounding_box(mask: npt.NDArray[np.bool_]) -> Box | None:
    """The smallest box around the true voxels; None if there are none."""
    # One axis at a time, each on what the one before left: far cheaper than finding all voxels.
    box: list[slice] = []
    rest = mask
    for axis in range(mask.ndim):
        line = rest.any(axis=tuple(other for other in range(mask.ndim) if other != axis))
        found = np.flatnonzero(line)
        if found.size == 0:
            return None
        part = slice(int(found[0]), int(found[-1]) + 1)
        box.append(part)
        rest = rest[(slice(None),) * axis + (part,)]
    return box[0], box[1], box[2]


def grown_box(box: Box, margin: tuple[int, int, int], shape: tuple[int, ...]) -> Box:
    """The box with a margin in voxels (k, j, i), cut at the volume's edges."""
    grown = [
        slice(max(0, part.start - more), min(size, part.stop + more))
        for part, more, size in zip(box, margin, shape, strict=True)
    ]
    return grown[0], grown[1], grown[2]
