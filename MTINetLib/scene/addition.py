"""The scene as a further result of an analysis; nothing of VTK is loaded in this process."""

from __future__ import annotations

from pathlib import Path

from MTINetLib.inference.analysis import Analysis
from MTINetLib.pipeline.write import Addition
from MTINetLib.progress import Progress
from MTINetLib.report.file_names import SCENE_TITLE
from MTINetLib.scene.scene_process import write_scene_in_process
from MTINetLib.study.study import Study


def _write(folder: Path, study: Study, analysis: Analysis, progress: Progress) -> tuple[str, ...]:
    return write_scene_in_process(folder, study, analysis, progress=progress)


#: scene.mrb and the rendered pictures.
SCENE_ADDITION = Addition(SCENE_TITLE, _write)
