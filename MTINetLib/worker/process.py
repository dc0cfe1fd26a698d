"""A worker process from the client's side: started, spoken to, looked at, killed with all its children."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from MTINetLib.errors import MissingResourceError
from MTINetLib.interpreter import environment, interpreter
from MTINetLib.presentation.statements import error_of
from MTINetLib.process_tree import detached, kill_tree
from MTINetLib.worker.channel import (
    BEGUN,
    COMMANDS,
    EVENTS,
    LOG,
    NO_EVENTS,
    PROTOCOL,
    RUN_VARIABLE,
    LineReader,
    LineWriter,
    parsed,
)
from MTINetLib.worker.clear_unfinished import clear_unfinished

#: How much of the log's end is looked through for the reason of a failed start.
_LOG_END = 4000


class WorkerProcess:
    """One run of the worker.

    Args:
        run: a new folder inside the private folder, for this run's files.
        command: starts the interpreter with the worker's module.
        environment: variables that differ from this process's own.

    Raises:
        MissingResourceError: it cannot be started.
    """

    def __init__(self, run: Path, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._run = run
        run.mkdir(mode=0o700)
        self._commands = LineWriter(run / COMMANDS)
        self._events = LineReader(run / EVENTS)
        self._killers: list[subprocess.Popen[bytes]] = []
        self.ready = False
        self._pid_inside = 0
        try:
            with (run / LOG).open("ab") as log:
                self._process = subprocess.Popen(
                    list(command),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=_environment(run, environment),
                    **detached(),
                )
        except OSError as error:
            self._commands.close()
            reason = error.strerror or type(error).__name__
            raise error_of(
                MissingResourceError, "worker_not_started", program=command[0], reason=reason
            ) from error

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Of the interpreter that runs the worker; of its launcher as long as it has not said so."""
        return self._pid_inside or self._process.pid

    def send(self, command: Mapping[str, Any]) -> None:
        """Hand a command over.

        Raises:
            MissingResourceError: the disk is full.
        """
        try:
            self._commands.write(command)
        except OSError as error:
            if not error.strerror:
                raise error_of(MissingResourceError, "worker_folder_gone") from error
            raise error_of(MissingResourceError, "worker_unreachable", reason=error.strerror) from error

    def events(self) -> Iterator[dict[str, Any]]:
        """What came since the last call.

        Raises:
            MissingResourceError: the worker is of another version.
        """
        for line in self._events.lines():
            event = parsed(line)
            if event is None:
                continue
            if "ready" in event:
                if event["ready"] != PROTOCOL:
                    raise error_of(MissingResourceError, "worker_of_other_version")
                self.ready, self._pid_inside = True, int(event["pid"])
                continue
            yield event

    def kill(self) -> None:
        """End the process and all that it started; does not wait until they have gone."""
        # Windows does not find the interpreter by a launcher that has gone.
        pids = {self._process.pid, self.pid} if sys.platform == "win32" else {self._process.pid}
        killers = [kill_tree(pid) for pid in pids]
        self._killers += [killer for killer in killers if killer is not None]
        self._commands.close()

    def gone(self, timeout_s: float = 0.0) -> bool:
        """Whether a process that was killed has gone, and what it had begun to write with it.

        Args:
            timeout_s: wait for so long.
        """
        until = time.monotonic() + timeout_s
        while not self._is_gone():
            if time.monotonic() >= until:
                return False
            time.sleep(0.005)
        return True

    def _is_gone(self) -> bool:
        if any(process.poll() is None for process in (*self._killers, self._process)):
            return False
        return clear_unfinished(self._run / BEGUN)

    def why_ended(self) -> MissingResourceError:
        """What a process says that ended without being asked to."""
        code = self._process.poll()
        if not self.ready:
            return self._why_not_started(code)
        if code == NO_EVENTS:
            return error_of(MissingResourceError, "worker_disk_full")
        # A launcher tells no signal, so the want of memory cannot be told from a crash.
        if code is not None and code < 0:
            return error_of(MissingResourceError, "worker_killed", signal=-code)
        return error_of(MissingResourceError, "worker_ended", exit_code=code)

    def _why_not_started(self, code: int | None) -> MissingResourceError:
        try:
            log = (self._run / LOG).read_bytes()[-_LOG_END:].decode("utf-8", errors="replace")
        except OSError:
            log = ""
        missing = re.findall(r"No module named '?(\w+)", log)
        if "MTINetLib" in missing:
            return error_of(MissingResourceError, "worker_without_library")
        if missing:
            return error_of(MissingResourceError, "worker_lacks_package", package=missing[-1])
        return error_of(MissingResourceError, "worker_not_ready", exit_code=code)


def clear_left_runs(folder: Path) -> None:
    """Clear away what the workers of a killed client had begun to write.

    Args:
        folder: the private folder that it left.
    """
    for notes in folder.glob(f"*/{BEGUN}"):
        clear_unfinished(notes)


def default_command() -> list[str]:
    """This interpreter, or Slicer's own, with the worker's module."""
    return [interpreter(), "-m", "MTINetLib.worker"]


def _environment(run: Path, changes: Mapping[str, str]) -> dict[str, str]:
    return {**environment(changes), RUN_VARIABLE: str(run)}
