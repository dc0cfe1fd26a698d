"""The sample study: a phantom that the worker makes, as four volumes of the scene. Nothing is downloaded."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import numpy as np

from MTINetLib.errors import Cancelled, MissingResourceError, MTINetError
from MTINetLib.scene.hierarchy import put_under_study
from MTINetLib.scene.sequences import TIME_ATTRIBUTE
from MTINetLib.scene.slicer_core import slicer_module
from MTINetLib.scene.volumes import PHASE_ATTRIBUTE, add_volume
from MTINetLib.session.calls import Answers
from MTINetLib.session.chores import Chores
from MTINetLib.session.state import State
from MTINetLib.study.phase import PHASES
from MTINetLib.worker.messages import MakeSample, Sample

if TYPE_CHECKING:
    from MTINetLib.session.session import Session
    from MTINetLib.worker.client import Call


class SampleStudy:
    """Asks for the phantom and puts it into the scene, a volume at a time."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._chores = Chores()
        self._call: Call | None = None
        #: Stands for what was asked last; answers to earlier questions are not heard.
        self._ours: object = None
        self._nodes: list[Any] = []

    def load(self) -> None:
        """Begin; the session is SAMPLING until the phases are in the scene and recognised."""
        session = self._session
        if session.busy:
            return
        ours = self._ours = object()

        def heard(callback: Callable[..., None]) -> Callable[..., None]:
            return lambda *told: callback(*told) if self._ours is ours else None

        answers = Answers(heard(self._made), heard(self._failed), heard(session.saw_progress))
        self._call = session.worker.submit("make_sample", MakeSample().to_dict(), answers)
        session.set_state(State.SAMPLING)

    def cancel(self) -> None:
        """Stop; volumes that are in the scene already are taken out again."""
        self._chores.clear()
        self._remove()
        if self._call is not None:
            self._session.worker.cancel(self._call)
        else:
            self._failed(Cancelled("The sample study was cancelled."))

    def abandon(self) -> None:
        """The scene goes, and with it the volumes: nothing comes back, not even a word."""
        self._chores.clear()
        self._nodes = []
        self._call = self._ours = None

    def poll(self) -> None:
        try:
            self._chores.run()
        except OSError as error:
            self._remove()
            self._failed(
                MissingResourceError(f"The sample study cannot be read: {error.strerror}. Try again.")
            )

    def _made(self, result: dict[str, Any]) -> None:
        self._call = None
        self._chores.add(self._add(Sample.from_dict(result)))

    def _add(self, sample: Sample) -> Generator[None, None, None]:
        self._nodes = []
        window: tuple[float, float] | None = None
        for phase, file in zip(PHASES, sample.phases, strict=True):
            self._session.saw_progress("Adding the volumes", phase.index, len(PHASES))
            yield
            array = np.load(self._session.worker.folder / file.path, mmap_mode="r")
            node = add_volume(f"{sample.name} {phase.title}", np.asarray(array, np.float32), file.grid)
            node.SetAttribute(PHASE_ATTRIBUTE, phase.value)
            if file.time_s is not None:
                node.SetAttribute(TIME_ATTRIBUTE, f"{file.time_s:g}")
            window = window or _window(array)
            display = node.GetDisplayNode()
            display.AutoWindowLevelOff()
            display.SetWindowLevelMinMax(*window)
            self._nodes.append(node)
        yield
        put_under_study(sample.name, self._nodes)
        yield
        nodes, self._nodes = self._nodes, []
        self._session.set_state(State.IDLE)
        self._session.recognise(nodes)

    def _failed(self, error: MTINetError) -> None:
        self._call = None
        self._session.report_error(error)
        self._session.set_state(State.IDLE)

    def _remove(self) -> None:
        for node in self._nodes:
            slicer_module().mrmlScene.RemoveNode(node)
        self._nodes = []


def _window(pre_contrast: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Black and white for all phases: contrast makes tissue up to twice as bright as before it."""
    bright = float(np.percentile(pre_contrast[:, ::4, ::4], 99))
    return 0.0, 2.0 * bright
