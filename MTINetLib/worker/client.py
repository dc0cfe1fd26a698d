"""Drives a worker from a program that must not wait: everything happens in :meth:`WorkerClient.poll`."""

from __future__ import annotations

import logging
import os
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from MTINetLib.errors import Cancelled, MissingResourceError, MTINetError
from MTINetLib.fault_place import place_of
from MTINetLib.presentation.statements import error_of
from MTINetLib.private_folder import PrivateFolder
from MTINetLib.progress import Stage
from MTINetLib.worker.faults import Fault
from MTINetLib.worker.process import WorkerProcess, clear_left_runs, default_command

_LOG = logging.getLogger(__name__)
#: How long the end of a killed process is waited for before its job's end is told, and before the folder
#: is removed; Windows keeps open files.
_LAST_WAIT_S = 1.0


class Listener(Protocol):
    """Hears of a call; every method is called from :meth:`WorkerClient.poll`, on its caller's thread."""

    def progress(self, stage: Stage, done: int, total: int) -> None:
        """``done`` of ``total`` steps of a stage are finished."""

    def news(self, kind: str, data: Mapping[str, Any]) -> None:
        """Something else, such as ``metrics`` of a training."""

    def done(self, result: dict[str, Any]) -> None:
        """The job has ended well."""

    def failed(self, error: MTINetError) -> None:
        """It has not; Cancelled if it was cancelled."""


class Deaf:
    """Hears nothing: for callers that use :meth:`WorkerClient.wait`."""

    def progress(self, stage: Stage, done: int, total: int) -> None:
        pass

    def news(self, kind: str, data: Mapping[str, Any]) -> None:
        pass

    def done(self, result: dict[str, Any]) -> None:
        pass

    def failed(self, error: MTINetError) -> None:
        pass


@dataclass(eq=False)
class Call:
    """One job that was asked for.

    Args:
        finished: it has ended, well (``result``) or not (``error``). A job whose process was killed has its
            error before: it ends when the process has gone, and what it had begun to write.
    """

    number: int
    job: str
    arguments: Mapping[str, Any] = field(repr=False)
    listener: Listener = field(repr=False)
    finished: bool = False
    result: dict[str, Any] | None = field(default=None, repr=False)
    error: MTINetError | None = None
    cancelled_at: float | None = None


class WorkerClient:
    """A worker process and the jobs for it, one at a time, in the order of :meth:`submit`.

    The process starts with the first job and again after it was killed or has crashed; it ends with
    :meth:`close`, with this object, or with this process, however that ends.

    Args:
        command: starts the worker; None takes this interpreter.
        environment: variables for it that differ from this process's own.
        cancel_grace_s: seconds that a cancelled job has to end by itself before the process is killed.
    """

    def __init__(
        self,
        command: Sequence[str] | None = None,
        *,
        environment: Mapping[str, str] | None = None,
        cancel_grace_s: float = 0.8,
    ) -> None:
        self._command = list(command) if command is not None else default_command()
        self._environment = dict(environment or {})
        self._grace_s = cancel_grace_s
        self._waiting: list[Call] = []
        self._running: Call | None = None
        self._killed_at = 0.0
        self._numbers = 0
        self._held = _Held()
        self._end = weakref.finalize(self, _Held.release, self._held)

    @property
    def folder(self) -> Path:
        """The private folder, where arrays are exchanged; made when first asked for."""
        return self._held.open_folder()

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._held.process is not None and self._held.process.running

    @property
    def pid(self) -> int | None:
        """The number of the worker's process, None while there is none."""
        return self._held.process.pid if self._held.process is not None and self.running else None

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        return self._running is not None or bool(self._waiting)

    def submit(self, job: str, arguments: Mapping[str, Any], listener: Listener | None = None) -> Call:
        """Ask for a job; it starts when those before it have ended."""
        self._numbers += 1
        call = Call(self._numbers, job, dict(arguments), listener or Deaf())
        self._waiting.append(call)
        self._start_next()
        return call

    def cancel(self, call: Call) -> None:
        """Ask for the end of a job; within the grace its listener hears of it, from :meth:`poll`."""
        if call.finished or call.cancelled_at is not None:
            return
        call.cancelled_at = time.monotonic()
        process = self._held.process
        if call is self._running and process is not None:
            try:
                process.send({"cancel": call.number})
            except MissingResourceError:
                self._kill(error_of(Cancelled, "cancelled"))

    def control(self, call: Call, word: str) -> None:
        """Say a word to the running job, such as ``pause``; one that has ended hears nothing."""
        process = self._held.process
        if call is self._running and process is not None:
            try:
                process.send({"control": call.number, "word": word})
            except MissingResourceError:
                _LOG.warning("the worker could not be told to %s", word)

    def poll(self) -> None:
        """Handle what has happened; never waits, and never raises for the worker's faults."""
        self._hear()
        self._look_at_the_clock()
        self._drop_cancelled()
        self._held.bury()
        self._start_next()

    def wait(
        self, call: Call, process_events: Callable[[], None] | None = None, timeout_s: float | None = None
    ) -> dict[str, Any]:
        """Poll until a job has ended.

        Args:
            process_events: called again and again meanwhile, to keep an event loop going.
            timeout_s: after so many seconds the job is cancelled.

        Raises:
            MTINetError: the job's own error; Cancelled also after the time.
        """
        until = None if timeout_s is None else time.monotonic() + timeout_s
        while not call.finished:
            self.poll()
            if until is not None and time.monotonic() > until:
                self.cancel(call)
            if process_events is not None:
                process_events()
            if not call.finished:
                time.sleep(0.005)
        if call.error is not None:
            raise call.error
        assert call.result is not None
        return call.result

    def close(self) -> None:
        """End the process and what it started, remove the folder; open jobs fail as cancelled."""
        calls = ([self._running] if self._running else []) + self._waiting
        self._running, self._waiting = None, []
        self._held.release()
        for call in calls:
            _finish(call, error=error_of(Cancelled, "cancelled"))

    def _start_next(self) -> None:
        while self._running is None and self._waiting:
            call = self._waiting[0]
            if call.cancelled_at is not None:
                return  # poll tells its listener
            self._waiting.pop(0)
            self._running = call
            try:
                process = self._held.open_process(self._command, self._environment)
                process.send({"submit": call.number, "job": call.job, "arguments": call.arguments})
            except MTINetError as error:
                # Told in the next poll: a caller of submit does not have its call yet.
                self._kill(error)

    def _hear(self) -> None:
        process = self._held.process
        call = self._running
        if call is not None and call.error is not None:
            self._tell_of_the_killed(call.error)
            return
        if process is None:
            return
        alive = process.running
        try:
            for event in process.events():
                self._handle(event)
        except MissingResourceError as error:
            self._kill(error)
            return
        if not alive:
            if self._running is not None:
                _LOG.warning("the worker process has ended by itself")
            self._kill(process.why_ended())  # what it started may still be there

    def _kill(self, error: MTINetError) -> None:
        """End the process; the running job fails with the error when the process has gone."""
        self._held.kill()
        self._killed_at = time.monotonic()
        if self._running is not None:
            self._running.error = error

    def _tell_of_the_killed(self, error: MTINetError) -> None:
        self._held.bury()
        if self._held.all_gone or time.monotonic() - self._killed_at >= _LAST_WAIT_S:
            self._finish_running(error=error)

    def _handle(self, event: Mapping[str, Any]) -> None:
        call = self._running
        number = next((event[word] for word in ("progress", "news", "done", "failed") if word in event), None)
        if call is None or number != call.number:
            return
        if "progress" in event:
            if call.cancelled_at is None:
                stage, done, total = event["at"]
                _tell(lambda: call.listener.progress(Stage(stage), done, total))
        elif "news" in event:
            _tell(lambda: call.listener.news(event["kind"], event["data"]))
        elif "done" in event:
            self._finish_running(result=event["result"])
        else:
            if event["place"]:
                _LOG.error("%s failed: %s", call.job, event["place"])
            self._finish_running(error=Fault(event["kind"], event["code"], event["values"]).error())

    def _look_at_the_clock(self) -> None:
        call, now = self._running, time.monotonic()
        if call is None or call.error is not None:
            return
        if call.cancelled_at is not None and now - call.cancelled_at >= self._grace_s:
            self._kill(error_of(Cancelled, "cancelled"))

    def _drop_cancelled(self) -> None:
        dropped = [call for call in self._waiting if call.cancelled_at is not None]
        self._waiting = [call for call in self._waiting if call.cancelled_at is None]
        for call in dropped:
            _finish(call, error=error_of(Cancelled, "cancelled_unbegun"))

    def _finish_running(self, result: dict[str, Any] | None = None, error: MTINetError | None = None) -> None:
        call, self._running = self._running, None
        if call is None:
            return
        if call.cancelled_at is not None and not isinstance(error, Cancelled):
            # Too late to cancel, or ended by it: what the user asked for is what happens.
            result, error = None, error_of(Cancelled, "cancelled")
        _finish(call, result, error)


class _Held:
    """What must be given back: the process, the lock and the folder; apart, so that ``finalize`` can."""

    def __init__(self) -> None:
        self.process: WorkerProcess | None = None
        self._private: PrivateFolder | None = None
        self._runs = 0
        self._dying: list[WorkerProcess] = []
        self._owner = os.getpid()

    def open_folder(self) -> Path:
        if self._private is None or not self._private.path.is_dir():
            self._private = PrivateFolder("worker", clear_left_runs)
        return self._private.path

    def open_process(self, command: Sequence[str], environment: Mapping[str, str]) -> WorkerProcess:
        if self.process is None or not self.process.running:
            self.kill()
            self._runs += 1
            run = self.open_folder() / f"run-{self._runs}"
            self.process = WorkerProcess(run, command, environment)
        return self.process

    def kill(self) -> None:
        """End the process; it may take a moment to go, which nobody waits for."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            self._dying.append(process)

    @property
    def all_gone(self) -> bool:
        """Whether no killed process was left when they were last buried."""
        return not self._dying

    def bury(self) -> None:
        """Let go of killed processes that have gone by now."""
        self._dying = [process for process in self._dying if not process.gone()]

    def release(self) -> None:
        if os.getpid() != self._owner:
            return  # a fork of the process that owns them
        self.kill()
        for process in self._dying:
            process.gone(_LAST_WAIT_S)
        self._dying = []
        private, self._private = self._private, None
        if private is not None:
            private.close()


def _finish(call: Call, result: dict[str, Any] | None = None, error: MTINetError | None = None) -> None:
    call.finished, call.result, call.error = True, result, error
    if error is not None:
        _tell(lambda: call.listener.failed(error))
    else:
        _tell(lambda: call.listener.done(result or {}))


def _tell(what: Callable[[], None]) -> None:
    """A listener's own fault must not stop the others from hearing."""
    try:
        what()
    except Exception as error:
        _LOG.error("a listener of the worker failed: %s", place_of(error))
