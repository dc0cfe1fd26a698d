"""What tissue looks like whatever its contrast: how the neighbours of each voxel resemble each other."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from scipy import ndimage

from MTINetLib.study.study import Volume

_NEIGHBOURS = ((-1, 0, 0), (1, 0, 0), (0, -1, 0), (0, 1, 0), (0, 0, -1), (0, 0, 1))
#: Pairs of neighbours that touch each other across an edge: opposite ones say the same twice.
_PAIRS = tuple(
    (one, other)
    for one, other in combinations(range(6), 2)
    if sum((a - b) ** 2 for a, b in zip(_NEIGHBOURS[one], _NEIGHBOURS[other], strict=True)) == 2
)
#: SD of the Gaussian over which differences are summed, in voxels: wider ones blur the organs' edges.
_PATCH = 0.5
#: A voxel's own variance counts as at least, and at most, these multiples of the mean over the volume.
_LEAST_VARIANCE, _LARGEST_VARIANCE = 1e-3, 1e3

CHANNELS = len(_PAIRS)


def self_similarity(array: Volume) -> Volume:
    """MIND-SSC descriptors [K, J, I, 12], each from 0 to 1, of a volume [K, J, I].

    Contrast agent turns bright into dark and back, but hardly changes where neighbours are alike: squared
    differences of two volumes' descriptors compare anatomy between phases, and stay smooth enough for
    Gauss-Newton steps. From Heinrich et al., Towards realtime multimodal fusion for image-guided
    interventions using self-similarities, MICCAI 2013, with the six nearest voxels as neighbours.
    """
    padded = np.pad(array, 1, mode="edge")
    shifted = [
        padded[
            tuple(slice(1 + step, 1 + step + count) for step, count in zip(steps, array.shape, strict=True))
        ]
        for steps in _NEIGHBOURS
    ]
    distances = np.empty((CHANNELS, *array.shape), dtype=np.float32)
    for channel, (one, other) in enumerate(_PAIRS):
        difference = shifted[one] - shifted[other]
        ndimage.gaussian_filter(difference * difference, _PATCH, output=distances[channel], truncate=2.5)
    distances -= distances.min(axis=0)
    variance = distances.mean(axis=0)
    usual = float(variance.mean())
    if usual == 0.0:
        return np.ones((*array.shape, CHANNELS), dtype=np.float32)
    distances /= np.clip(variance, _LEAST_VARIANCE * usual, _LARGEST_VARIANCE * usual)
    return np.ascontiguousarray(np.moveaxis(np.exp(-distances), 0, -1))
