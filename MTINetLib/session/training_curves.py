"""The curves of a training run, as they come in or from the run's own table."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

#: Share of a new figure in the smoothed loss.
_SMOOTH = 0.1
#: Points of the training loss that are kept; beyond them every second one goes.
_MOST_POINTS = 2000


@dataclass(frozen=True)
class LossPoint:
    """Loss of one training batch, and the mean of those before it."""

    step: int
    epoch: float
    loss: float
    smoothed: float


@dataclass(frozen=True)
class Validation:
    """Figures of one validation by name: ``segmentation`` (its loss), ``dice``, ``score`` ..."""

    step: int
    epoch: float
    figures: Mapping[str, float]


@dataclass
class Curves:
    """One run, or one fold of it."""

    losses: list[LossPoint] = field(default_factory=list)
    validations: list[Validation] = field(default_factory=list)

    def add(self, step: int, epoch: float, values: Mapping[str, float]) -> None:
        """Figures named ``train/...`` or ``val/...``; those of a repeated step replace what came after it."""
        if "train/loss" in values:
            self._add_loss(step, epoch, values["train/loss"])
        figures = {name[4:]: value for name, value in values.items() if name.startswith("val/")}
        if figures:
            while self.validations and self.validations[-1].step >= step:
                self.validations.pop()
            self.validations.append(Validation(step, epoch, figures))

    @property
    def best(self) -> Validation | None:
        """The validation whose weights are kept."""
        scored = [one for one in self.validations if "score" in one.figures]
        return max(scored, key=lambda one: one.figures["score"]) if scored else None

    def _add_loss(self, step: int, epoch: float, loss: float) -> None:
        while self.losses and self.losses[-1].step >= step:
            self.losses.pop()
        # The first points count more, or the curve would begin where the very first batch happened to lie.
        share = max(_SMOOTH, 1 / (len(self.losses) + 1))
        before = self.losses[-1].smoothed if self.losses else loss
        self.losses.append(LossPoint(step, epoch, loss, before + share * (loss - before)))
        if len(self.losses) > _MOST_POINTS:
            self.losses = self.losses[(len(self.losses) - 1) % 2 :: 2]


def curves_of_run(folder: Path, steps_per_epoch: int | None = None) -> Curves:
    """The curves that a run (or fold) has written; empty where it has not.

    Args:
        steps_per_epoch: None takes the steps between two validations.
    """
    curves = Curves()
    rows = _rows(folder)
    per_epoch = steps_per_epoch or _steps_between_validations(rows) or 1
    for step, values in rows:
        curves.add(step, step / per_epoch, values)
    return curves


def _rows(folder: Path) -> list[tuple[int, dict[str, float]]]:
    # The parts of a run that was killed are not joined yet.
    paths = [*sorted(folder.glob("metrics.part*.csv")), folder / "metrics.csv"]
    rows = []
    for path in paths:
        try:
            with path.open(newline="", encoding="utf-8") as file:
                rows += [_row(line) for line in csv.DictReader(file)]
        except (OSError, ValueError, KeyError):
            continue
    return rows


def _row(line: Mapping[str, str]) -> tuple[int, dict[str, float]]:
    values = {}
    for name, text in line.items():
        if name and name.startswith(("train/", "val/")) and text:
            value = float(text)
            if math.isfinite(value):
                values[name] = value
    return int(line["step"]), values


def _steps_between_validations(rows: list[tuple[int, dict[str, float]]]) -> int | None:
    steps = sorted({step for step, values in rows if any(name.startswith("val/") for name in values)})
    return min((b - a for a, b in zip([0, *steps], steps, strict=False)), default=None)
