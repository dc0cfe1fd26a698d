"""One mask into several: its separate parts, or the two sides of its neck."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]

#: Parts below this share of the whole are stray voxels and stay with the largest part.
_STRAY = 0.02
#: The neck is looked for in the middle of the mask's length, so that no tip is cut off.
_MIDDLE = (0.2, 0.8)


def split_mask(mask: Mask, spacing_kji: Sequence[float]) -> tuple[Mask, ...]:
    """The parts of a mask, the largest first; one part only where there is nothing to split.

    Parts that do not touch (by faces) are the parts. A mask that hangs together is cut in two, across its
    longest axis: at its narrowest place, judged by the area along that axis in its middle three fifths;
    where no place is narrower, in its middle.

    Args:
        mask: [k, j, i].
        spacing_kji: mm between voxels along k, j, i.

    Returns:
        Masks of the same shape; together they are the mask.
    """
    from scipy import ndimage  # late: the main process stays light

    components, count = ndimage.label(mask)
    sizes = np.bincount(components.ravel(), minlength=count + 1)[1:]
    if count > 1:
        large = [int(n) for n in np.argsort(-sizes, kind="stable") if sizes[n] >= _STRAY * sizes.sum()]
        if len(large) > 1:
            parts = [components == number + 1 for number in large]
            stray = mask & ~np.any(parts, axis=0)
            return (parts[0] | stray, *parts[1:])
    return _cut_at_neck(mask, np.asarray(spacing_kji, dtype=np.float64))


def _cut_at_neck(mask: Mask, spacing: npt.NDArray[np.float64]) -> tuple[Mask, ...]:
    kji = np.argwhere(mask)
    if len(kji) < 2:
        return (mask,)
    points = kji * spacing
    centred = points - points.mean(axis=0)
    axis = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    along = centred @ axis
    beyond = along > _neck(along, float(spacing.max()))
    if beyond.all() or not beyond.any():
        beyond = along > np.median(along)
    if beyond.all() or not beyond.any():
        beyond = np.arange(len(kji)) >= len(kji) // 2
    part = np.zeros_like(mask)
    part[tuple(kji[beyond].T)] = True
    rest = mask & ~part
    return (part, rest) if part.sum() > rest.sum() else (rest, part)


def _neck(along: npt.NDArray[np.float64], bin_mm: float) -> float:
    """Where along the axis (mm) the mask is narrowest between two thicker places; else its middle."""
    low, high = float(along.min()), float(along.max())
    middle = (low + high) / 2
    bins = max(1, int((high - low) / bin_mm))
    if bins < 5:
        return middle
    counts, edges = np.histogram(along, bins=bins)
    smooth = np.convolve(np.pad(counts, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    first, last = (round(share * (bins - 1)) for share in _MIDDLE)
    inner = np.arange(first, last + 1)
    # How much thinner a place is than the thickest place on its thinner side.
    depth = [min(smooth[: n + 1].max(), smooth[n:].max()) - smooth[n] for n in inner]
    deepest = int(np.argmax(depth))
    if depth[deepest] <= 0.05 * smooth.max():
        return middle
    return float((edges[inner[deepest]] + edges[inner[deepest] + 1]) / 2)
