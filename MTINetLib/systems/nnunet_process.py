"""nnU-Net's plan, preprocessing and training: ``python -m MTINetLib.systems.nnunet_process ORDER``.

A process of its own: nnunetv2 takes its folders and the number of its helpers from the environment.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from MTINetLib.alive import owner_is_gone
from MTINetLib.exporters.nnunet import SPLITS_FILE, nnunet_folder
from MTINetLib.systems.nnunet import NAME, NUMBER, RESULT_FILE, NnUnetOrder, NnUnetTrained

_DATASET = nnunet_folder(NUMBER, NAME)
_2D = "2d"
_LOOKS_S = 2.0


class _Spent(Exception):  # noqa: N818  (it is no error)
    """The budget is."""


class _Budget:
    """Steps and time of a training.

    Args:
        steps: 0 where the clock counts.
    """

    def __init__(self, minutes: float | None, steps: int, told: Path) -> None:
        self._minutes, self._steps, self._told = minutes, steps, told
        self._started = time.monotonic()
        self.steps = 0

    @property
    def minutes(self) -> float:
        """Since it was made."""
        return (time.monotonic() - self._started) / 60

    @property
    def share(self) -> float:
        """Of the budget that is spent, at most 1."""
        spent = self.steps / self._steps if self._minutes is None else self.minutes / self._minutes
        return min(1.0, spent)

    def count(self) -> None:
        """A step more."""
        self.steps += 1
        with suppress(OSError):  # it is only told
            self._told.write_text(str(self.share), encoding="utf-8")


def main(order: NnUnetOrder) -> None:
    """All of it; what it took lies beside the model in the end."""
    folder = Path(order.folder)
    os.environ |= {
        "nnUNet_raw": str(folder / "raw"),
        "nnUNet_preprocessed": str(folder / "preprocessed"),
        "nnUNet_results": str(folder / "results"),
        "nnUNet_n_proc_DA": "1",  # as threads of its planner, which cannot be 0
        "nnUNet_compile": "f",  # it would take minutes of a short budget
    }
    _prepare(folder)
    os.environ |= {"nnUNet_n_proc_DA": str(order.workers)}
    trainer = _trainer(order)
    batch = trainer.configuration_manager.batch_size
    passes = -(-order.slices // batch)
    steps = order.steps or (order.epochs or 0) * passes
    minutes = None if steps and order.minutes is None else order.minutes
    budget = _Budget(minutes, steps, folder / "share.txt")
    _train(trainer, budget)
    weights = sum(weight.numel() for weight in trainer.network.parameters())
    trained = NnUnetTrained(budget.steps, budget.minutes, batch, weights)
    written = Path(trainer.output_folder_base)
    (written / RESULT_FILE).write_text(json.dumps(asdict(trained)), encoding="utf-8")
    shutil.move(written, order.model)


def _end_with(folder: Path) -> None:
    """End this process when the one that ordered the training has gone."""

    def watch() -> None:
        while not owner_is_gone(folder):
            time.sleep(_LOOKS_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _prepare(folder: Path) -> None:
    """Fingerprint, plan and the slices as the 2D plan wants them, by nnU-Net; the split is the given one."""
    from nnunetv2.experiment_planning import plan_and_preprocess_api as api

    (folder / "preprocessed").mkdir()
    api.extract_fingerprints([NUMBER], num_processes=1)
    api.plan_experiments([NUMBER])
    api.preprocess([NUMBER], configurations=[_2D], num_processes=[1])
    shutil.copy(folder / "raw" / _DATASET / SPLITS_FILE, folder / "preprocessed" / _DATASET / SPLITS_FILE)


def _trainer(order: NnUnetOrder) -> Any:
    import numpy as np
    import torch
    from nnunetv2.run.run_training import get_trainer_from_args

    random.seed(order.seed)
    np.random.seed(order.seed)  # noqa: NPY002  (nnU-Net draws from it)
    torch.manual_seed(order.seed)
    trainer = get_trainer_from_args(str(NUMBER), _2D, 0, device=torch.device(order.device))
    trainer.num_val_iterations_per_epoch = 1  # its last weights are kept, whatever they say
    return trainer


def _train(trainer: Any, budget: _Budget) -> None:
    """nnU-Net's own training, ended with the budget instead of its epochs."""
    own_step = trainer.train_step

    def step(batch: Any) -> Any:
        if budget.share >= 1:
            raise _Spent
        trainer.lr_scheduler.step(budget.share * trainer.num_epochs)
        result = own_step(batch)
        budget.count()
        return result

    trainer.train_step = step
    trainer.disable_checkpointing = True
    with suppress(_Spent):
        trainer.run_training()
    trainer.disable_checkpointing = False
    trainer.on_train_end()


if __name__ == "__main__":
    told = Path(sys.argv[1])
    _end_with(told.parent)
    main(NnUnetOrder(**json.loads(told.read_text(encoding="utf-8"))))
