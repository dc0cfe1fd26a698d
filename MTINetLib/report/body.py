"""Where the patient is in a picture: with the fat, also where fat suppression darkens it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.study.pieces import largest_piece

#: In-plane smoothing in voxels, so that the noise of the air stays below dark fat.
_SMOOTH = 1.5
#: Dark fat lies nearer to the air than the threshold between air and organs; this share of it parts them.
_SHARE = 0.6


def body(volume: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """The largest bright part with its holes filled slice by slice; all of it where nothing stands out.

    Args:
        volume: [K, J, I] or one slice [J, I], magnitudes.
    """
    from scipy import ndimage

    smooth = ndimage.gaussian_filter(
        np.asarray(volume, np.float32), [0.0] * (volume.ndim - 2) + [_SMOOTH, _SMOOTH]
    )
    bright = smooth > _SHARE * _air_threshold(smooth)
    if not bright.any():
        return np.ones(volume.shape, dtype=np.bool_)
    found = largest_piece(bright)
    planes = found.reshape(-1, *found.shape[-2:])
    filled = np.stack([ndimage.binary_fill_holes(plane) for plane in planes])
    return np.asarray(filled.reshape(found.shape), dtype=np.bool_)


def tissue_window(volume: npt.NDArray[Any], inside: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Black and white for all phases together: the air's level, and percentile 99.2 of the body.

    Args:
        volume: [phases, ...], or one phase.
        inside: the body, in the shape of one phase.
    """
    values = volume[..., inside] if inside.any() else volume
    low, high = float(np.percentile(volume, 1.0)), float(np.percentile(values, 99.2))
    return low, max(high, low + 1e-6)


def _air_threshold(values: npt.NDArray[np.float32]) -> float:
    """Otsu's threshold (IEEE Trans SMC 9:62, 1979) of the logarithm, which parts air from all tissue."""
    logs = np.log1p(np.maximum(values, 0.0))
    counts, edges = np.histogram(logs, bins=256)
    centres = (edges[:-1] + edges[1:]) / 2
    below, sums = np.cumsum(counts), np.cumsum(counts * centres)
    above = below[-1] - below
    spread = (sums[-1] * below / below[-1] - sums) ** 2 / np.maximum(below * above, 1)
    return float(np.expm1(centres[int(np.argmax(spread))]))
