"""Headers that are wrong: voxels of 1 mm that nobody measured, and stacks that are stored upside down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from itertools import combinations

import numpy as np

from MTINetLib.study.grid import FloatArray, Grid
from MTINetLib.study.phase import Phase, the_phases

#: The better order of slices brings lesions nearer by this many mm, and by this share.
_CLEAR_MM, _CLEAR_SHARE = 4.0, 0.3


def has_unit_spacing(grid: Grid) -> bool:
    """Whether a header gives 1 x 1 x 1 mm, as those do that were written without a spacing."""
    return grid.spacing == (1.0, 1.0, 1.0)


def other_spacing(grids: Mapping[Phase, tuple[Grid, Grid]]) -> tuple[str, ...]:
    """Remarks on spacings from an annotation; ``grids`` are by phase as the header says, and true."""
    alike: dict[tuple[str, str], list[Phase]] = {}
    for phase, (header, true) in grids.items():
        alike.setdefault((in_mm(header), in_mm(true)), []).append(phase)
    return tuple(
        f"The headers of {the_phases(phases)} give voxels of {header}, the annotation {true}; the latter "
        "are used."
        for (header, true), phases in alike.items()
    )


def in_mm(grid: Grid) -> str:
    """``0.8 x 0.8 x 2.5 mm``."""
    return f"{' x '.join(f'{size:.4g}' for size in grid.spacing)} mm"


def upside_down(grid: Grid) -> Grid:
    """The same stack from the same first slice on, running the other way."""
    a, b, c, d, e, f, g, h, i = grid.direction
    return replace(grid, direction=(a, b, -c + 0.0, d, e, -f + 0.0, g, h, -i + 0.0))


class Order(Enum):
    """How the slices of a study run."""

    AS_IN_HEADER = "as in the header"
    REVERSED = "reversed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class SliceOrder:
    """What the places of a lesion in several phases say of the order of slices.

    Args:
        apart_mm, reversed_apart_mm: the largest distance of its centres in two phases, either way.
    """

    order: Order
    apart_mm: float
    reversed_apart_mm: float

    @property
    def remark(self) -> str:
        if self.order is Order.REVERSED:
            return (
                "The slices run against the header: turned over, the lesion's places in the phases lie at "
                f"most {self.reversed_apart_mm:.0f} mm apart, as the header says {self.apart_mm:.0f} mm."
            )
        if self.order is Order.UNKNOWN:
            return (
                "Whether the slices run as the header says cannot be told: the lesion's places in the "
                f"phases lie {self.apart_mm:.0f} and {self.reversed_apart_mm:.0f} mm apart either way; the "
                "header was believed, so head and feet may be exchanged."
            )
        return ""


def slice_order(centres: Mapping[Phase, tuple[Grid, FloatArray]]) -> SliceOrder:
    """Which way the slices run, by what brings a lesion's places in the phases nearer to each other.

    A patient breathes, so they never lie on each other; a stack that is turned over moves them by twice the
    distance of the stacks' first slices, or by more where their slices are differently far apart.

    Args:
        centres: of the lesions in each phase, (k, j, i) on the phase's grid as its header says.
    """
    header = _apart([grid.to_lps(kji) for grid, kji in centres.values()])
    reversed_ = _apart([upside_down(grid).to_lps(kji) for grid, kji in centres.values()])
    least = max(_CLEAR_MM, _CLEAR_SHARE * max(header, reversed_))
    order = Order.UNKNOWN
    if abs(header - reversed_) >= least:
        order = Order.REVERSED if reversed_ < header else Order.AS_IN_HEADER
    return SliceOrder(order, header, reversed_)


def _apart(points: list[FloatArray]) -> float:
    return max((float(np.linalg.norm(one - other)) for one, other in combinations(points, 2)), default=0.0)
