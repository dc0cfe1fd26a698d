"""What a process of the benchmark tells the one that started it: lines of JSON in a file, one by one.

What it has told stays, also when it hangs and is ended.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.process import CutShort, ProcessRun, run_process
from MTINetLib.errors import MTINetError
from MTINetLib.worker.faults import Fault, fault_of


class Teller:
    """The side of the process."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def doing(self, what: str) -> None:
        """What it does from now on, in words that follow "while"."""
        self._tell({"doing": what})

    def figures(self, figures: Mapping[str, Any]) -> None:
        self._tell({"figures": dict(figures)})

    def cut(self, what: str) -> None:
        """What it left out for want of time."""
        self._tell({"cut": what})

    @contextmanager
    def faults_told(self) -> Iterator[None]:
        """What ends the block is told as it is, and ends the process."""
        try:
            yield
        except MTINetError as error:
            self._tell({"fault": asdict(fault_of(error))})
            raise SystemExit(str(error)) from error

    def _tell(self, line: Mapping[str, Any]) -> None:
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


@dataclass(frozen=True)
class Told:
    """What was heard.

    Args:
        figures: one by one.
        cuts: what was left out, and why; the last one is that of an ended process.
        run: None if it was ended.
    """

    figures: tuple[dict[str, Any], ...]
    cuts: tuple[str, ...]
    run: ProcessRun | None

    @property
    def merged(self) -> dict[str, Any]:
        """All figures in one."""
        return {name: value for figures in self.figures for name, value in figures.items()}


def hear(module: str, arguments: Sequence[str], *, failed: str, seconds: float | None = None) -> Told:
    """Run a module that takes the file for its figures as its first argument, and hear what it tells.

    Raises:
        MTINetError: what ended it.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        file = Path(folder) / "told.jsonl"
        try:
            run = run_process(["-m", module, str(file), *arguments], failed=failed, seconds=seconds)
        except CutShort as error:
            lines = _lines(file)
            doing = [str(line["doing"]) for line in lines if "doing" in line]
            why = f"{error} while {doing[-1]}" if doing else str(error)
            return Told(_of(lines, "figures"), (*_of(lines, "cut"), why), None)
        except MTINetError as error:
            faults = _of(_lines(file), "fault")
            if faults:
                raise Fault(**faults[-1]).error() from error
            raise
        lines = _lines(file)
        return Told(_of(lines, "figures"), _of(lines, "cut"), run)


def _of(lines: Sequence[Mapping[str, Any]], kind: str) -> tuple[Any, ...]:
    return tuple(line[kind] for line in lines if kind in line)


def _lines(file: Path) -> list[dict[str, Any]]:
    """The whole lines: the last one may have been begun only."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return [json.loads(line) for line in text.split("\n")[:-1]]
