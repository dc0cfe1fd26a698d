"""How diagrams on paper look, in the report and beside curves and figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from MTINetLib.presentation.colours import FAINT_INK, PAPER_LINE

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def with_gaps(values: Sequence[float | None]) -> npt.NDArray[np.float64]:
    """Nan where there is no value: a line has a gap there."""
    return np.array([math.nan if value is None else value for value in values], dtype=np.float64)


def open_axes(axes: Axes) -> None:
    """A faint grid behind the data, and a frame at the left and below only."""
    axes.grid(color=PAPER_LINE, linewidth=0.5)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def thin_frame(axes: Axes) -> None:
    """What is left of the frame, thin and faint."""
    for side in ("left", "bottom"):
        axes.spines[side].set_color(FAINT_INK)
        axes.spines[side].set_linewidth(0.6)
