"""What the network's heads said of one lesion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from MTINetLib.study.normalise import IntensityScale


@dataclass(frozen=True)
class LesionReading:
    """The heads' answers for one lesion.

    Args:
        areas: pixels of the lesion in each of its network slices, [n].
        logits: class logits of each slice, [n, 2] (HCC, hemangioma); None without a class head.
        curve: normalised units, area-weighted mean over the slices; None without a regression head.
    """

    areas: npt.NDArray[np.int64]
    logits: npt.NDArray[np.float32] | None
    curve: npt.NDArray[np.float64] | None

    def mean_logits(self) -> npt.NDArray[np.float64] | None:
        """Area-weighted mean of the slices' logits, [2]."""
        return None if self.logits is None else np.average(self.logits.astype(np.float64), 0, self.areas)

    def predicted_curve(self, scale: IntensityScale) -> tuple[float, ...] | None:
        """The predicted curve in scanner units; None where there is none or it is not finite."""
        if self.curve is None:
            return None
        values = scale.invert(self.curve)
        if not np.isfinite(values).all():
            return None
        return tuple(float(value) for value in values)
