"""The reader's choice along a model's free-response curve: fewer false marks, or fewer misses.

A model that offers it stores how probable a candidate is to be a lesion, and what each threshold gives.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from MTINetLib.errors import InputError

LOW, USUAL, HIGH = "low", "usual", "high"
#: Probabilities of voxels are kept off 0 and 1, whose logits are infinite.
_MARGIN = 1e-4


@dataclass(frozen=True)
class OperatingPoint:
    """One point of the curve.

    Args:
        threshold: a candidate counts from this probability of being a lesion on.
        sensitivity: found true lesions over all, where the points were found.
        false_positives_a_study: there.
    """

    threshold: float
    sensitivity: float
    false_positives_a_study: float


@dataclass(frozen=True)
class LesionProbability:
    """Logistic of what a probability map says of a candidate; calibrated, and apart from its class.

    Args:
        intercept: of the logistic.
        mean, peak: weights of the logits of the mean and the highest probability of its voxels.
        log_volume: weight of the logarithm (base 10) of its volume in mm3.
        liver, vessel, organ: weights of the shares of its surroundings that are liver, vessels and other
            organs, as the model sees them.
    """

    intercept: float
    mean: float = 0.0
    peak: float = 0.0
    log_volume: float = 0.0
    liver: float = 0.0
    vessel: float = 0.0
    organ: float = 0.0

    @staticmethod
    def columns(
        mean: float, peak: float, mm3: float, liver: float = 0.0, vessel: float = 0.0, organ: float = 0.0
    ) -> tuple[float, ...]:
        """What the weights are multiplied with, in their order."""
        return (_logit(mean), _logit(peak), math.log10(max(mm3, 1.0)), liver, vessel, organ)

    def of(
        self,
        mean: float,
        peak: float,
        mm3: float,
        liver: float = 0.0,
        vessel: float = 0.0,
        organ: float = 0.0,
    ) -> float:
        """0 to 1."""
        columns = self.columns(mean, peak, mm3, liver, vessel, organ)
        score = self.intercept + sum(a * b for a, b in zip(self._weights, columns, strict=True))
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, score))))

    @property
    def _weights(self) -> tuple[float, ...]:
        return (self.mean, self.peak, self.log_volume, self.liver, self.vessel, self.organ)


@dataclass(frozen=True)
class OperatingPoints:
    """What a model offers.

    Args:
        points: by rising sensitivity, that is by falling threshold.
        usual: which of them is taken where nothing is said.
        probability: of candidates.
        candidates: the thresholds that candidates are found with, where they differ from the model's own.
    """

    points: tuple[OperatingPoint, ...]
    usual: int
    probability: LesionProbability
    candidates: Mapping[str, float]

    def chosen(self, wanted: float | str | None) -> OperatingPoint:
        """The point of a word (``low``, ``usual``, ``high``), or the first one with at least a sensitivity.

        Raises:
            InputError: no such word, or no point is so sensitive.
        """
        number = _number(wanted)
        if number is None:
            words = {LOW: self.points[0], USUAL: self.points[self.usual], HIGH: self.points[-1]}
            word = str(wanted or USUAL).strip().lower()
            if word not in words:
                raise InputError(
                    f"The sensitivity '{wanted}' is unknown; use {LOW}, {USUAL}, {HIGH}, or a share of found "
                    f"lesions {self._range()}."
                )
            return words[word]
        enough = [point for point in self.points if point.sensitivity >= number - 1e-9]
        if not enough:
            raise InputError(
                f"The model offers no sensitivity of {number:g}; choose one {self._range()}, or {HIGH}."
            )
        return enough[0]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        points = [asdict(point) for point in self.points]
        return {**asdict(self), "points": points, "candidates": dict(self.candidates)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> OperatingPoints:
        """What :meth:`to_dict` gave.

        Raises:
            InputError: the points make no curve.
        """
        points = tuple(
            OperatingPoint(**{k: float(v) for k, v in point.items()}) for point in values["points"]
        )
        made = cls(
            points,
            int(values["usual"]),
            LesionProbability(**{name: float(value) for name, value in values["probability"].items()}),
            dict(values.get("candidates", {})),
        )
        falling = all(one.threshold > two.threshold for one, two in pairwise(points))
        if not points or not falling or not 0 <= made.usual < len(points):
            raise InputError("Its operating points are none, or not by falling threshold.")
        return made

    def _range(self) -> str:
        return f"from {self.points[0].sensitivity:.2f} to {self.points[-1].sensitivity:.2f}"


def _logit(share: float) -> float:
    kept = min(max(share, _MARGIN), 1.0 - _MARGIN)
    return math.log(kept / (1.0 - kept))


def _number(wanted: float | str | None) -> float | None:
    """0.9 and ``0.9`` as well as ``90 %``; None for a word."""
    if isinstance(wanted, str):
        text = wanted.strip()
        try:
            return float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
        except ValueError:
            return None
    return None if wanted is None else float(wanted)
