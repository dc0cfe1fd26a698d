"""The sample study: a phantom that the worker makes, as volumes of the scene. Nothing is downloaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from MTINetLib.errors import MissingResourceError
from MTINetLib.presentation.statements import error_of
from MTINetLib.session.core import SessionCore
from MTINetLib.session.phase_volumes import add_phase_files
from MTINetLib.session.state import State
from MTINetLib.session.task import NO_RETURN, Steps, ask
from MTINetLib.worker.requests import MakeSample


class SampleStudy:
    """Asks for the phantom and puts it into the scene, a volume at a time.

    Args:
        arrived: gets the volume nodes.
    """

    def __init__(self, core: SessionCore, arrived: Callable[[list[Any]], object]) -> None:
        self._core, self._arrived = core, arrived

    def load(self) -> None:
        """Begin; the session is SAMPLING until the phases are in the scene and recognised."""
        if not self._core.busy:
            self._core.begin(State.SAMPLING, self._steps())

    def _steps(self) -> Steps[None]:
        scene, worker = self._core.scene, self._core.worker
        sample = yield from ask(worker, MakeSample())
        try:
            nodes = yield from add_phase_files(scene, worker.folder, sample.name, sample.phases)
        except OSError as error:
            raise error_of(MissingResourceError, "sample_unreadable", reason=error.strerror) from error
        yield NO_RETURN
        self._arrived(list(nodes))
