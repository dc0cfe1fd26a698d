"""The scene as a further result of an analysis; nothing of VTK is loaded in this process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from MTINetLib.progress import Progress
from MTINetLib.report.file_names import SCENE_TITLE
from MTINetLib.report.write_outputs import Addition
from MTINetLib.scene.scene_process import write_scene_in_process
from MTINetLib.study.study import Study

if TYPE_CHECKING:
    from MTINetLib.inference.analyze import Analysis


def scene_addition(study: Study, analysis: Analysis, progress: Progress) -> Addition:
    """scene.mrb and the rendered pictures, for write_outputs."""

    def write(folder: Path) -> tuple[str, ...]:
        return write_scene_in_process(folder, study, analysis, progress=progress)

    return Addition(SCENE_TITLE, write)
