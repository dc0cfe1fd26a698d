"""What a user reads when a training run fails: what happened, and what to do."""

from __future__ import annotations

import errno
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from MTINetLib.errors import Cancelled, MTINetError, RunEnded
from MTINetLib.models.device_errors import DeviceProblem, device_problem, one_line
from MTINetLib.presentation.statements import error_of
from MTINetLib.process_pool import Death, how_it_ended, name_of
from MTINetLib.training.settings import TrainingSettings

_DISK_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


@contextmanager
def explained(run: Path, settings: TrainingSettings) -> Iterator[None]:
    """Turn the faults of libraries and of the machine into sentences; others pass as they are.

    Raises:
        MTINetError: the sentence.
    """
    try:
        yield
    except MTINetError:
        raise
    except KeyboardInterrupt as error:
        raise error_of(Cancelled, "training_cancelled") from error
    except MemoryError as error:
        raise _out_of_memory("computer_full", settings) from error
    except OSError as error:
        raise _file_fault(error, run) from error
    except RuntimeError as error:
        known = _of_torch(error, run, settings)
        if known is None:
            raise
        raise known from error


def _out_of_memory(code: str, settings: TrainingSettings) -> RunEnded:
    batch = settings.batch_size
    if batch <= 1:
        return error_of(RunEnded, code)
    return error_of(RunEnded, f"{code}_batch", smaller=max(1, batch // 2), batch=batch)


def _file_fault(error: OSError, run: Path) -> RunEnded:
    if error.errno in _DISK_FULL:
        return error_of(RunEnded, "run_disk_full", run=run)
    return error_of(RunEnded, "run_file_failed", reason=error.strerror or type(error).__name__, run=run)


def _loader_death(text: str) -> RunEnded:
    code = _loader_code(text)
    if code is None:
        return error_of(RunEnded, "loader_lost")
    how = how_it_ended(code)
    if how is Death.KILLED:
        return error_of(RunEnded, "loader_killed")
    if "bus error" in text.lower():
        return error_of(RunEnded, "loader_bus_error")
    crashed = how is Death.CRASHED
    return error_of(RunEnded, "loader_crashed" if crashed else "loader_ended", exit=name_of(code))


def _loader_code(text: str) -> int | None:
    """Its exit code, negative for a signal, from torch's sentence; None where it does not say."""
    if exit_code := re.search(r"exit code:? (\d+)", text):
        return int(exit_code[1])
    if not (told := re.search(r"by signal: (.+?)\.(?:\s|$)", text)):
        return None
    for number in signal.Signals:
        if told[1] in (signal.strsignal(number), str(int(number)), f"Unknown signal {int(number)}"):
            return -int(number)
    return None


def _of_torch(error: RuntimeError, run: Path, settings: TrainingSettings) -> RunEnded | None:
    """What torch's own RuntimeErrors mean, which have no better types; None for one unknown."""
    lower, problem = str(error).lower(), device_problem(error)
    if problem is DeviceProblem.NO_ROOM:
        on_cpu = "allocator" in lower and "cuda" not in lower
        return _out_of_memory("computer_full" if on_cpu else "gpu_full", settings)
    if "dataloader worker" in lower:
        return _loader_death(f"{error} {error.__cause__ or error.__context__ or ''}")
    if "pytorchstreamwriter" in lower or "inline_container" in lower or "file write failed" in lower:
        return error_of(RunEnded, "checkpoint_unwritten", run=run)
    if problem is DeviceProblem.UNUSABLE:
        return error_of(RunEnded, "gpu_failed", reason=one_line(error))
    return None
