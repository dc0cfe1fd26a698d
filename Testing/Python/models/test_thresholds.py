from __future__ import annotations

import pytest

from MTINetLib.errors import InputError
from MTINetLib.models.thresholds import Thresholds


def test_thresholds_survive_json() -> None:
    thresholds = Thresholds(mask=0.4, peak=0.8, min_slices=2)
    assert Thresholds.from_dict(thresholds.to_dict()) == thresholds


@pytest.mark.parametrize(
    "values",
    [
        {"mask": 0},
        {"mask": 0.6, "peak": 0.5},
        {"smallest_mm3": -1},
        {"mask": "half"},
        {"min_slices": 1.5},
        {"x": 1},
    ],
)
def test_senseless_thresholds_are_refused_by_name(values: dict) -> None:
    with pytest.raises(InputError, match=list(values)[-1]):
        Thresholds.from_dict(values)


def test_the_user_changes_only_what_is_set() -> None:
    own = Thresholds(mask=0.4, peak=0.6, smallest_mm3=50)
    assert own.changed({}) == own
    assert own.changed({"smallest_mm3": 10}) == Thresholds(mask=0.4, peak=0.6, smallest_mm3=10)


def test_the_peak_rises_with_the_mask_threshold() -> None:
    changed = Thresholds(mask=0.4, peak=0.6).changed({"mask": 0.9})
    assert (changed.mask, changed.peak) == (0.9, 0.9)
    assert Thresholds(mask=0.4, peak=0.6).changed({"mask": 0.3}).peak == 0.6


@pytest.mark.parametrize(
    "changes", [{"mask": "half"}, {"mask": True}, {"speck": 3}, {"mask": 0.8, "peak": 0.7}]
)
def test_senseless_changes_are_refused_by_name(changes: dict) -> None:
    with pytest.raises(InputError, match=next(iter(changes))):
        Thresholds().changed(changes)
