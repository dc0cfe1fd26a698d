"""One run from its training to its kept result; a system that fails leaves its sentence in place of "
"figures."""

from __future__ import annotations

import logging
import os
import shutil
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from MTINetLib.claim import claimed
from MTINetLib.errors import Cancelled, InputError, MTINetError
from MTINetLib.evaluation.machine import describe_machine
from MTINetLib.experiment.cost import network_cost
from MTINetLib.experiment.folder import ExperimentFolder
from MTINetLib.experiment.judge import MASK_THRESHOLD, judge
from MTINetLib.experiment.plan import PlannedRun
from MTINetLib.experiment.scores import Cost, RunResult
from MTINetLib.experiment.splits import fold_parts
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.systems.known import system_of
from MTINetLib.systems.slice_answers import answer_slices
from MTINetLib.systems.train_system import train_system
from MTINetLib.training.settings import TrainingSettings
from MTINetLib.training.slice_store import SliceStore
from MTINetLib.training.train import prepared

#: Says that a training was begun, and can go on from its last checkpoint.
RUN_SETTINGS = "config.json"
#: So often a run may take its process with it before it counts as failed.
MOST_ATTEMPTS = 3
#: A process keeps the GPU that its first run was given.
_gpu: list[str] = []


class _OnlyTraining(Silent):
    """Hands on what training and answering tell; of slices that are prepared already nobody need hear."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._on = progress, False

    def start(self, stage: Stage, total: int) -> None:
        self._on = stage is Stage.TRAINING
        if self._on:
            self._progress.start(stage, total)

    def update(self, done: int) -> None:
        if self._on:
            self._progress.update(done)

    def finish(self) -> None:
        if self._on:
            self._progress.finish()
        self._on = False


@contextmanager
def _told_once() -> Iterator[None]:
    """Warnings about the dataset were given before the first run."""
    log = logging.getLogger("MTINetLib.training.prepare")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


@dataclass(frozen=True)
class RunOrder:
    """All that a process needs to do one run.

    Args:
        settings: that all systems share, with classes and phases.
        folds: of the experiment.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:n``.
        shown: case and place of the slices whose masks are kept for the pictures.
        own_recipe: whether the system trains with its published optimiser, or with the common one.
    """

    run: PlannedRun
    dataset: Path
    out: Path
    cache: Path
    settings: TrainingSettings
    folds: int
    device: str
    shown: tuple[tuple[str, int], ...] = ()
    own_recipe: bool = True


def title(order: RunOrder) -> str:
    """For people."""
    return order.run.title


def carry_out(order: RunOrder, progress: Progress | None = None) -> RunResult | None:
    """Do a run and keep its result; None where another process is at it.

    Raises:
        Cancelled, KeyboardInterrupt: it was stopped, and can be done again.
    """
    folder, run = ExperimentFolder(order.out), order.run
    kept = folder.result(run)
    if kept is not None:
        return kept
    with ExitStack() as held:
        try:
            held.enter_context(claimed(folder.run(run)))
        except InputError:
            return None
        kept = folder.result(run)  # another process may have ended it just before
        return kept or _done(order, folder, progress or Silent())


def _done(order: RunOrder, folder: ExperimentFolder, progress: Progress) -> RunResult:
    run = order.run
    before = folder.attempts_before(run)
    if before >= MOST_ATTEMPTS:
        why = f"Its process ended without a word {before} times, as it does when the memory is full."
        result = RunResult(run.system, run.fold, run.seed, why)
    else:
        folder.begin_attempt(run)
        try:
            result = _result(order, folder, progress)
        except (Cancelled, KeyboardInterrupt):
            folder.take_attempt_back(run)
            raise
    folder.keep(run, replace(result, machine=describe_machine()))
    folder.attempts(run).unlink(missing_ok=True)
    shutil.rmtree(folder.work(run), ignore_errors=True)
    return result


def _result(order: RunOrder, folder: ExperimentFolder, progress: Progress) -> RunResult:
    run = order.run
    try:
        with _told_once():
            return _trained_and_judged(order, folder, _OnlyTraining(progress))
    except Cancelled:
        raise
    except Exception as error:
        # Whatever a system's libraries raise: the others go on.
        folder.trouble(run).write_text(traceback.format_exc(), encoding="utf-8")
        return RunResult(run.system, run.fold, run.seed, _sentence(error))


def _sentence(error: Exception) -> str:
    words = " ".join(str(error).split())
    if isinstance(error, MTINetError) and words:
        return words
    if isinstance(error, MemoryError):
        return "The memory was not enough for it."
    return f"{type(error).__name__}: {words}"[:500]


def _trained_and_judged(order: RunOrder, folder: ExperimentFolder, progress: Progress) -> RunResult:
    run, system = order.run, system_of(order.run.system)
    device, settings = _on_device(order)
    store = prepared(order.dataset, order.cache, settings, progress).telling_apart(settings.classes)
    parts = fold_parts(store.cases, order.folds, run.fold, run.seed, settings.validation_share)
    work = folder.work(run)
    begun = (work / RUN_SETTINGS).is_file()
    if not begun:
        shutil.rmtree(work, ignore_errors=True)
    trained = train_system(
        system,
        order.dataset,
        work,
        settings,
        parts.split,
        cache=order.cache,
        progress=progress,
        resume=begun,
        own_recipe=order.own_recipe,
    )
    judged = store.of_patients(set(parts.judged))
    started = time.perf_counter()
    answers = answer_slices(trained.model, judged, judged.entries, device=device, progress=progress)
    ms = 1000 * (time.perf_counter() - started) / max(1, len(judged.entries))
    rows = judge(judged, answers)
    folder.keep_masks(run, _shown(judged, answers.mask, order.shown))
    cost = Cost(*network_cost(trained.model, judged), ms, 60 * trained.minutes, trained.steps)
    return RunResult(run.system, run.fold, run.seed, "", cost, rows.slices, rows.lesions, rows.patients)


def _on_device(order: RunOrder) -> tuple[str, TrainingSettings]:
    """The device for answers, and the run's settings with the accelerator for its training."""
    device = order.device
    if device.startswith("cuda:"):
        if not _gpu:
            _gpu.append(device.partition(":")[2])
            os.environ["CUDA_VISIBLE_DEVICES"] = _gpu[0]
        device = "cuda"
    accelerator = {"cpu": "cpu", "cuda": "gpu"}.get(device, "auto")
    return device, replace(order.settings, seed=order.run.seed, accelerator=accelerator)


def _shown(
    store: SliceStore, mask: Any, shown: Sequence[tuple[str, int]]
) -> dict[str, np.ndarray[Any, np.dtype[np.bool_]]]:
    if mask is None:
        return {}
    wanted = set(shown)
    return {
        f"{store.cases[entry.case].case} {entry.z}": np.asarray(mask[n]) > MASK_THRESHOLD
        for n, entry in enumerate(store.entries)
        if (store.cases[entry.case].case, entry.z) in wanted
    }
