"""Jobs that outline a lesion from a box, and that install what this takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from MTINetLib.outline.install import install_outline_model
from MTINetLib.outline.marks import Marks
from MTINetLib.outline.published import require_outline_model
from MTINetLib.pipeline.outlined import described
from MTINetLib.progress import Stage
from MTINetLib.worker.jobs import JobContext, job
from MTINetLib.worker.outline_requests import InstallOutline, OutlineBox, Outlined, OutlineInstalled
from MTINetLib.worker.study_files import save_result


@job
def outline_box(request: OutlineBox, context: JobContext) -> Outlined:
    context.progress.start(Stage.LOADING_MODEL, 1)
    require_outline_model()
    outliner = context.state.outliner(request.study, request.device)
    marks = Marks(request.box, request.inside, request.outside)
    found = outliner.outline(marks, context.progress)
    return Outlined(
        mask=save_result(context.folder, request.study, "outline", found.mask.astype(np.uint8)),
        said=described(marks, found.image, found.slices, found.several),
        left_out=found.left_out,
        notes=found.notes,
    )


@job
def install_outline(request: InstallOutline, context: JobContext) -> OutlineInstalled:
    file = None if request.file is None else Path(request.file)
    return OutlineInstalled(str(install_outline_model(file, context.progress)))
