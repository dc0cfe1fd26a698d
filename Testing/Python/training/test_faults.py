"""Each way in which a training fails ends in a sentence that says what to do."""

from __future__ import annotations

import errno
import os
import queue
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support.small_dataset import SHORT, tiny_network, write_small_dataset
from torch.utils.data import DataLoader, Dataset

from MTINetLib.errors import Cancelled, InputError, MissingResourceError, Stopped
from MTINetLib.training import run_folder, settings
from MTINetLib.training.faults import explained
from MTINetLib.worker import training_settings
from MTINetLib.worker.jobs import JobContext, JobProgress
from MTINetLib.worker.training_jobs import train
from MTINetLib.worker.training_requests import Train
from MTINetLib.worker.training_settings import is_cross_validation, run_settings
from MTINetLib.worker.training_watch import RunWatch
from MTINetLib.worker.warm import WarmState

QUICK = settings.PRESETS["quick"]


def context(folder: Path, sent: list[tuple[str, Mapping[str, Any]]] | None = None) -> JobContext:
    told = sent if sent is not None else []
    progress = JobProgress(lambda *_: None, lambda: False)
    return JobContext(folder, progress, lambda kind, data: told.append((kind, data)), WarmState(folder))


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "The GPU ran out .* train on the CPU"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you"), "a batch of 1 instead of 2 slices"),
        (MemoryError(), "The computer ran out of memory"),
        (OSError(errno.ENOSPC, "No space left on device"), "is full: make room on it, then resume the run"),
        (OSError(errno.EACCES, "Permission denied"), r"could not be read or written \(Permission denied\)"),
        (RuntimeError("PytorchStreamWriter failed writing file data/7"), "A checkpoint could not be written"),
        (RuntimeError("DataLoader worker (pid 7) is killed by signal: Killed. "), "memory is full"),
        (RuntimeError("DataLoader worker (pid 7) is killed by signal: Segmentation fault. "), "signal 11"),
        (RuntimeError("DataLoader worker (pid 7) is killed by signal: Bus error. It"), "memory full"),
        (RuntimeError("DataLoader worker (pid(s) 7) exited unexpectedly"), "nobody knows why"),
        (RuntimeError("CUDA error: device-side assert triggered"), "The GPU failed .CUDA error: device"),
    ],
)  # fmt: skip
def test_faults_of_the_machine_become_sentences(fault: Exception, sentence: str) -> None:
    with pytest.raises(MissingResourceError, match=sentence), explained(Path("run"), QUICK):
        raise fault


class Dies(Dataset[int]):
    """Its loading process ends in a way of its own."""

    def __init__(self, how: int) -> None:
        self._how = how

    def __len__(self) -> int:
        return 2

    def __getitem__(self, _: int) -> int:
        if self._how < 0:
            os.kill(os.getpid(), -self._how)
        os._exit(self._how)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        (-9, r"was killed from outside \(signal 9\), as the system does when the memory is full"),
        (-11, r"crashed \(signal 11, SIGSEGV\)"),
        (-15, r"crashed \(signal 15, SIGTERM\)"),
        (5, r"ended by itself \(exit code 5\)"),
    ],
)
def test_a_dead_loading_process_is_named_by_how_it_died(how: int, sentence: str) -> None:
    with pytest.raises(MissingResourceError, match=sentence), explained(Path("run"), QUICK):
        list(DataLoader(Dies(how), num_workers=1))


def test_other_faults_stay_what_they_are() -> None:
    for fault in (RuntimeError("shapes differ"), InputError("Case a: no."), ZeroDivisionError()):
        with pytest.raises(type(fault), match=str(fault) or None), explained(Path("run"), QUICK):
            raise fault
    with pytest.raises(Cancelled), explained(Path("run"), QUICK):
        raise KeyboardInterrupt


def test_a_disk_that_is_full_while_a_run_is_begun_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(run_folder, "_write_json", full)
    dataset = write_small_dataset(tmp_path / "data")
    request = Train(
        str(dataset), str(tmp_path / "run"), "quick", device="cpu", changes=(*SHORT, *tiny_network())
    )
    with pytest.raises(MissingResourceError, match=r"The disk of .*run is full: make room"):
        train(request.to_dict(), context(tmp_path))


def test_a_loss_that_is_no_number_ends_the_run(tmp_path: Path) -> None:
    watch = RunWatch(context(tmp_path))
    with pytest.raises(InputError, match="no finite number any more after step 7"):
        watch.figures({"train/loss": float("nan")}, 7, 0.1)


def test_figures_are_told_sparsely_but_validations_always(tmp_path: Path) -> None:
    sent: list[tuple[str, Mapping[str, Any]]] = []
    watch = RunWatch(context(tmp_path, sent))
    for step in range(50):
        watch.figures({"train/loss": 1.0}, step, step / 10)
    for step in range(3):
        watch.figures({"val/score": 0.5, "val/mae": float("inf")}, step, step / 10)
    assert 1 <= sum("train/loss" in data["values"] for _, data in sent) < 5
    assert [data["values"] for _, data in sent[-3:]] == [{"val/score": 0.5}] * 3


def test_the_time_left_counts_the_folds_to_come(tmp_path: Path) -> None:
    sent: list[tuple[str, Mapping[str, Any]]] = []
    watch = RunWatch(context(tmp_path, sent))
    watch.part(2, 3)
    watch.between_steps(0.25, 100.0)
    assert sent[1:] == [("pace", {"part": 2, "parts": 3, "spent": 0.25, "left_s": 400.0 * 0.75 + 400.0})]


def test_words_hold_and_stop_a_run(tmp_path: Path) -> None:
    sent: list[tuple[str, Mapping[str, Any]]] = []
    made = context(tmp_path, sent)
    made.words = queue.SimpleQueue()
    watch = RunWatch(made)
    for word in ("pause", "resume", "pause", "stop"):
        made.words.put(word)
    watch.between_steps(0.1, 0.1)
    with pytest.raises(Stopped):
        watch.between_steps(0.1, 0.1)
    assert [kind for kind, _ in sent if kind != "pace"] == ["paused", "resumed", "paused"]


def test_a_budget_of_the_users_replaces_the_recipes(tmp_path: Path) -> None:
    base = Train("data", str(tmp_path / "run"), "demo", device="cpu")
    made = run_settings(Train(**{**vars(base), "epochs": 4, "batch_size": 2}))
    assert (made.epochs, made.max_steps, made.max_minutes, made.batch_size) == (4, None, None, 2)
    folds = run_settings(Train(**{**vars(base), "minutes": 30.0, "folds": 3}))
    assert (folds.max_minutes, folds.folds, folds.max_steps) == (10.0, 3, None)
    assert run_settings(base).max_steps == settings.PRESETS["demo"].max_steps
    assert (made.accelerator, made.workers) == ("cpu", 0)
    for bad in ({"epochs": 1, "minutes": 1.0}, {"folds": 0}, {"preset": "best"}, {"device": "cuda:1x"}):
        with pytest.raises(InputError):
            run_settings(Train(**{**vars(base), **bad}))  # type: ignore[arg-type]


def test_a_resumed_run_keeps_its_own_settings(tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / "fold-1").mkdir(parents=True)
    begun = settings.training_preset("quick", ["batch_size=5", "folds=4"])
    run_folder._write_json(run / "fold-1" / "config.json", begun.to_dict())
    request = Train("data", str(run), "demo", device="cpu", batch_size=9, resume=True)
    made = run_settings(request)
    assert (made.preset, made.batch_size, made.folds, made.max_steps) == ("quick", 5, 4, begun.max_steps)
    assert is_cross_validation(request)
    (run / "fold-1" / "config.json").write_text("{")
    with pytest.raises(InputError, match="is damaged; start a new run"):
        run_settings(request)


def test_a_core_is_left_to_slicer(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(training_settings.torch, "set_num_threads", asked.append)
    monkeypatch.setattr(training_settings.torch, "get_num_threads", lambda: 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    training_settings.leave_a_core()
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    training_settings.leave_a_core()
    assert asked == [7, 1]
