"""Has compressed pixels decoded by processes of their own, which may crash, hang or want too much memory.

A process is kept for the next volume; it ends by itself after half a minute without work. Requests and
answers are files in a private temporary folder, as for the worker: Slicer's launcher of Python hands no
pipes on.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import MissingResourceError
from MTINetLib.interpreter import environment, interpreter
from MTINetLib.private_folder import PrivateFolder

#: For one file: so long, and so much longer for each megabyte of its pixels.
LIMIT_S, LIMIT_S_PER_MB = 15.0, 0.5
#: Python, numpy, pydicom and SimpleITK are loaded; on a cold disk that takes its time.
_START_S = 60.0
#: Less than the process waits for work.
_KEEP_S = 20.0
#: The exit code by which faulthandler ends a process.
_TIME_LIMIT = 1
_LOOK_S = 0.002
_MODULE = "MTINetLib.reading.dicom.decode_in_child"
#: Of that module, which loads what this process need not load.
READY, NO_ANSWER = "ready", 74

Pixels = npt.NDArray[Any]


@dataclass(frozen=True)
class CompressedFile:
    """A file, and which of its frames (from 0) are wanted; sizes and dtype as its header says."""

    path: Path
    frames: tuple[int, ...]
    rows: int
    columns: int
    dtype: str

    @property
    def bytes(self) -> int:
        """Of the decoded frames."""
        return len(self.frames) * self.rows * self.columns * np.dtype(self.dtype).itemsize


def decode_files(files: Sequence[CompressedFile]) -> Iterator[Pixels | str]:
    """For each file its stored values [n, J, I], or the reason why there are none.

    Raises:
        MissingResourceError: no process can be started, or the disk is full.
    """
    shares = [files[start::_MOST_CHILDREN] for start in range(_MOST_CHILDREN)]
    with ThreadPoolExecutor(max_workers=_MOST_CHILDREN) as pool:
        answers = [iter(answer) for answer in pool.map(_decode_share, shares)]
    for number in range(len(files)):
        yield next(answers[number % _MOST_CHILDREN])


_MOST_CHILDREN = min(4, os.cpu_count() or 1)


def _decode_share(files: Sequence[CompressedFile]) -> list[Pixels | str]:
    found: list[Pixels | str] = []
    while len(found) < len(files):
        child = _take_child()
        found += child.decode(files[len(found) :])
        _give_back(child)
    return found


class _Child:
    """One decoding process and its private folder."""

    def __init__(self) -> None:
        self._private = PrivateFolder("decode")
        self._folder = self._private.path
        self._count = 0
        self._used = time.monotonic()
        try:
            self._process = subprocess.Popen(
                [interpreter(), "-m", _MODULE, str(self._folder)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment({"OMP_NUM_THREADS": "1"}),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            self._private.close()
            raise MissingResourceError(
                "The process that decodes compressed images could not be started "
                f"({error.strerror or type(error).__name__}); install MTINet again."
            ) from error

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def fresh(self) -> bool:
        """Whether it will not end for want of work just now."""
        return self.alive and time.monotonic() - self._used < _KEEP_S

    def decode(self, files: Sequence[CompressedFile]) -> list[Pixels | str]:
        """The answers up to the first file at which the process ended; all of them if it did not."""
        number = self._count
        self._count += 1
        _write(self._folder / f"request-{number}.json", [_item(file) for file in files])
        found: list[Pixels | str] = []
        for place, file in enumerate(files):
            answer = self._answer(f"{number}-{place}", file)
            found.append(answer)
            if not self.alive:
                break
        self._used = time.monotonic()
        return found

    def _answer(self, name: str, file: CompressedFile) -> Pixels | str:
        path = self._folder / f"answer-{name}.json"
        # The process keeps the limit itself; this one is for a process that does not run at all.
        until = time.monotonic() + _limit_s(file) + _START_S
        while not path.is_file():
            if not self.alive and not path.is_file():
                return self._why_ended()
            if time.monotonic() > until:
                self.close()
                return f"decoding took more than {_limit_s(file):.0f} s"
            time.sleep(_LOOK_S)
        reason = json.loads(path.read_bytes())["reason"]
        path.unlink()
        return reason if reason is not None else self._pixels(name, file)

    def _pixels(self, name: str, file: CompressedFile) -> Pixels | str:
        path = self._folder / f"pixels-{name}.npy"
        pixels: Pixels = np.load(path, allow_pickle=False)
        path.unlink()
        expected = (len(file.frames), file.rows, file.columns)
        return pixels if pixels.shape == expected else "the decoded image has another size"

    def _why_ended(self) -> str:
        code = self._process.returncode
        if not (self._folder / READY).is_file():
            raise MissingResourceError(
                f"The process that decodes compressed images ended before it was ready (exit code {code}); "
                "install MTINet again, or export the images uncompressed."
            )
        if code == NO_ANSWER:
            raise MissingResourceError("The disk of the temporary folder is full; make room on it.")
        if code == _TIME_LIMIT:
            return "decoding took too long"
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"the decoder crashed ({how})"

    def close(self) -> None:
        """End the process and delete its folder."""
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        self._private.close()


def _item(file: CompressedFile) -> Mapping[str, Any]:
    return {
        "path": str(file.path.absolute()),
        "frames": file.frames,
        "rows": file.rows,
        "columns": file.columns,
        "dtype": file.dtype,
        "bytes": file.bytes,
        "limit_s": _limit_s(file),
    }


def _limit_s(file: CompressedFile) -> float:
    return LIMIT_S + LIMIT_S_PER_MB * file.bytes / 1e6


def _write(path: Path, values: Any) -> None:
    beside = path.with_suffix(".part")
    try:
        beside.write_bytes(json.dumps(values).encode("ascii"))
        beside.replace(path)
    except OSError as error:
        raise MissingResourceError(
            f"The temporary folder cannot be written ({error.strerror}); make room on its disk."
        ) from error


_idle: list[_Child] = []
_lock = threading.Lock()
_owner = os.getpid()


def _take_child() -> _Child:
    global _owner
    with _lock:
        if _owner != os.getpid():
            # After a fork the processes are those of the parent.
            _idle.clear()
            _owner = os.getpid()
        while _idle:
            child = _idle.pop()
            if child.fresh:
                return child
            child.close()
    return _Child()


def _give_back(child: _Child) -> None:
    if child.alive:
        with _lock:
            _idle.append(child)
    else:
        child.close()


@atexit.register
def close_idle() -> None:
    """End the processes that wait for work."""
    with _lock:
        while _owner == os.getpid() and _idle:
            _idle.pop().close()
