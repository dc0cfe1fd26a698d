"""The worker's side: reads commands, runs one job at a time, ends with its client."""

from __future__ import annotations

import _thread
import logging
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from MTINetLib.alive import owner_is_gone
from MTINetLib.unfinished import keep_notes_in
from MTINetLib.worker.channel import (
    BEGUN,
    COMMANDS,
    EVENTS,
    NO_EVENTS,
    PROTOCOL,
    LineReader,
    LineWriter,
    parsed,
)
from MTINetLib.worker.clear_unfinished import clear_own_unfinished
from MTINetLib.worker.faults import fault_of
from MTINetLib.worker.jobs import JobContext, JobProgress, find_job
from MTINetLib.worker.log_length import keep_log_short
from MTINetLib.worker.warm import WarmState

_LOG = logging.getLogger(__name__)
#: Seconds between two looks at the commands, and between two looks whether the client is still there.
_LOOK_S = 0.01
_ALIVE_S = 0.25
#: A job that did not see its cancellation by then is interrupted wherever its Python code is.
_INTERRUPT_S = 0.2


class Server:
    """Serves one client.

    Args:
        run: the folder of this run, with the commands and events; the private folder holds it.
    """

    def __init__(self, run: Path) -> None:
        self._run, self._folder = run, run.parent
        self._events = LineWriter(run / EVENTS)
        self._state = WarmState(self._folder)
        keep_notes_in(run / BEGUN)
        self._waiting: queue.SimpleQueue[Mapping[str, Any]] = queue.SimpleQueue()
        self._cancelled: dict[int, float] = {}
        self._words: dict[int, queue.SimpleQueue[str]] = {}
        self._running: int | None = None
        self._interruptible = False

    def serve(self) -> None:
        """Until the client has gone, which ends the process."""
        threading.Thread(target=self._watch, daemon=True, name="commands").start()
        self._say({"ready": PROTOCOL, "pid": os.getpid(), "python": sys.version.split()[0]})
        while True:
            command = self._waiting.get()
            self._serve(command)

    def _serve(self, command: Mapping[str, Any]) -> None:
        number, name = command.get("submit"), command.get("job")
        arguments = command.get("arguments")
        if not (isinstance(number, int) and isinstance(name, str) and isinstance(arguments, Mapping)):
            _LOG.warning("a command that is none was left out")
            return
        try:
            self._say({"done": number, "result": self._result(number, name, arguments)})
        except BaseException as error:
            fault = fault_of(error)
            if fault.place:
                _LOG.error("%s: %s", name, fault.place)
            self._say({"failed": number, **asdict(fault)})
        self._cancelled.pop(number, None)
        self._words.pop(number, None)

    def _result(self, number: int, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        # Anew for each job: Lightning puts its own in the place of this one.
        signal.signal(signal.SIGINT, self._interrupted)
        try:
            self._running = number
            self._interruptible = True
            progress = JobProgress(
                lambda stage, done, total: self._say({"progress": number, "at": [stage.value, done, total]}),
                lambda: number in self._cancelled,
            )
            context = JobContext(
                self._folder,
                progress,
                lambda kind, data: self._say({"news": number, "kind": kind, "data": dict(data)}),
                self._state,
                self._words.setdefault(number, queue.SimpleQueue()),
            )
            progress.check()
            return dict(find_job(name)(arguments, context))
        finally:
            self._interruptible = False
            self._running = None

    def _interrupted(self, *_: object) -> None:
        """In the main thread, between two steps of its Python code."""
        if self._interruptible and self._running in self._cancelled:
            self._interruptible = False
            raise KeyboardInterrupt

    def _watch(self) -> None:
        """In a thread of its own: commands come in, cancellations at once, and the client may go."""
        reader = LineReader(self._run / COMMANDS)
        looked = time.monotonic()
        while True:
            for line in reader.lines():
                self._take(line)
            now = time.monotonic()
            self._interrupt_late(now)
            if now - looked >= _ALIVE_S:
                looked = now
                keep_log_short()
                if owner_is_gone(self._folder):
                    self._end()
            time.sleep(_LOOK_S)

    def _take(self, line: bytes) -> None:
        command = parsed(line)
        if command is None:
            _LOG.warning("a line that is no command was left out")
        elif isinstance(command.get("cancel"), int):
            self._cancelled[command["cancel"]] = time.monotonic()
        elif isinstance(command.get("control"), int):
            self._words.setdefault(command["control"], queue.SimpleQueue()).put(str(command.get("word")))
        elif "end" in command:
            end_with_folder(None)
        else:
            self._waiting.put(command)

    def _interrupt_late(self, now: float) -> None:
        asked = self._cancelled.get(self._running) if self._running is not None else None
        if self._interruptible and asked is not None and now - asked >= _INTERRUPT_S:
            _interrupt_main_thread()

    def _say(self, event: Mapping[str, Any]) -> None:
        try:
            self._events.write(event)
        except OSError:
            # The disk is full or the folder gone: without events there is no way to say so.
            if owner_is_gone(self._folder):
                self._end()
            os._exit(NO_EVENTS)

    def _end(self) -> None:
        """The client has gone: end without a trace, also of what a job has begun to write."""
        clear_own_unfinished(self._run / BEGUN)
        end_with_folder(self._folder)


def _interrupt_main_thread() -> None:
    """A true signal where there are such: it ends waiting too."""
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:
        main = threading.main_thread().ident
        if main is not None:
            signal.pthread_kill(main, signal.SIGINT)


def end_with_folder(folder: Path | None) -> None:
    """End this process and those that it started, at once; the folder goes first."""
    if folder is not None:
        shutil.rmtree(_out_of_the_way(folder), ignore_errors=True)
    if sys.platform == "win32":
        subprocess.Popen(
            ["taskkill", "/PID", str(os.getpid()), "/T", "/F"], creationflags=subprocess.CREATE_NO_WINDOW
        )
        time.sleep(2)
    elif os.getpgrp() == os.getsid(0):
        # The client starts the worker in a session of its own; a shell does not.
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(0)


def _out_of_the_way(folder: Path) -> Path:
    """The folder under another name, so that the job that still runs puts nothing new into it."""
    os.chdir(folder.parent)
    gone = folder.with_name(f"{folder.name}.gone")
    try:
        return folder.rename(gone)
    except OSError:  # Windows keeps the name while a file in it is open
        return folder
