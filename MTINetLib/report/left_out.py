"""Results that could not be made and cost no other: what is missing, and why, in a sentence each."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from MTINetLib.errors import Cancelled, MTINetError
from MTINetLib.fault_place import last_line, place_of
from MTINetLib.output_place import is_disk_fault

_LOG = logging.getLogger(__name__)


class LeftOut:
    """Collects what could not be made.

    Args:
        folder: where the results are written; sentences name the files inside it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._missing: dict[str, list[str]] = {}
        self._said: list[str] = []

    @property
    def sentences(self) -> tuple[str, ...]:
        """For people; what is missing for the same reason shares one."""
        missing = (f"There is no {_listed(names)}: {why}." for why, names in self._missing.items())
        return (*missing, *self._said)

    def say(self, sentence: str) -> None:
        """A sentence of its own."""
        self._said.append(sentence)

    def note(self, what: str, why: str) -> None:
        """``what`` is missing; ``why`` has no full stop at its end."""
        names = self._missing.setdefault(why, [])
        if what not in names:
            names.append(what)

    @contextmanager
    def unless_it_fails(self, what: str, *files: str) -> Iterator[None]:
        """Let the block fail without costing the rest.

        A cancellation and a disk that takes no more still end everything.

        Args:
            what: it makes, as it is called after "There is no".
            files: names inside the folder that go when they were only begun.
        """
        places = [self._folder / name for name in files]
        made_here = {place.parent for place in places if not place.parent.is_dir()}
        try:
            yield
        except Cancelled:
            raise
        except Exception as error:
            if is_disk_fault(error, self._folder):
                raise
            for place in places:
                place.unlink(missing_ok=True)
            for empty in made_here:
                with suppress(OSError):  # holds something else, or was never made
                    empty.rmdir()
            _LOG.info("%s: %s", what, place_of(error), exc_info=error)
            self.note(what, self._why(error))

    def _why(self, error: Exception) -> str:
        if isinstance(error, MTINetError):
            return " ".join(str(error).replace(f"{self._folder}{os.sep}", "").split()).rstrip(".")
        if isinstance(error, ImportError):
            package = (error.name or "").partition(".")[0] or "of an unknown name"
            return f"the Python package {package} is missing; install it, in Slicer by the Setup section"
        if isinstance(error, MemoryError):
            return "the memory was not enough; close other programs and write it again"
        if isinstance(error, OSError):
            return f"a file could not be read or written ({error.strerror or type(error).__name__})"
        line = last_line(place_of(error))
        where = f" in {line}" if line else ""
        return f"a defect of MTINet ({type(error).__name__}{where}); please report it"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
