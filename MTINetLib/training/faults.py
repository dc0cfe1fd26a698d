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
        raise Cancelled("The training was cancelled; the run can be resumed from its last epoch.") from error
    except MemoryError as error:
        raise RunEnded(_out_of_memory("The computer", settings)) from error
    except OSError as error:
        raise RunEnded(_file_fault(error, run)) from error
    except RuntimeError as error:
        sentence = _of_torch(error, run, settings)
        if sentence is None:
            raise
        raise RunEnded(sentence) from error


def _out_of_memory(what: str, settings: TrainingSettings) -> str:
    batch = settings.batch_size
    if batch > 1:
        smaller = f"start a new run with a batch of {max(1, batch // 2)} instead of {batch} slices"
    else:
        smaller = "close other programs and resume the run"
    other = ", or train on the CPU" if what == "The GPU" else ""
    return f"{what} ran out of memory: {smaller}{other}."


def _file_fault(error: OSError, run: Path) -> str:
    if error.errno in _DISK_FULL:
        return f"The disk of {run} is full: make room on it, then resume the run."
    return (
        f"A file of the run could not be read or written ({error.strerror or type(error).__name__}): "
        f"check {run}, then resume it."
    )


def _loader_death(text: str) -> str:
    process = "A process that loads slices"
    code = _loader_code(text)
    if code is None:
        return f"{process} ended, nobody knows why: resume the run; the setting workers=0 does without it."
    how = how_it_ended(code)
    if how is Death.KILLED:
        return (
            f"{process} {how.value} (signal 9), as the system does when the memory is full: "
            "close other programs and resume the run."
        )
    if "bus error" in text.lower():
        return (
            f"{process} found the shared memory full (bus error): make /dev/shm larger, or resume the run "
            "with the setting workers=0."
        )
    return f"{process} {how.value} ({name_of(code)}): resume the run; the setting workers=0 does without it."


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


def _of_torch(error: RuntimeError, run: Path, settings: TrainingSettings) -> str | None:
    """A sentence for torch's own RuntimeErrors, which have no better types; None for one unknown."""
    lower, problem = str(error).lower(), device_problem(error)
    if problem is DeviceProblem.NO_ROOM:
        on_cpu = "allocator" in lower and "cuda" not in lower
        return _out_of_memory("The computer" if on_cpu else "The GPU", settings)
    if "dataloader worker" in lower:
        return _loader_death(f"{error} {error.__cause__ or error.__context__ or ''}")
    if "pytorchstreamwriter" in lower or "inline_container" in lower or "file write failed" in lower:
        return f"A checkpoint could not be written to {run}: make room on its disk, then resume the run."
    if problem is DeviceProblem.UNUSABLE:
        return (
            f"The GPU failed ({one_line(error)}): start the program again and resume the run, "
            "on the CPU if it happens again."
        )
    return None
