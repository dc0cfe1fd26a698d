"""The sample study: a phantom that the worker makes, as volumes of the scene. Nothing is downloaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from MTINetLib.errors import MissingResourceError
from MTINetLib.presentation.statements import error_of
from MTINetLib.progress import Stage
from MTINetLib.scene.hierarchy import put_under_study
from MTINetLib.scene.remove_nodes import remove_nodes
from MTINetLib.scene.sequences import TIME_ATTRIBUTE
from MTINetLib.scene.volumes import PHASE_ATTRIBUTE, add_volume
from MTINetLib.session.core import SessionCore
from MTINetLib.session.state import ProgressSeen, State
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
        nodes: list[Any] = []
        window: tuple[float, float] | None = None
        try:
            for done, file in enumerate(sample.phases):
                yield ProgressSeen(Stage.ADDING_VOLUMES, done, len(sample.phases))
                array = np.load(worker.folder / file.path, mmap_mode="r")
                name, voxels = f"{sample.name} {file.phase.title}", np.asarray(array, np.float32)
                node = add_volume(scene, name, voxels, file.grid)
                nodes.append(node)
                node.SetAttribute(PHASE_ATTRIBUTE, file.phase.value)
                if file.time_s is not None:
                    node.SetAttribute(TIME_ATTRIBUTE, f"{file.time_s:g}")
                window = window or _window(array)
                display = node.GetDisplayNode()
                display.AutoWindowLevelOff()
                display.SetWindowLevelMinMax(*window)
            yield None
            put_under_study(scene, sample.name, nodes)
            yield None
        except BaseException as error:
            remove_nodes(nodes)
            if isinstance(error, OSError):
                raise error_of(MissingResourceError, "sample_unreadable", reason=error.strerror) from error
            raise
        yield NO_RETURN
        self._arrived(nodes)


def _window(pre_contrast: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Black and white for all phases: contrast makes tissue up to twice as bright as before it."""
    bright = float(np.percentile(pre_contrast[:, ::4, ::4], 99))
    return 0.0, 2.0 * bright
