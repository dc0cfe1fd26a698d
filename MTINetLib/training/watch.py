"""Who watches a run from outside: gets its figures, and may hold it or end it between two steps."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from typing import Any, Protocol

import lightning.pytorch as pl
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import Logger

from MTINetLib.training.budget import Budget


class Watch(Protocol):
    """Methods are called in the training process, between two steps."""

    def part(self, number: int, of: int) -> None:
        """Training number ``number`` of ``of`` begins, counted from 1; several are a cross-validation."""

    def figures(self, values: Mapping[str, float], step: int, epoch: float) -> None:
        """New figures: ``train/...`` of a batch, or ``val/...`` of a validation, after ``step`` steps."""

    def between_steps(self, spent: float, seconds: float) -> None:
        """``spent`` of the budget (0 to 1) and the seconds it took. The run waits until this returns.

        Raises:
            Stopped: the run ends, and its best checkpoint is exported if it has one.
            Cancelled: the run ends and exports nothing.
        """


class Nobody:
    """Watches nothing."""

    def part(self, number: int, of: int) -> None:
        pass

    def figures(self, values: Mapping[str, float], step: int, epoch: float) -> None:
        pass

    def between_steps(self, spent: float, seconds: float) -> None:
        pass


class Watched(Callback):
    """Lets a :class:`Watch` in after every step; the budget's clock stands still meanwhile."""

    def __init__(self, watch: Watch, budget: Budget) -> None:
        self._watch, self._budget = watch, budget

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        self._let_in()

    def on_validation_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        self._let_in()

    def _let_in(self) -> None:
        with self._budget.on_hold():
            self._watch.between_steps(min(1.0, self._budget.spent), self._budget.seconds)


class WatchLog(Logger):
    """Hands what Lightning logs to a :class:`Watch`."""

    def __init__(self, watch: Watch, budget: Budget) -> None:
        super().__init__()
        self._watch, self._budget = watch, budget

    @property
    def name(self) -> str:
        return "watch"

    @property
    def version(self) -> str:
        return ""

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        steps = self._budget.steps if step is None else step
        self._watch.figures(metrics, steps, steps / max(1, self._budget.steps_per_epoch))

    def log_hyperparams(self, params: dict[str, Any] | Namespace, *_: Any, **__: Any) -> None:
        pass
