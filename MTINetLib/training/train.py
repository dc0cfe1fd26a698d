"""The training run: dataset folder in, run folder with checkpoints, logs and a model folder out."""

from __future__ import annotations

import logging
import signal
import threading
import warnings
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger

from MTINetLib.errors import Cancelled, InputError, Stopped
from MTINetLib.models.info import read_info
from MTINetLib.models.preprocessing import preprocessing_for
from MTINetLib.progress import Progress, Silent
from MTINetLib.study.phase import phase_set
from MTINetLib.training.budget import Budget
from MTINetLib.training.callbacks import (
    BudgetEnd,
    LossBar,
    TellProgress,
    checkpoint_callbacks,
    early_stopping,
)
from MTINetLib.training.checkpoints import (
    DamagedCheckpoint,
    ResumePoint,
    WholeCheckpoints,
    read_checkpoint,
    resume_point,
)
from MTINetLib.training.devices import usable_accelerator
from MTINetLib.training.export import export_model
from MTINetLib.training.folds import Split, split_patients
from MTINetLib.training.lightning_module import MTINetTraining
from MTINetLib.training.loaders import SliceLoaders
from MTINetLib.training.prepare import prepare_dataset
from MTINetLib.training.processes import is_first_process, wait_for
from MTINetLib.training.run_classes import classes_of_run, keep_classes
from MTINetLib.training.run_folder import RunFolder, begin_run, check_run, keep_metrics, merge_metrics
from MTINetLib.training.run_phases import for_dataset
from MTINetLib.training.run_split import DataChanges, parts_of, parts_of_run, split_of, write_split
from MTINetLib.training.scaled_by_model import scaled_by_model
from MTINetLib.training.settings import TrainingSettings
from MTINetLib.training.slice_store import SliceStore
from MTINetLib.training.starting_model import read_starting_model
from MTINetLib.training.watch import Nobody, Watch, Watched, WatchLog

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingResult:
    """What a run left.

    Args:
        run: its folder.
        model: the model folder in it.
        sha256: of the model's weights.
        scores: validation figures of the exported weights, such as ``dice``, ``mae``, ``score``.
        steps, minutes: spent in all, those before a resume included.
        finished: False if the run was stopped before its budget was spent.
        validation: patients that the network was validated on, and not trained on.
    """

    run: Path
    model: Path
    sha256: str
    scores: dict[str, float]
    steps: int
    minutes: float
    finished: bool = True
    validation: tuple[str, ...] = ()


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
    watch: Watch | None = None,
    data_changes: DataChanges = "refuse",
    start_from: Path | None = None,
    mix: Path | None = None,
) -> TrainingResult:
    """Train a network on a dataset folder and export the best of it.

    Args:
        dataset: a folder as dataset/folder.py describes.
        run: made here; with ``resume`` it goes on from its last checkpoint, if it has one.
        progress: hears of preparing and, without ``bar``, of training; may raise Cancelled.
        bar: show Lightning's own progress bar with loss, Dice, MAE and accuracy on the terminal.
        cache: prepared slices, ``run/cache`` if None; several runs may share one.
        split: patients to train and to validate on; if None the run's own, drawn by the seed when it began.
        name: of the exported model.
        watch: gets figures while it trains, and may hold or stop it; a stopped run exports its best
            checkpoint so far.
        data_changes: ``accept`` resumes a run whose dataset has changed, see run_split.py.
        start_from: folder of a model whose weights, network, phases and classes the run begins with; None
            begins with random weights.
        mix: another dataset folder, whose studies are trained on too as ``settings.mix_share`` says; none of
            them ever validates.

    Raises:
        InputError: the dataset, the settings or the run folder cannot be used.
        Cancelled: by ``progress``, Ctrl+C or a stop before the first validation; the run can be resumed
            from its last epoch.
    """
    progress = progress or Silent()
    watch = watch or Nobody()
    folder = RunFolder(run)
    starting = None if start_from is None else read_starting_model(start_from)
    settings = for_dataset(dataset, settings if starting is None else starting.settings_of(settings), mix)
    accelerator = usable_accelerator(settings.accelerator)
    if is_first_process():
        check_run(folder, settings, resume)
    else:
        wait_for(folder.split)
    store = prepared(dataset, cache or folder.cache, settings, progress)
    if start_from is not None:
        store = scaled_by_model(store, start_from)
    more = None if mix is None else prepared(mix, cache or folder.cache, settings, progress)
    settings, store, split = _begun(folder, settings, store, split, data_changes)
    parts = _training_part(store, split, more), store.of_patients(set(split.validation))
    pl.seed_everything(settings.seed, verbose=False)
    loaders = SliceLoaders(*parts, settings)
    point = resume_point(folder.last, folder.best) if resume else ResumePoint(None)
    budget = Budget(settings, loaders.steps_per_epoch)
    module = _module(settings, budget, loaders)
    if starting is not None:
        starting.load_into(module.network, module.average)
    elif settings.started_from and point.checkpoint is None:
        raise InputError("The run has no checkpoint yet; name the model that it starts from again.")
    callbacks: list[Callback] = [BudgetEnd(budget), *checkpoint_callbacks(folder, point.best_lost)]
    callbacks.append(LossBar() if bar else TellProgress(progress, budget))
    callbacks.append(Watched(watch, budget))
    if settings.patience:
        callbacks.append(early_stopping(settings.patience))
    on_device = replace(settings, accelerator=accelerator)
    trainer = _trainer(folder, on_device, callbacks, WatchLog(watch, budget), bar)
    finished = _fit_to_the_end(folder, trainer, module, loaders, point.checkpoint)
    exported = _exported(folder, trainer, module, settings, name)
    return replace(exported, finished=finished, validation=split.validation)


def _begun(
    folder: RunFolder,
    settings: TrainingSettings,
    store: SliceStore,
    split: Split | None,
    data_changes: DataChanges,
) -> tuple[TrainingSettings, SliceStore, Split]:
    """Settings, slices and split of the run; its files are written once nothing can be refused any more."""
    classes = classes_of_run(folder.classes, store, settings)
    learnt, told_apart = settings.for_classes(classes), store.telling_apart(classes)
    parts = _parts_of_run(folder, told_apart, settings, split, data_changes)
    if is_first_process():
        begin_run(folder, settings)
        keep_classes(folder.classes, classes)
        write_split(folder.split, parts, store.cases)
    return learnt, told_apart, split or split_of(parts)


def _training_part(store: SliceStore, split: Split, more: SliceStore | None) -> SliceStore:
    """What is trained on; a study of the dataset, whatever its part, is not mixed in again."""
    if more is None:
        return store.of_patients(set(split.training))
    cases = store.with_mixed_in(more).cases
    kept = [case for case in cases if case.mixed_in or case.patient in split.training]
    return SliceStore(kept, store.classes)


def _module(settings: TrainingSettings, budget: Budget, loaders: SliceLoaders) -> MTINetTraining:
    """The network in training; its discriminator knows the scale of the training curves."""
    module = MTINetTraining(settings, budget)
    statistics = loaders.curve_statistics()
    if module.discriminator is not None and statistics is not None:
        module.discriminator.set_curve_statistics(*statistics)
    return module


def _fit_to_the_end(
    folder: RunFolder, trainer: pl.Trainer, module: MTINetTraining, loaders: SliceLoaders, last: Path | None
) -> bool:
    """Fit, with the run's metrics in one file; whether the budget was spent and nobody stopped it."""
    if trainer.is_global_zero:
        keep_metrics(folder)
    try:
        _fit(trainer, module, loaders, last)
    except Stopped:
        if not folder.best.is_file():
            raise
        return False
    finally:
        if trainer.is_global_zero:
            merge_metrics(folder)
    return True


def _parts_of_run(
    folder: RunFolder,
    store: SliceStore,
    settings: TrainingSettings,
    given: Split | None,
    data_changes: DataChanges,
) -> dict[str, str]:
    """The part of each patient: given, kept by the run, or drawn."""
    if given is not None:
        return parts_of(given)

    def draw() -> dict[str, str]:
        return parts_of(split_patients(store.cases, settings.validation_share, settings.seed))

    begun = folder.begun or not is_first_process()
    return parts_of_run(folder.split, store.cases, draw, begun=begun, changes=data_changes)


def prepared(dataset: Path, cache: Path, settings: TrainingSettings, progress: Progress) -> SliceStore:
    """The slices of the dataset; of one that is refused before its first case is prepared nothing stays."""
    made = [path for path in (cache, cache.parent) if not path.exists()]
    try:
        return prepare_dataset(
            dataset,
            cache,
            processes=settings.preparation_processes,
            progress=progress,
            preprocessing=preprocessing_for(settings.network),
            phases=phase_set(settings.phases),
        )
    except BaseException:
        for path in made:
            with suppress(OSError):  # prepared cases stay
                path.rmdir()
        raise


def _hear_of_dead_processes() -> None:
    """Let torch install its handler for processes that die while they load slices, before Lightning begins.

    Torch does so once a process, and Lightning puts back at its end the handlers that it found. Installed
    within the first run, torch's would be gone in the second, and nobody would say how a process had died.
    """
    from torch.utils.data._utils import signal_handling

    signal_handling._set_SIGCHLD_handler()


def _fit(trainer: pl.Trainer, module: MTINetTraining, loaders: SliceLoaders, last: Path | None) -> None:
    """Fit; Ctrl+C, which Lightning turns into an exit of the process, comes out as Cancelled."""
    # Its notes on devices and on other products are not for our users.
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT)
    _hear_of_dead_processes()
    with warnings.catch_warnings():
        # It advises more loader processes than there are cores to spare.
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        # The module itself tells of the last step of an epoch that is shorter than log_every.
        warnings.filterwarnings("ignore", message=".*smaller than the logging interval.*")
        # The averaged network is in eval mode on purpose.
        warnings.filterwarnings("ignore", message=".*in eval mode at the start of training.*")
        warnings.filterwarnings("ignore", message=".*treespec, LeafSpec.*")
        warnings.filterwarnings("ignore", message=".*logs directory .* exists and is not empty.*")
        warnings.filterwarnings("ignore", message=".*Checkpoint directory .* exists and is not empty.*")
        try:
            trainer.fit(module, datamodule=loaders, ckpt_path=last)
        except (SystemExit, KeyboardInterrupt):
            raise Cancelled("Training was interrupted; resume it from its last epoch.") from None
        finally:
            if main:
                signal.signal(signal.SIGINT, handler)


def _trainer(
    folder: RunFolder, settings: TrainingSettings, callbacks: list[Callback], watching: Logger, bar: bool
) -> pl.Trainer:
    strategy = settings.strategy
    if strategy == "auto" and settings.devices * settings.nodes > 1:
        # Generator and discriminator are trained in turn, so each backward leaves some parameters unused.
        strategy = "ddp_find_unused_parameters_true"
    loggers: list[Logger] = [
        CSVLogger(folder.path, name="", version="", flush_logs_every_n_steps=1),
        TensorBoardLogger(folder.path, name="", version="tensorboard"),
        watching,
    ]
    return pl.Trainer(
        accelerator=settings.accelerator,
        devices=settings.devices,
        num_nodes=settings.nodes,
        strategy=strategy,
        precision="bf16-mixed" if settings.precision == "bf16" else "32-true",
        max_epochs=-1,  # the budget ends the run
        callbacks=callbacks,
        logger=loggers,
        plugins=[WholeCheckpoints()],
        log_every_n_steps=settings.log_every,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        enable_progress_bar=bar,
        enable_model_summary=False,
        benchmark=True,
        default_root_dir=folder.path,
    )


def _best(folder: RunFolder) -> dict[str, Any]:
    """The best checkpoint; the last one where that is damaged, which is said."""
    try:
        return read_checkpoint(folder.best)
    except DamagedCheckpoint as error:
        if not folder.last.is_file():
            raise InputError(f"The run leaves no model: {error} Start a new run.") from error
        logger.warning("%s The model is that of the last epoch.", error)
        return read_checkpoint(folder.last)


def _exported(
    folder: RunFolder, trainer: pl.Trainer, module: MTINetTraining, settings: TrainingSettings, name: str
) -> TrainingResult:
    """The best checkpoint as a model folder, written by the first process for all."""
    if not folder.best.is_file():
        raise InputError("The run ended before its first validation and left no model; enlarge its budget.")
    best = _best(folder)
    spent = module.budget.state_dict()
    scores = {key: float(value) for key, value in best["scores"].items()}
    if trainer.is_global_zero:
        module.load_state_dict(best["state_dict"])
        export_model(folder.model, module.best_network, settings, scores, name)
    if trainer.world_size > 1:
        trainer.strategy.barrier("exported")
    digest = read_info(folder.model).sha256
    return TrainingResult(
        folder.path, folder.model, digest, scores, int(spent["steps"]), spent["seconds"] / 60
    )
