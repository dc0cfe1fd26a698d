"""The training run: dataset folder in, run folder with checkpoints, logs and a model folder out."""

from __future__ import annotations

import logging
import signal
import threading
import warnings
from dataclasses import dataclass
from pathlib import Path

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger
from torch.utils.data import DataLoader

from MTINetLib.errors import Cancelled, InputError
from MTINetLib.progress import Progress, Silent
from MTINetLib.training.budget import Budget
from MTINetLib.training.callbacks import (
    BudgetEnd,
    LossBar,
    TellProgress,
    checkpoint_callbacks,
    early_stopping,
)
from MTINetLib.training.dataset import BatchMaker, Sample, SliceDataset
from MTINetLib.training.export import export_model
from MTINetLib.training.folds import Split, split_patients, write_split
from MTINetLib.training.lightning_module import MTINetTraining
from MTINetLib.training.prepare import prepare_dataset
from MTINetLib.training.run_folder import RunFolder, keep_metrics, merge_metrics, open_run
from MTINetLib.training.sampling import NO_LESION, DrawSampler, validation_draws
from MTINetLib.training.settings import TrainingSettings
from MTINetLib.training.slice_store import SliceStore

logger = logging.getLogger(__name__)

#: Curves that the discriminator's scale is taken from.
_CURVES = 256
_VALIDATION_BATCH = 8


@dataclass(frozen=True)
class TrainingResult:
    """What a run left.

    Args:
        run: its folder.
        model: the model folder in it.
        sha256: of the model's weights.
        scores: validation figures of the exported weights, such as ``dice``, ``mae``, ``score``.
        steps, minutes: spent in all, those before a resume included.
    """

    run: Path
    model: Path
    sha256: str
    scores: dict[str, float]
    steps: int
    minutes: float


def train(
    dataset: Path,
    run: Path,
    settings: TrainingSettings,
    *,
    resume: bool = False,
    progress: Progress | None = None,
    bar: bool = False,
    cache: Path | None = None,
    split: Split | None = None,
    name: str = "",
) -> TrainingResult:
    """Train a network on a dataset folder and export the best of it.

    Args:
        dataset: a folder as study/dataset_folder.py describes.
        run: made here; with ``resume`` it goes on from its last checkpoint, if it has one.
        progress: hears of preparing and, without ``bar``, of training; may raise Cancelled.
        bar: show Lightning's own progress bar with loss, Dice, MAE and accuracy on the terminal.
        cache: prepared slices, ``run/cache`` if None; several runs may share one.
        split: patients to train and to validate on; drawn by the seed if None.
        name: of the exported model.

    Raises:
        InputError: the dataset, the settings or the run folder cannot be used.
        Cancelled: by ``progress`` or Ctrl+C; the run can be resumed from its last epoch.
    """
    progress = progress or Silent()
    folder = open_run(run, settings, resume)
    store = prepare_dataset(
        dataset,
        cache or folder.cache,
        processes=settings.preparation_processes,
        progress=progress,
        size=settings.network.image_size,
    )
    split = split or split_patients(store.cases, settings.validation_share, settings.seed)
    write_split(folder.split, split, store.cases)
    training, validation = store.of_patients(set(split.training)), store.of_patients(set(split.validation))
    pl.seed_everything(settings.seed, verbose=False)
    sampler = _sampler(training, settings)
    budget = Budget(settings, steps_per_epoch=len(sampler))
    module = MTINetTraining(settings, budget)
    _set_curve_statistics(module, training, settings)
    callbacks: list[Callback] = [BudgetEnd(budget), *checkpoint_callbacks(folder)]
    callbacks.append(LossBar() if bar else TellProgress(progress, budget))
    if settings.patience:
        callbacks.append(early_stopping(settings.patience))
    trainer = _trainer(folder, settings, callbacks, bar)
    sampler.epoch_of = lambda: trainer.current_epoch
    sampler.rank = trainer.global_rank
    loaders = (
        _training_loader(training, sampler, settings),
        _validation_loader(validation, settings, trainer.global_rank, trainer.world_size),
    )
    last = folder.last if resume and folder.last.is_file() else None
    try:
        _fit(trainer, module, loaders, last)
    finally:
        merge_metrics(folder)
    return _exported(folder, module, settings, budget, name)


def _fit(
    trainer: pl.Trainer, module: MTINetTraining, loaders: tuple[DataLoader[Sample], ...], last: Path | None
) -> None:
    """Fit; Ctrl+C, which Lightning turns into an exit of the process, comes out as Cancelled."""
    # Its notes on devices and on other products are not for our users.
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT)
    with warnings.catch_warnings():
        # It advises more loader processes than there are cores to spare.
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        # The averaged network is in eval mode on purpose.
        warnings.filterwarnings("ignore", message=".*in eval mode at the start of training.*")
        warnings.filterwarnings("ignore", message=".*treespec, LeafSpec.*")
        warnings.filterwarnings("ignore", message=".*logs directory .* exists and is not empty.*")
        warnings.filterwarnings("ignore", message=".*Checkpoint directory .* exists and is not empty.*")
        try:
            trainer.fit(module, loaders[0], loaders[1], ckpt_path=last)
        except (SystemExit, KeyboardInterrupt):
            raise Cancelled("Training was interrupted; resume it (--resume) from its last epoch.") from None
        finally:
            if main:
                signal.signal(signal.SIGINT, handler)


def _sampler(store: SliceStore, settings: TrainingSettings) -> DrawSampler:
    world = settings.devices * settings.nodes
    return DrawSampler(
        store,
        settings.sampling,
        batch_size=settings.batch_size,
        steps=settings.steps_per_epoch,
        tumour_share=settings.tumour_share,
        seed=settings.seed,
        world=world,
    )


def _training_loader(
    store: SliceStore, sampler: DrawSampler, settings: TrainingSettings
) -> DataLoader[Sample]:
    augmentation = settings.augmentation if settings.augmentation.strength > 0 else None
    return DataLoader(
        SliceDataset(store, settings.network.lesion_focus),
        batch_sampler=sampler,
        collate_fn=BatchMaker(augmentation),
        num_workers=settings.workers,
        persistent_workers=settings.workers > 0,
        pin_memory=torch.cuda.is_available(),
        # Its own stream, so that starting an epoch does not move the one that dropout uses.
        generator=torch.Generator().manual_seed(settings.seed),
    )


def _validation_loader(
    store: SliceStore, settings: TrainingSettings, rank: int, world: int
) -> DataLoader[Sample]:
    draws = validation_draws(store, settings.validation_slices, settings.seed)
    batches = [draws[start : start + _VALIDATION_BATCH] for start in range(0, len(draws), _VALIDATION_BATCH)]
    return DataLoader(
        SliceDataset(store, settings.network.lesion_focus),
        batch_sampler=batches[rank::world],
        collate_fn=BatchMaker(None),
        num_workers=min(1, settings.workers),
        pin_memory=torch.cuda.is_available(),
        generator=torch.Generator().manual_seed(settings.seed),
    )


def _set_curve_statistics(module: MTINetTraining, store: SliceStore, settings: TrainingSettings) -> None:
    """The discriminator sees curves in units of their own spread."""
    if module.discriminator is None:
        return
    draws = [draw for draw in validation_draws(store, 2 * _CURVES, settings.seed) if draw.lesion != NO_LESION]
    dataset, make = SliceDataset(store, settings.network.lesion_focus), BatchMaker(None)
    curves = [make([dataset[draw]]).curve[0] for draw in draws]
    if len(curves) > 1:
        stacked = torch.stack(curves)
        module.discriminator.set_curve_statistics(stacked.mean(0), stacked.std(0))


def _trainer(
    folder: RunFolder, settings: TrainingSettings, callbacks: list[Callback], bar: bool
) -> pl.Trainer:
    keep_metrics(folder)
    loggers: list[Logger] = [
        CSVLogger(folder.path, name="", version="", flush_logs_every_n_steps=1),
        TensorBoardLogger(folder.path, name="", version="tensorboard"),
    ]
    return pl.Trainer(
        accelerator=settings.accelerator,
        devices=settings.devices,
        num_nodes=settings.nodes,
        strategy=settings.strategy,
        precision="bf16-mixed" if settings.precision == "bf16" else "32-true",
        max_epochs=-1,  # the budget ends the run
        callbacks=callbacks,
        logger=loggers,
        log_every_n_steps=settings.log_every,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        enable_progress_bar=bar,
        enable_model_summary=False,
        benchmark=True,
        default_root_dir=folder.path,
    )


def _exported(
    folder: RunFolder, module: MTINetTraining, settings: TrainingSettings, budget: Budget, name: str
) -> TrainingResult:
    """The best checkpoint as a model folder."""
    if not folder.best.is_file():
        raise InputError("The run ended before its first validation and left no model; enlarge its budget.")
    state = torch.load(folder.best, map_location="cpu", weights_only=False)
    module.load_state_dict(state["state_dict"])
    scores = {key: float(value) for key, value in state["scores"].items()}
    digest = export_model(folder.model, module.best_network, settings, scores, name)
    return TrainingResult(folder.path, folder.model, digest, scores, budget.steps, budget.seconds / 60)
