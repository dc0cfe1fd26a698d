"""The scene as a further result of an analysis; nothing of VTK is loaded before it is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from MTINetLib.progress import Progress
from MTINetLib.report.file_names import SCENE_FILE
from MTINetLib.report.write_outputs import Addition
from MTINetLib.study.study import Study

if TYPE_CHECKING:
    from MTINetLib.inference.analyze import Analysis


def scene_addition(study: Study, analysis: Analysis, progress: Progress) -> Addition:
    """scene.mrb and the rendered pictures, for write_outputs."""

    def write(folder: Path) -> tuple[str, ...]:
        from MTINetLib.scene.write_scene import write_scene

        return write_scene(folder, study, analysis, progress=progress)

    return Addition(f"{SCENE_FILE} or rendered picture", write)
