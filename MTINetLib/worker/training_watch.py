"""Between a training run and the client: figures and progress go out, words come in."""

from __future__ import annotations

import math
import queue
import time
from collections.abc import Mapping
from typing import NoReturn

from MTINetLib.errors import InputError, Stopped
from MTINetLib.presentation.statements import error_of
from MTINetLib.progress import Stage
from MTINetLib.worker.jobs import JobContext
from MTINetLib.worker.training_requests import PAUSE, RESUME, STOP, Figures, Pace

#: Seconds between two figures of batches and between two estimates of the time left.
_FIGURES_S, _PACE_S = 0.2, 0.5
#: While held, a cancel is noticed after so many seconds.
_HELD_LOOK_S = 0.2
#: No estimate of the time left before so many seconds of training.
_ESTIMATE_AFTER_S = 3.0


class RunWatch:
    """A :class:`MTINetLib.training.watch.Watch` and a Progress in one, for one ``train`` job."""

    def __init__(self, context: JobContext) -> None:
        self._context = context
        self._part, self._parts = 1, 1
        self._told_figures = self._told_pace = -math.inf

    def start(self, stage: Stage, total: int) -> None:
        self._context.progress.start(stage, total)
        self._listen()

    def update(self, done: int) -> None:
        self._context.progress.update(done)
        self._listen()

    def finish(self) -> None:
        self._context.progress.finish()

    def part(self, number: int, of: int) -> None:
        self._part, self._parts = number, of
        self._context.news("pace", Pace(number, of, 0.0, None).to_dict())

    def figures(self, values: Mapping[str, float], step: int, epoch: float) -> None:
        loss = values.get("train/loss", 0.0)
        if not math.isfinite(loss):
            raise error_of(InputError, "loss_not_finite", step=step)
        now = time.monotonic()
        if "train/loss" in values:
            if now - self._told_figures < _FIGURES_S:
                return
            self._told_figures = now
        finite = {name: float(value) for name, value in values.items() if math.isfinite(value)}
        self._context.news("metrics", Figures(self._part, self._parts, step, epoch, finite).to_dict())

    def between_steps(self, spent: float, seconds: float) -> None:
        self._listen()
        now = time.monotonic()
        if now - self._told_pace < _PACE_S:
            return
        self._told_pace = now
        left = None
        if spent > 0 and seconds >= _ESTIMATE_AFTER_S:
            left = seconds / spent * (1 - spent + self._parts - self._part)
        self._context.news("pace", Pace(self._part, self._parts, spent, left).to_dict())

    def _listen(self) -> None:
        self._context.progress.check()
        try:
            word = self._context.words.get_nowait()
        except queue.Empty:
            return
        if word == STOP:
            _stop()
        if word == PAUSE:
            self._hold()

    def _hold(self) -> None:
        """Wait without using the processor."""
        self._context.news("paused", {})
        word = ""
        while word not in (RESUME, STOP):
            try:
                word = self._context.words.get(timeout=_HELD_LOOK_S)
            except queue.Empty:
                self._context.progress.check()
        if word == STOP:
            _stop()
        self._context.news("resumed", {})


def _stop() -> NoReturn:
    raise error_of(Stopped, "stopped_without_model")
