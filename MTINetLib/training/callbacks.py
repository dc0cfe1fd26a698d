"""What watches a run: the budget that ends it, progress, and the kept checkpoints."""

from __future__ import annotations

from typing import Any

import lightning.pytorch as pl
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint, RichProgressBar

from MTINetLib.progress import Progress, Stage
from MTINetLib.training.budget import Budget
from MTINetLib.training.checkpoints import BestCheckpoint
from MTINetLib.training.run_folder import RunFolder

#: Steps of the progress stage where only the clock ends the run.
_CLOCK_STEPS = 1000


class BudgetEnd(Callback):
    """Starts the clock and stops the run when its budget is spent."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._budget.start()
        self._stop_if_spent(trainer)

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        self._stop_if_spent(trainer)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._stop_if_spent(trainer)

    def _stop_if_spent(self, trainer: pl.Trainer) -> None:
        # All processes of a multi-device run must agree, or one would wait for the others for ever.
        if trainer.strategy.reduce_boolean_decision(self._budget.spent >= 1, all=False):
            trainer.should_stop = True


class TellProgress(Callback):
    """Tells a :class:`Progress` how much of the budget is spent; it may raise Cancelled."""

    def __init__(self, progress: Progress, budget: Budget) -> None:
        self._progress, self._budget = progress, budget

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._progress.start(Stage.TRAINING, self._budget.total_steps or _CLOCK_STEPS)

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        total = self._budget.total_steps or _CLOCK_STEPS
        self._progress.update(min(total, int(self._budget.spent * total)))

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._progress.finish()


class LossBar(RichProgressBar):
    """Lightning's bar: loss, dice, mae and accuracy of the last watched batch, and the validation score."""

    def get_metrics(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> dict[str, Any]:
        metrics = super().get_metrics(trainer, pl_module)
        metrics.pop("v_num", None)
        return dict(metrics)


def checkpoint_callbacks(run: RunFolder, best_lost: bool = False) -> list[Callback]:
    """Keep ``best.ckpt`` by val/score, and ``last.ckpt`` of every epoch's end, where a resume is exact."""
    # Two callbacks, because ``save_last`` of one would skip the epochs that are not the best so far.
    best = BestCheckpoint(
        best_lost,
        dirpath=run.checkpoints,
        filename="best",
        monitor="val/score",
        mode="max",
        save_on_train_epoch_end=True,
        enable_version_counter=False,
    )
    last = ModelCheckpoint(
        dirpath=run.checkpoints,
        filename="last",
        save_on_train_epoch_end=True,
        enable_version_counter=False,
    )
    return [best, last]


def early_stopping(patience: int) -> EarlyStopping:
    """Ends the run after ``patience`` validations without a better val/score."""
    return EarlyStopping(monitor="val/score", mode="max", patience=patience, check_on_train_epoch_end=True)
