"""Slices that stand in a stack twice."""

from __future__ import annotations

import numpy as np

from MTINetLib.study.phase import Phase
from MTINetLib.study.study import Volume

_MOST_NAMED = 5


def repeated_slices(volume: Volume) -> list[int]:
    """Slices (k) that are the same as the one before them, empty ones aside."""
    return [
        k
        for k in range(1, len(volume))
        if np.array_equal(volume[k], volume[k - 1]) and volume[k].min() != volume[k].max()
    ]


def repeated_remark(volume: Volume, phase: Phase) -> str:
    """A sentence on the repeated slices of a phase; empty where there are none."""
    repeated = repeated_slices(volume)
    if not repeated:
        return ""
    named = ", ".join(f"{k} and {k + 1}" for k in repeated[:_MOST_NAMED])  # counted from 1
    more = f" and {len(repeated) - _MOST_NAMED} more" if len(repeated) > _MOST_NAMED else ""
    return (
        f"Slices of the {phase.title} phase are the same: {named}{more}; what lies behind them may be "
        "out of place."
    )
