"""Temperature scaling of the class logits (Guo et al., ICML 2017)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

#: Beyond these a temperature says that there was nothing to fit.
COLDEST, HOTTEST = 0.25, 20.0


def fit_temperature(logits: npt.NDArray[np.float64], classes: npt.NDArray[np.int64]) -> float:
    """The temperature of the greatest likelihood, by which logits are to be divided.

    The targets are smoothed as Platt does (Advances in Large Margin Classifiers, 1999, section 2.2):
    a class with n lesions aims at (n + 1) / (n + 2) and not at 1. Without that, a few lesions that
    are all classified rightly would ask for a temperature of zero, that is for certainty.

    Args:
        logits: [N, classes], one row a lesion.
        classes: [N], index of the true class.
    """
    targets = _smoothed(classes, logits.shape[1])

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(logits / np.exp(log_temperature), axis=1)
        return float(-(targets * scaled).sum(axis=1).mean())

    best = minimize_scalar(loss, bounds=(np.log(COLDEST), np.log(HOTTEST)), method="bounded")
    return float(np.exp(best.x))


def _smoothed(classes: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.float64]:
    sizes = np.bincount(classes, minlength=count)
    sure = (sizes + 1) / (sizes + 2)
    targets = np.empty((len(classes), count))
    for row, own in enumerate(classes):
        targets[row] = (1 - sure[own]) / (count - 1)
        targets[row, own] = sure[own]
    return targets
