"""Whether a new model is better than the old one: a rule that is stated before anybody looks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from MTINetLib.evaluation.paired import CLASSES, DIFFERENCE, FALSE_MARKS, QUALITY, SENSITIVITY
from MTINetLib.evaluation.statistics import Estimate

#: One of these has to gain, with an interval that lies above 0 ...
MUST_GAIN = (QUALITY, CLASSES)
#: ... and none of these may lose, with an interval that lies wholly on the wrong side.
MAY_NOT_LOSE = (QUALITY, SENSITIVITY, FALSE_MARKS, CLASSES)


@dataclass(frozen=True)
class Verdict:
    """What the rule says.

    Args:
        better: whether the new model is to take the old one's place.
        gained, lost: the figures that changed for certain, by their names in paired.py.
        unknown: whether there are too few patients for intervals.
    """

    better: bool
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    unknown: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "better": self.better,
            "gained": list(self.gained),
            "lost": list(self.lost),
            "unknown": self.unknown,
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Verdict:
        return cls(
            bool(told["better"]),
            tuple(map(str, told["gained"])),
            tuple(map(str, told["lost"])),
            bool(told["unknown"]),
        )


def verdict_of(paired: Mapping[str, Any]) -> Verdict:
    """The new model is better if its panoptic quality or its class accuracy is, and nothing is worse.

    Better and worse mean that the 95 % interval of the paired difference, by patient, does not hold 0. So
    where the two are alike, or the patients too few to tell, the old one stays.

    Args:
        paired: of ``paired_figures``.
    """
    differences = {name: paired[name][DIFFERENCE] for name in {*MUST_GAIN, *MAY_NOT_LOSE}}
    signs = {
        name: _sign(estimate) * (-1 if name == FALSE_MARKS else 1) for name, estimate in differences.items()
    }
    gained = tuple(name for name in MAY_NOT_LOSE if signs[name] > 0)
    lost = tuple(name for name in MAY_NOT_LOSE if signs[name] < 0)
    unknown = not math.isfinite(differences[QUALITY].low)
    return Verdict(bool(set(gained) & set(MUST_GAIN)) and not lost, gained, lost, unknown)


def _sign(difference: Estimate) -> int:
    """1 or -1 where the interval lies on one side of 0, else 0."""
    return int(difference.low > 0) - int(difference.high < 0)
