"""What a model said of one lesion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class LesionReading:
    """A model's answers for one lesion.

    Args:
        areas: pixels of the lesion in each of its network slices, [n].
        logits: class logits of each slice, [n, classes] in the model's order; None without a class head.
        curve: the predicted curve in the scanner's units, area-weighted mean over the slices; None without
            a regression head, or where it is not finite.
    """

    areas: npt.NDArray[np.int64]
    logits: npt.NDArray[np.float32] | None
    curve: tuple[float, ...] | None

    def mean_logits(self) -> npt.NDArray[np.float64] | None:
        """Area-weighted mean of the slices' logits, [classes]."""
        return None if self.logits is None else np.average(self.logits.astype(np.float64), 0, self.areas)
