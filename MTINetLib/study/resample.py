"""Volumes from one grid onto another, by SimpleITK, which is loaded when it is first needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MTINetLib.study.grid import FloatArray, Grid
from MTINetLib.study.study import Mask, Volume

#: Less of a voxel's weight than this on covered voxels is none of the image.
_WHOLLY = 0.999


def to_image(array: npt.NDArray[Any], grid: Grid) -> Any:
    """A SimpleITK image of an array [K, J, I] on its grid."""
    import SimpleITK

    image = SimpleITK.GetImageFromArray(array)
    image.SetSpacing(grid.spacing)
    image.SetOrigin(grid.origin)
    image.SetDirection(grid.direction)
    return image


def translation(shift_mm: FloatArray) -> Any:
    """A SimpleITK transform from points of the target to points ``shift_mm`` (LPS) away."""
    import SimpleITK

    return SimpleITK.TranslationTransform(3, [float(value) for value in shift_mm])


def resample(
    array: Volume, source: Grid, target: Grid, transform: Any = None, outside: float = 0.0
) -> Volume:
    """Linear interpolation of ``array`` at the voxels of ``target``.

    Args:
        transform: a SimpleITK transform from points of the target to points of the source, LPS mm.
        outside: value where the source has no voxel.
    """
    import SimpleITK

    chosen = SimpleITK.Transform(3, SimpleITK.sitkIdentity) if transform is None else transform
    resampler = SimpleITK.ResampleImageFilter()
    resampler.SetSize([int(n) for n in target.shape[::-1]])
    resampler.SetOutputSpacing(target.spacing)
    resampler.SetOutputOrigin(target.origin)
    resampler.SetOutputDirection(target.direction)
    resampler.SetInterpolator(SimpleITK.sitkLinear)
    resampler.SetDefaultPixelValue(outside)
    resampler.SetTransform(chosen)
    image = to_image(np.ascontiguousarray(array, dtype=np.float32), source)
    return np.asarray(SimpleITK.GetArrayFromImage(resampler.Execute(image)), dtype=np.float32)


_Label = TypeVar("_Label", bound=np.integer[Any])


def resample_labels(labels: npt.NDArray[_Label], source: Grid, target: Grid) -> npt.NDArray[_Label]:
    """A label map [K, J, I] on another grid, each voxel from the nearest one; 0 outside the source."""
    if source.matches(target):
        return labels
    offset = source.to_index(target.to_lps((0.0, 0.0, 0.0)))
    steps = [source.to_index(target.to_lps(unit)) - offset for unit in np.eye(3)]
    moved: npt.NDArray[_Label] = ndimage.affine_transform(
        labels, np.stack(steps, axis=1), offset, output_shape=target.shape, order=0, mode="constant", cval=0
    )
    return moved


def resample_covered(
    array: Volume, covered: Mask | None, source: Grid, target: Grid, transform: Any = None
) -> tuple[Volume, Mask | None]:
    """As :func:`resample`, with where there is an image: wholly inside of what is covered of the source.

    Args:
        covered: [K, J, I] on ``source``; None where all of it is.

    Returns:
        The array on ``target``, 0 outside of the source, and where it has an image; None for everywhere.
    """
    moved = resample(array, source, target, transform, outside=float("nan"))
    known = ~np.isnan(moved)
    moved[~known] = 0.0
    if covered is not None:
        known &= resample(covered.astype(np.float32), source, target, transform) > _WHOLLY
    return moved, None if known.all() else known


#: Numpy adds so many neighbours or more in another order.
_UNROLLED = 8


def coarsen(array: Volume, grid: Grid, step_mm: float) -> tuple[Volume, Grid]:
    """Means of blocks of about ``step_mm``, and their grid; remainders at the end are left out."""
    factors = [
        max(1, min(count, round(step_mm / size)))
        for count, size in zip(grid.shape, grid.spacing[::-1], strict=True)
    ]
    counts = [count // factor for count, factor in zip(grid.shape, factors, strict=True)]
    kept = array[tuple(slice(0, n * f) for n, f in zip(counts, factors, strict=True))]
    blocks = kept.reshape([size for pair in zip(counts, factors, strict=True) for size in pair])
    origin = grid.to_lps([(factor - 1) / 2 for factor in factors])
    spacing = [size * factor for size, factor in zip(grid.spacing, factors[::-1], strict=True)]
    coarse = Grid(
        shape=(counts[0], counts[1], counts[2]),
        spacing=(spacing[0], spacing[1], spacing[2]),
        origin=(float(origin[0]), float(origin[1]), float(origin[2])),
        direction=grid.direction,
    )
    if array.dtype == np.float32 and max(factors) < _UNROLLED:
        return _block_means(kept, factors), coarse
    return np.asarray(blocks.mean(axis=(1, 3, 5), dtype=np.float32), dtype=np.float32), coarse


def _block_means(array: Volume, factors: Sequence[int]) -> Volume:
    """As numpy's mean over the blocks, to the bit and several times as fast."""
    k, j, i = factors
    total: Volume | None = None
    for plane, row in np.ndindex(k, j):
        part = array[plane::k, row::j, ::i].copy()
        for column in range(1, i):
            part += array[plane::k, row::j, column::i]
        total = part if total is None else np.add(total, part, out=total)
    assert total is not None
    return np.divide(total, np.float32(k * j * i), out=total)


def fill_unknown(array: Volume) -> tuple[Volume, npt.NDArray[np.bool_]]:
    """NaN replaced by the nearest known value, and the mask of voxels all whose neighbours were known."""
    unknown = np.isnan(array)
    if not unknown.any():
        return array, ~unknown
    if unknown.all():
        return np.zeros_like(array), ~unknown
    nearest = ndimage.distance_transform_edt(unknown, return_distances=False, return_indices=True)
    near_unknown = ndimage.binary_dilation(unknown, np.ones((3, 3, 3), dtype=bool))
    return array[tuple(nearest)], ~near_unknown
