"""Connected pieces of a mask."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


def largest_piece(mask: Mask, neighbours: Mask | None = None) -> Mask:
    """The largest connected piece, the first of equals; an empty mask stays empty.

    Args:
        mask: of any dimension.
        neighbours: which voxels touch, as ``scipy.ndimage.label`` takes it; None: those that share a face.
    """
    from scipy import ndimage  # late: the main process stays light

    pieces, count = ndimage.label(mask, structure=neighbours)
    if count < 2:
        return np.asarray(mask)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return np.asarray(pieces == sizes.argmax())
