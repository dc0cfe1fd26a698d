"""Tasks on several processes that together use no more threads than there are processors.

Unlike the standard library's pool it says of a process that died with what it worked on and how it ended,
and it looks up several times a second, so that the work can be cancelled.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from MTINetLib.errors import MissingResourceError

Task = TypeVar("Task")
#: Read by the libraries when a process loads them: OpenMP, BLAS in its kinds, and ITK.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
)
#: Says in a process of a pool how many threads it may use.
THREADS_VARIABLE = "MTINET_THREADS"
_LOOK_S = 0.1
_GRACE_S = 0.5


def usable_cores() -> int:
    """Processors that this process may run on."""
    getter = getattr(os, "sched_getaffinity", None)
    return max(1, len(getter(0)) if getter else (os.cpu_count() or 1))


def threads_here(most: int) -> int:
    """How many threads work may be spread over in this process, ``most`` at most."""
    told = os.environ.get(THREADS_VARIABLE, "")
    allowed = int(told) if told.isdigit() else usable_cores()
    return max(1, min(most, allowed))


def run_in_processes(
    function: Callable[[Task], Any],
    tasks: Sequence[Task],
    processes: int,
    *,
    title: Callable[[Task], str],
    look_up: Callable[[], None] = lambda: None,
) -> Iterator[tuple[int, Any]]:
    """Call a function of a module with each task; gives (number of the task, its result) as they finish.

    Args:
        function: a top-level function; its module is imported in each process.
        processes: at most; started by spawn on every system, so the main module must be importable.
        title: what a task is called in a message.
        look_up: called several times a second; what it raises ends the work within a second.

    Raises:
        MissingResourceError: a process died; the message says how and at what.
        what the function raises: the other processes are ended.
    """
    count = max(1, min(processes, len(tasks)))
    threads = max(1, usable_cores() // count)
    waiting = list(enumerate(tasks))[::-1]
    with _thread_limit(threads):
        helpers = [_Helper.start(function, threads) for _ in range(count)]
    try:
        for helper in helpers:
            helper.give(waiting)
        while any(helper.task is not None for helper in helpers):
            ready = connection.wait(
                [helper.pipe for helper in helpers if helper.task is not None], timeout=_LOOK_S
            )
            look_up()
            for helper in [helper for helper in helpers if helper.pipe in ready]:
                number, task = helper.task  # type: ignore[misc]
                said = helper.said(title(task))
                if said is None:
                    continue
                if said[0]:
                    raise said[1]
                yield number, said[1]
                helper.give(waiting)
    finally:
        _end(helpers)


@dataclass
class _Helper:
    """A process, the pipe to it, and the task that it has."""

    process: BaseProcess
    pipe: Any
    task: tuple[int, Any] | None = None
    begun: bool = field(default=False)

    @staticmethod
    def start(function: Callable[..., Any], threads: int) -> _Helper:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        place = (function.__module__, function.__qualname__)
        process = context.Process(target=_serve, args=(theirs, place, threads), daemon=False)
        process.start()
        theirs.close()
        return _Helper(process, ours)

    def give(self, waiting: list[tuple[int, Any]]) -> None:
        self.task = waiting.pop() if waiting else None
        # A process that has died is found out when its answer is read.
        with contextlib.suppress(OSError):
            self.pipe.send(None if self.task is None else self.task[1])

    def said(self, title: str) -> tuple[bool, Any] | None:
        """Whether the task failed, and its result or error; None where the process has only started."""
        try:
            message = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join(_GRACE_S * 4)
            raise MissingResourceError(_how_it_died(self.process.exitcode, self.begun, title)) from None
        if message == _READY:
            self.begun = True
            return None
        failed, result = message
        return failed, result


_READY = "ready"


def _serve(pipe: Any, place: tuple[str, str], threads: int) -> None:
    """What a process does: answer tasks until there are none, and end when the one that asked has died."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its processes itself
    pipe.send(_READY)
    try:
        function = getattr(importlib.import_module(place[0]), place[1])
        _limit_loaded_libraries(threads)
    except Exception as error:
        # Whatever a package raises while it is loaded.
        pipe.send((True, _sendable(ImportError(f"{type(error).__name__}: {error}"))))
        return
    while (task := pipe.recv()) is not None:
        try:
            pipe.send((False, function(task)))
        except Exception as error:
            # The one that asked knows what to do with it.
            pipe.send((True, _sendable(error)))


def _limit_loaded_libraries(threads: int) -> None:
    """Those that were loaded before the variables were read."""
    import sys

    if "SimpleITK" in sys.modules:
        sys.modules["SimpleITK"].ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)
        # It refuses once it has worked.
        with contextlib.suppress(RuntimeError):
            sys.modules["torch"].set_num_interop_threads(threads)


def _sendable(error: Exception) -> Exception:
    """The error itself where it survives the way; else one with its words."""
    from multiprocessing.reduction import ForkingPickler

    try:
        ForkingPickler.loads(ForkingPickler.dumps(error))
    except Exception:
        # Errors of libraries may refuse in any way.
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _how_it_died(code: int | None, begun: bool, title: str) -> str:
    if not begun:
        return (
            f"A process could not start (exit code {code}), before it came to {title}: a script that starts "
            "this work needs `if __name__ == '__main__':` around it; else run with one process."
        )
    again = "finished ones are kept, so start again"
    process, how = f"The process that worked on {title}", how_it_ended(code)
    if how is Death.KILLED:
        return (
            f"{process} {how.value} (signal 9), as the system does when the memory is full: "
            f"close other programs or use fewer processes; {again}."
        )
    if how is Death.CRASHED:
        remedy = "its files may be damaged; look at them, or leave it out."
        return f"{process} {how.value} ({name_of(code)}): {remedy}"
    return f"{process} {how.value} ({name_of(code)}); {again}."


class Death(Enum):
    """How a process ended that nobody had asked to; the value goes on with "the process"."""

    KILLED = "was killed from outside"
    CRASHED = "crashed"
    ENDED = "ended by itself"


def how_it_ended(code: int | None) -> Death:
    """What an exit code says; a signal is a negative one."""
    if code == -getattr(signal, "SIGKILL", 9):
        return Death.KILLED
    return Death.CRASHED if code is not None and (code < 0 or code > 0x7FFFFFFF) else Death.ENDED


def name_of(code: int | None) -> str:
    """An exit code or signal for people."""
    if code is not None and code > 0x7FFFFFFF:
        return f"exit code {code:#010x}"
    if code is None or code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return f"signal {-code}, {signal.Signals(-code).name}"
    return f"signal {-code}"


def _end(helpers: Sequence[_Helper]) -> None:
    for helper in helpers:
        if helper.task is not None:
            helper.process.terminate()
        helper.pipe.close()
    for helper in helpers:
        helper.process.join(_GRACE_S)
        if helper.process.is_alive():
            helper.process.kill()
            helper.process.join()


def _end_with_parent() -> None:
    """A killed parent cannot end its processes, which would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextlib.contextmanager
def _thread_limit(threads: int) -> Iterator[None]:
    """Processes that are started inside read these variables."""
    names = (*THREAD_VARIABLES, THREADS_VARIABLE)
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, str(threads)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
