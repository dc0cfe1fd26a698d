"""How much of a lesion each phase shows: a phase that was moved or cut short has no image at its edges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from MTINetLib.inference.lesions import Box
from MTINetLib.study.phase import Phase
from MTINetLib.study.study import Mask, Study

#: Of what is measured, a phase must show this share; what it shows of less says nothing of the whole.
LEAST_COVERED = 0.5

NOT_MEASURED = "not_measured"
MEASURED_IN_PART = "measured_in_part"


def covered_at(study: Study, mask: Mask, box: Box) -> Mask | None:
    """Which voxels of a mask each phase shows, [P, n] in their order; None where each phase shows all.

    Args:
        mask: [k, j, i] within ``box``.
        box: where that lies in the grid.
    """
    if study.covered is None:
        return None
    shown: Mask = study.covered[:, box[0], box[1], box[2]][:, mask]
    return None if shown.all() else shown


def covered_shares(study: Study, mask: Mask, box: Box) -> tuple[float, ...]:
    """The share of a lesion that each phase shows, 0 to 1."""
    shown = covered_at(study, mask, box)
    if shown is None:
        return (1.0,) * len(study.phases)
    return tuple(float(share) for share in shown.mean(axis=1))


def phases_without_image(study: Study, mask: Mask, box: Box) -> tuple[Phase, ...]:
    """The phases that show too little of a lesion to say anything of it."""
    pairs = zip(study.phases, covered_shares(study, mask, box), strict=True)
    return tuple(phase for phase, share in pairs if share < LEAST_COVERED)


def coverage_flags(phases: Sequence[Phase], shares: Sequence[float]) -> tuple[str, ...]:
    """``not_measured:<phase>`` and ``measured_in_part:<phase>:<n>_percent`` of one lesion."""
    flags = []
    for phase, share in zip(phases, shares, strict=True):
        if share < LEAST_COVERED:
            flags.append(f"{NOT_MEASURED}:{phase.value}")
        elif share < 1.0:
            flags.append(f"{MEASURED_IN_PART}:{phase.value}:{min(int(np.rint(100 * share)), 99)}_percent")
    return tuple(flags)
