"""Agreement of two masks on one grid, and of two enhancement curves.

:data:`EMPTY_MASKS` is the one rule for empty masks; every metric of this file keeps to it, and whoever
compares masks takes the metrics from here. Whether a study without lesions stays clean is a question of
detection.

Metrics count whole volumes unless their name says ``per_slice``: averages over slices weigh a lesion by how
many slices it has and are not comparable with figures per lesion or per patient.
Definitions follow Maier-Hein et al., Metrics reloaded, Nature Methods 21 (2024) 195-212.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MTINetLib.evaluation.statistics import Floats, divide

Mask = npt.NDArray[np.bool_]

#: The rule as pages quote it. Both empty: ``nan``; one empty: 0 or infinity. A volume error in mL has no
#: worst value: it is the volume of the other mask.
EMPTY_MASKS = (
    "Two empty masks have nothing to compare and are left out of every average; exactly one empty mask has "
    "the worst value, 0 for overlaps and infinity for distances and relative volume errors, so a missed "
    "lesion has Dice 0."
)

#: Voxels of a surface have a neighbour outside across one of their six faces.
_FACES = ndimage.generate_binary_structure(3, 1)


def dice(truth: npt.ArrayLike, found: npt.ArrayLike) -> float:
    """Dice similarity coefficient 2|A n B| / (|A| + |B|), 0 to 1, of two masks of one shape."""
    a, b = _pair(truth, found)
    total = np.count_nonzero(a) + np.count_nonzero(b)
    return float("nan") if total == 0 else 2.0 * np.count_nonzero(a & b) / total


def iou(truth: npt.ArrayLike, found: npt.ArrayLike) -> float:
    """Intersection over union |A n B| / |A u B|, 0 to 1, of two masks of one shape."""
    a, b = _pair(truth, found)
    union = np.count_nonzero(a | b)
    return float("nan") if union == 0 else np.count_nonzero(a & b) / union


def volume_error_ml(truth: npt.ArrayLike, found: npt.ArrayLike, voxel_volume_mm3: float) -> float:
    """Found minus true volume in mL; positive says too large."""
    a, b = _pair(truth, found)
    true_count, found_count = np.count_nonzero(a), np.count_nonzero(b)
    if true_count == 0 and found_count == 0:
        return float("nan")
    return float(found_count - true_count) * voxel_volume_mm3 / 1000.0


def relative_volume_error(truth: npt.ArrayLike, found: npt.ArrayLike) -> float:
    """(found - true) / true volume: -1 for a missed lesion, infinity for one that is not there."""
    a, b = _pair(truth, found)
    true_count, found_count = np.count_nonzero(a), np.count_nonzero(b)
    if true_count == 0:
        return float("nan") if found_count == 0 else float("inf")
    return float(found_count - true_count) / true_count


@dataclass(frozen=True)
class SurfaceDistances:
    """Distances in mm between the surfaces of two masks.

    Args:
        hd95: 95th percentile Hausdorff distance, the larger of the two directions' percentiles.
        assd: average symmetric surface distance, the mean over the surface voxels of both masks.
    """

    hd95: float
    assd: float


def surface_distances(
    truth: npt.ArrayLike, found: npt.ArrayLike, spacing_kji: Sequence[float]
) -> SurfaceDistances:
    """Distances between the surface voxels' centres.

    Args:
        truth, found: masks [K, J, I]. A voxel at the edge of the volume counts as surface.
        spacing_kji: voxel size in mm along the axes of the arrays.
    """
    a, b = _pair(truth, found)
    if not a.any() or not b.any():
        worst = float("nan") if a.any() == b.any() else float("inf")
        return SurfaceDistances(worst, worst)
    box = _bounding_box(a | b)
    surface_a, surface_b = _surface(a[box]), _surface(b[box])
    a_to_b = ndimage.distance_transform_edt(~surface_b, sampling=tuple(spacing_kji))[surface_a]
    b_to_a = ndimage.distance_transform_edt(~surface_a, sampling=tuple(spacing_kji))[surface_b]
    return SurfaceDistances(
        hd95=float(max(np.percentile(a_to_b, 95), np.percentile(b_to_a, 95))),
        assd=float(np.concatenate([a_to_b, b_to_a]).mean()),
    )


def dice_per_slice(truth: npt.ArrayLike, found: npt.ArrayLike) -> Floats:
    """Dice of every slice (first axis), [K]; ``nan`` where both are empty. Take means with ``nanmean``."""
    a, b = (mask.reshape(len(mask), -1) for mask in _pair(truth, found))
    both, first, second = (np.count_nonzero(mask, axis=1).astype(np.float64) for mask in (a & b, a, b))
    return divide(2.0 * both, first + second)


def iou_per_slice(truth: npt.ArrayLike, found: npt.ArrayLike) -> Floats:
    """IoU of every slice (first axis), [K]; ``nan`` where both are empty."""
    dices = dice_per_slice(truth, found)
    return dices / (2.0 - dices)


def curve_mae(truth: npt.ArrayLike, estimate: npt.ArrayLike) -> float:
    """Mean absolute error over the phases of a curve, in the curves' unit (the paper's MAE).

    Phases that are nan in one of them do not count; nan where none is left.
    """
    difference = np.asarray(estimate, dtype=np.float64) - np.asarray(truth, dtype=np.float64)
    known = difference[~np.isnan(difference)]
    return float(np.abs(known).mean()) if known.size else float("nan")


def _pair(truth: npt.ArrayLike, found: npt.ArrayLike) -> tuple[Mask, Mask]:
    a, b = np.asarray(truth), np.asarray(found)
    if a.shape != b.shape:
        raise ValueError(f"the masks differ in shape: {a.shape} and {b.shape}")
    return a.astype(bool, copy=False), b.astype(bool, copy=False)


def _surface(mask: Mask) -> Mask:
    eroded: Mask = ndimage.binary_erosion(mask, structure=_FACES, border_value=0)
    return mask & ~eroded


def _bounding_box(mask: Mask) -> tuple[slice, ...]:
    """The smallest box around a mask; cropping to it keeps the surfaces, as outside it all is background."""
    box = ndimage.find_objects(mask.astype(np.uint8))[0]
    assert box is not None
    return tuple(box)
