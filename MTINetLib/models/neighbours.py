"""A slice with those before and behind it, as a network's input. Needs no torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.network.slice_settings import offsets


def with_neighbours(
    slices: npt.NDArray[Any], places: Sequence[int] | range, neighbours: int
) -> npt.NDArray[Any]:
    """The input of a network for some slices of a study.

    Args:
        slices: [Z, P, S, S], all of the study, in order.
        places: of the slices asked about, N of them.
        neighbours: so many before and as many behind join; past the ends the outermost slice is repeated.

    Returns:
        [N, P (1 + 2 neighbours), S, S]: the slice itself first, then as ``slice_settings.offsets`` says.
    """
    asked = np.asarray(places, dtype=np.intp)[:, None] + np.asarray(offsets(neighbours), dtype=np.intp)
    picked = slices[np.clip(asked, 0, len(slices) - 1)]
    return np.asarray(picked).reshape(len(asked), -1, *slices.shape[2:])
