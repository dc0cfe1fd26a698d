"""Phases that the worker has made or read, as volumes of the scene."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from MTINetLib.progress import Stage
from MTINetLib.scene.hierarchy import put_under_study
from MTINetLib.scene.remove_nodes import remove_nodes
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.sequences import TIME_ATTRIBUTE
from MTINetLib.scene.volumes import PHASE_ATTRIBUTE, add_volume
from MTINetLib.session.state import ProgressSeen
from MTINetLib.session.task import Steps
from MTINetLib.worker.requests import PhaseFile


def add_phase_files(
    scene: Scene, folder: Path, name: str, files: Sequence[PhaseFile]
) -> Steps[tuple[Any, ...]]:
    """A volume node a phase, under a study of that name; none stays where it fails.

    Args:
        folder: that the paths of the files are relative to.

    Raises:
        OSError: a file cannot be read.
    """
    nodes: list[Any] = []
    window: tuple[float, float] | None = None
    try:
        for done, file in enumerate(files):
            yield ProgressSeen(Stage.ADDING_VOLUMES, done, len(files))
            array = np.load(folder / file.path, mmap_mode="r")
            node = add_volume(scene, f"{name} {file.phase.title}", np.asarray(array, np.float32), file.grid)
            nodes.append(node)
            node.SetAttribute(PHASE_ATTRIBUTE, file.phase.value)
            if file.time_s is not None:
                node.SetAttribute(TIME_ATTRIBUTE, f"{file.time_s:g}")
            window = window or _window(folder, files)
            display = node.GetDisplayNode()
            display.AutoWindowLevelOff()
            display.SetWindowLevelMinMax(*window)
        yield None
        put_under_study(scene, name, nodes)
        yield None
    except BaseException:
        remove_nodes(nodes)
        raise
    return tuple(nodes)


def _window(folder: Path, files: Sequence[PhaseFile]) -> tuple[float, float]:
    """Black and white for all phases: contrast makes tissue about twice as bright as before it, or more."""
    bright = [
        float(np.percentile(np.load(folder / file.path, mmap_mode="r")[:, ::4, ::4], 99)) for file in files
    ]
    return 0.0, max(2.0 * bright[0], *bright)
