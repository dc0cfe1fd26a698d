"""The files through which client and worker speak: one JSON object a line, appended, read by tailing.

Files rather than pipes, for two reasons. PythonSlicer is a launcher that runs the interpreter as its child
and hands standard input on to it only on some systems. And in Slicer nothing may wait for a pipe: Python
threads hardly run there while the event loop idles.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PROTOCOL = 2
#: Names of the files in the folder of one run of the worker.
COMMANDS, EVENTS, LOG = "commands.jsonl", "events.jsonl", "log.txt"
#: The folder beside them with the notes of what a job has begun to write.
BEGUN = "begun"
#: Exit code of a worker that cannot write its events: the disk of the temporary folder is full.
NO_EVENTS = 74
#: Environment variable with that folder; its parent is the private folder, with the arrays.
RUN_VARIABLE = "MTINET_WORKER_RUN"


class LineWriter:
    """Appends JSON lines to a file, each with a single write."""

    def __init__(self, path: Path) -> None:
        binary = getattr(os, "O_BINARY", 0)
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | binary, 0o600)

    def write(self, values: Mapping[str, Any]) -> None:
        line = json.dumps(values, separators=(",", ":")).encode("ascii") + b"\n"
        while line:
            line = line[os.write(self._descriptor, line) :]

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class LineReader:
    """Reads the lines that were added to a file since it was asked last; a line without its end waits."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0
        self._rest = b""

    def lines(self) -> Iterator[bytes]:
        """The new whole lines; none while the file is not there."""
        try:
            with self._path.open("rb", buffering=0) as file:
                file.seek(self._at)
                data = file.read()
        except OSError:
            return
        self._at += len(data)
        *whole, self._rest = (self._rest + data).split(b"\n")
        yield from whole


def parsed(line: bytes) -> dict[str, Any] | None:
    """A line's object; None if it is not one."""
    try:
        values = json.loads(line)
    except ValueError:
        return None
    return values if isinstance(values, dict) else None
