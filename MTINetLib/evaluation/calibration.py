"""How well probabilities mean what they say: bins of what was claimed and what was true."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from MTINetLib.evaluation.classification import ClassItem
from MTINetLib.evaluation.statistics import wilson

#: Of equal width from 0 to 1.
BINS = 10


def class_calibration(items: Sequence[ClassItem]) -> list[dict[str, Any]]:
    """Of the winning class's probability, over lesions of classes that the model tells apart."""
    claimed = [max(item.probabilities.values()) for item in items]
    true = [
        max(item.probabilities, key=lambda name: item.probabilities[name]) == item.truth for item in items
    ]
    return calibration(claimed, true)


def calibration(claimed: Sequence[float], true: Sequence[bool]) -> list[dict[str, Any]]:
    """A dict for each bin with something in it: mean claim, share that was true with its interval, count."""
    values, right = np.asarray(claimed, dtype=np.float64), np.asarray(true, dtype=bool)
    place = np.clip((values * BINS).astype(int), 0, BINS - 1)
    found = []
    for number in np.unique(place):
        inside = place == number
        share = wilson(int(right[inside].sum()), int(inside.sum()))
        found.append({"claimed": float(values[inside].mean()), "true": share, "n": int(inside.sum())})
    return found


def expected_error(bins: Sequence[dict[str, Any]]) -> float:
    """Mean gap between claim and truth over all items (Naeini et al., AAAI 2015); nan without any."""
    count = sum(one["n"] for one in bins)
    gaps = sum(one["n"] * abs(one["claimed"] - one["true"].value) for one in bins)
    return gaps / count if count else float("nan")
