"""The liver of a study: its mask, who outlined it, and what is known of its parts and of other organs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from MTINetLib.study.anatomy import liver_of

#: Who outlined it first.
LiverOrigin = Literal["model", "given"]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Liver:
    """The liver on its study's grid.

    Args:
        mask: bool [K, J, I]; lesions and the vessels inside belong to it.
        origin: who outlined it, the model or whoever gave it.
        source: what it was given as, for people, such as the name of a file; empty for the model's.
        edited: a person has changed it since.
        segments: uint8 [K, J, I], Couinaud's 1 to 8 and 0 elsewhere; None where nobody told them.
        anatomy: uint8 [K, J, I], see study/anatomy.py; None where nobody told the organs around.
    """

    mask: Mask
    origin: LiverOrigin
    source: str = ""
    edited: bool = False
    segments: npt.NDArray[np.uint8] | None = None
    anatomy: npt.NDArray[np.uint8] | None = None

    @staticmethod
    def of_anatomy(anatomy: npt.NDArray[np.uint8]) -> Liver:
        """As a model sees it."""
        return Liver(liver_of(anatomy), "model", anatomy=anatomy)

    def edited_to(self, mask: Mask) -> Liver:
        """The same liver with a person's outline."""
        return replace(self, mask=mask, edited=True)
