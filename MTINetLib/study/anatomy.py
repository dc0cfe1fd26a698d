"""The organs that decide whether a mark is a lesion, and the label map that shows them.

An anatomy map is uint8 [K, J, I] on a study's grid. A lesion of the liver counts as liver in it.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Value of voxels of which nobody told what they are; losses and figures leave them out.
UNKNOWN_ORGAN = 255


class Organ(IntEnum):
    """The values of an anatomy map."""

    BACKGROUND = 0
    LIVER = 1
    LIVER_VESSEL = 2
    GREAT_VESSEL = 3
    HEART = 4
    KIDNEY = 5
    SPLEEN = 6
    GUT = 7
    GALLBLADDER = 8

    @property
    def title(self) -> str:
        """For people."""
        return self.name.replace("_", " ").lower()


def liver_of(anatomy: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """The liver with its lesions and the vessels inside it, bool of the same shape."""
    liver: npt.NDArray[np.bool_] = (anatomy == Organ.LIVER) | (anatomy == Organ.LIVER_VESSEL)
    return liver
