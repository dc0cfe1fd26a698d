"""Class sets with a stated error, fitted on lesions that the model was not trained on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from MTINetLib.models.class_sets import ClassSets

#: Share of lesions whose set may lack their class.
ERROR = 0.1


def fit_class_sets(
    probabilities: npt.NDArray[np.float64],
    classes: npt.NDArray[np.int64],
    names: Sequence[str],
    error: float = ERROR,
) -> ClassSets | None:
    """The sets of split conformal prediction; None where a class has too few lesions for that error.

    Of n lesions of a class, the probabilities of their own class are put in order; the k-th greatest, k being
    (n + 1) (1 - error) rounded up, is what that class must reach.

    Args:
        probabilities: [N, classes], one row a lesion.
        classes: [N], index of the true class.
    """
    least = {}
    for index, name in enumerate(names):
        own = np.sort(probabilities[classes == index, index])[::-1]
        rank = math.ceil((len(own) + 1) * (1 - error) - 1e-9)
        if rank > len(own):
            return None
        least[name] = float(own[rank - 1])
    return ClassSets(error, least)
