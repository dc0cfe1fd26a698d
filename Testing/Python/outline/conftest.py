"""The made study with its two round lesions, and what outlines them by their brightness."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support.made_analysis import made_labels
from support.outline_network import KnownSlices

from MTINetLib.outline.marks import Marks
from MTINetLib.study.study import Study


@pytest.fixture
def seen() -> KnownSlices:
    return KnownSlices()


@pytest.fixture(scope="module")
def truth(study: Study) -> Any:
    return made_labels(study.grid)


@pytest.fixture(scope="module")
def box_of(study: Study, truth: Any) -> Callable[..., Marks]:
    """The box around a true lesion, its half sides times ``grown``; further marks by name."""

    def box(label: int, grown: float = 1.0, **clicks: Any) -> Marks:
        places = np.argwhere(truth == label)
        low, high = places.min(axis=0) - 0.5, places.max(axis=0) + 0.5
        middle, half = (low + high) / 2, grown * (high - low) / 2
        first, last = study.grid.to_lps(middle - half), study.grid.to_lps(middle + half)
        return Marks((tuple(first), tuple(last)), **clicks)

    return box
