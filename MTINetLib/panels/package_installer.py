"""Installs packages into Slicer's Python, by Slicer's own means, and says why where it fails."""

from __future__ import annotations

import contextlib
import logging
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

import slicer
from slicer.i18n import tr as _

from MTINetLib.presentation.statements import sentence
from MTINetLib.session.pip_log import explain, last_lines
from MTINetLib.session.setup import Group, Need, constraints, has_module

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """How an installation ended.

    Args:
        problem: one sentence, None when it went well.
        last_lines: the end of pip's log where it went wrong.
    """

    problem: str | None = None
    last_lines: str = ""


class PackageInstaller:
    """One installation at a time; everything that pip writes is handed on line by line.

    Args:
        on_line: gets each line of the log.
        on_end: gets the outcome; also called when an installation could not even start.
    """

    def __init__(self, on_line: Callable[[str], None], on_end: Callable[[Outcome], None]) -> None:
        self._on_line = on_line
        self._on_end = on_end
        self._log: list[str] = []
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.busy = False

    def install(self, needs: Sequence[Need], wheels: Path | None = None) -> None:
        """Install packages; what Slicer came with stays as it is.

        Args:
            wheels: a folder of wheel files to install from, without network; None for the package server.
        """
        if not self._begin():
            return
        arguments = [need.requirement for need in needs]
        if wheels is not None:
            arguments += ["--no-index", "--find-links", str(wheels)]
        self._folder = tempfile.TemporaryDirectory(prefix="mtinet-setup-")
        kept = Path(self._folder.name) / "constraints.txt"
        kept.write_text(constraints(need.name for need in needs), encoding="utf-8")
        offline = wheels is not None
        self._line(f"pip install {' '.join(arguments)}")
        try:
            if _has_slicer_packaging():
                self._beside(arguments, kept, offline)
            else:
                with self._overheard():
                    slicer.util.pip_install([*arguments, "-c", str(kept)])
                self._end(0, offline)
        except (CalledProcessError, RuntimeError, OSError) as error:
            self._line(str(error))
            self._end(1, offline)

    def install_torch(self, need: Need) -> None:
        """Install torch through the PyTorch extension, which asks first; Slicer waits meanwhile."""
        if not self._begin():
            return
        try:
            with self._overheard():
                logic = import_module("PyTorchUtils").PyTorchUtilsLogic()
                torch = logic.installTorch(askConfirmation=True, torchVersionRequirement=need.bounds)
        except Exception as error:  # the extension raises whatever its tools raise
            self._line(f"{type(error).__name__}: {error}")
            self._end(1, offline=False)
            return
        if torch is None:
            self._finish(Outcome(str(_("PyTorch was not installed: the installation was declined."))))
        else:
            self._end(0, offline=False)

    def abandon(self) -> None:
        """Tell nobody any more; what runs goes on to its end."""
        self._on_line = self._on_end = _tell_nobody

    def _begin(self) -> bool:
        if self.busy:
            return False
        if slicer.app.testingEnabled():
            self._on_end(Outcome(str(_("Slicer runs in testing mode, which installs nothing."))))
            return False
        self.busy = True
        self._log = []
        return True

    def _beside(self, arguments: list[str], kept: Path, offline: bool) -> None:
        """Slicer stays usable while pip runs."""
        slicer.packaging.pip_install(
            arguments,
            constraints=kept,
            blocking=False,
            show_progress=False,
            requester="MTI-Net",
            logCallback=self._line,
            completedCallback=lambda code: self._end(code, offline),
        )

    @contextlib.contextmanager
    def _overheard(self) -> Iterator[None]:
        """What is printed goes to the log too: older ways of installing tell nobody else."""
        listener: Any = _Overheard(sys.stdout, self._line)
        with contextlib.redirect_stdout(listener):
            yield

    def _line(self, line: str) -> None:
        self._log.append(line)
        self._on_line(line)

    def _end(self, code: int, offline: bool) -> None:
        if code == 0:
            self._finish(Outcome())
        else:
            self._finish(Outcome(sentence(explain(self._log, offline), _), last_lines(self._log)))

    def _finish(self, outcome: Outcome) -> None:
        self.busy = False
        if self._folder is not None:
            with contextlib.suppress(OSError):
                self._folder.cleanup()
            self._folder = None
        _log.info("installation %s", "failed" if outcome.problem else "ended well")
        self._on_end(outcome)


def _tell_nobody(_anything: object) -> None:
    pass


class _Overheard:
    """A text stream that hands whole lines on and writes all to another stream."""

    def __init__(self, stream: Any, on_line: Callable[[str], None]) -> None:
        self._stream = stream
        self._on_line = on_line
        self._begun = ""

    def write(self, text: str) -> int:
        self._stream.write(text)
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._on_line(line)
        return len(text)

    def flush(self) -> None:
        flush = getattr(self._stream, "flush", None)
        if flush is not None:
            flush()


def torch_extension_is_there() -> bool:
    """Whether the PyTorch extension is installed."""
    return has_module("PyTorchUtils")


def missing_needs(found: Sequence[Any], group: Group) -> list[Need]:
    """The needs of a group that are not met."""
    return [item.need for item in found if item.need.group is group and not item.ok]


def _has_slicer_packaging() -> bool:
    """Slicer 5.11 and later can install beside the event loop."""
    try:
        return hasattr(import_module("slicer.packaging"), "pip_install")
    except ImportError:
        return False
