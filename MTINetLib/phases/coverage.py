"""Which part of one phase's range along the slices another phase lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from MTINetLib.study.grid import FloatArray, Grid
from MTINetLib.study.phase import Phase, in_order_of_time

#: The reference phase lacks a part of what another phase shows.
REFERENCE_SHORT = "reference_short"
#: A phase lacks a part of the reference phase.
UNCOVERED = "uncovered"

#: Less than this is the usual difference of where stacks begin (mm, and share of the range).
_TOLD_MM, _TOLD_SHARE = 5.0, 0.02
_SAME_ORIENTATION = 0.95


@dataclass(frozen=True)
class Gap:
    """How much of a range lies outside another: in mm, and as a share from 0 to 1."""

    missing_mm: float
    share: float

    @property
    def is_told(self) -> bool:
        return self.missing_mm > _TOLD_MM and self.share > _TOLD_SHARE

    def flag(self, name: str, phase: Phase) -> str:
        return f"{name}:{phase.value}:{self.missing_mm:.0f}_mm:{100 * self.share:.0f}_percent"


def gap(wanted: Grid, other: Grid) -> Gap:
    """What of the range of ``wanted`` along its slices ``other`` does not reach; none if they are turned."""
    normal = wanted.direction_matrix[:, 2]
    if abs(float(normal @ other.direction_matrix[:, 2])) < _SAME_ORIENTATION:
        return Gap(0.0, 0.0)
    low, high = _range(wanted, normal)
    from_, to = _range(other, normal)
    missing = (high - low) - max(0.0, min(high, to) - max(low, from_))
    return Gap(missing, missing / (high - low))


def reference_gaps(grids: Mapping[Phase, Grid], reference: Phase) -> dict[Phase, Gap]:
    """For other phases that reach beyond the reference what of their range it lacks."""
    gaps = {phase: gap(grids[phase], grids[reference]) for phase in in_order_of_time(grids)}
    return {phase: found for phase, found in gaps.items() if phase is not reference and found.is_told}


def phase_gaps(grids: Mapping[Phase, Grid], reference: Phase) -> dict[Phase, Gap]:
    """For other phases that do not reach over all of the reference what they lack of its range."""
    gaps = {phase: gap(grids[reference], grids[phase]) for phase in in_order_of_time(grids)}
    return {phase: found for phase, found in gaps.items() if phase is not reference and found.is_told}


def coverage_flags(grids: Mapping[Phase, Grid], reference: Phase) -> tuple[str, ...]:
    """What a person has to know before an analysis on the reference phase's grid."""
    if reference not in grids:
        return ()
    return (
        *(found.flag(REFERENCE_SHORT, phase) for phase, found in reference_gaps(grids, reference).items()),
        *(found.flag(UNCOVERED, phase) for phase, found in phase_gaps(grids, reference).items()),
    )


def _range(grid: Grid, normal: FloatArray) -> tuple[float, float]:
    """Where the first slice begins and the last one ends along ``normal``, in the middle of the slices."""
    slices, rows, columns = grid.shape
    ends = [(number, (rows - 1) / 2, (columns - 1) / 2) for number in (-0.5, slices - 0.5)]
    heights = np.array([float(grid.to_lps(end) @ normal) for end in ends])
    return float(heights.min()), float(heights.max())
