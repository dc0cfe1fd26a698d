"""Whether a box seems to be around more than one lesion, though one piece was outlined in it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from MTINetLib.outline.marks import PlacedMarks

#: An ellipsoid that touches the sides of its box fills 52 % of it. README.md has what was seen of boxes
#: around one lesion and around two.
_LEAST_FILLED = 0.17
#: An ellipse fills that much more of its rectangle.
_FLAT = 1.5


def seems_several(mask: npt.NDArray[np.bool_], marks: PlacedMarks) -> bool:
    """Whether the outline leaves most of the box empty, as no lesion does that its box was drawn around.

    What lies between two lesions does, and one of two.

    Args:
        mask: what was outlined, [slice, row, column].
    """
    if marks.size[0]:
        return bool(mask.sum() < _LEAST_FILLED * marks.size.prod())
    return bool(mask[marks.first_slice].sum() < _FLAT * _LEAST_FILLED * marks.size[1:].prod())
