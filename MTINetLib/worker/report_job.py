"""The job that writes a report."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from MTINetLib.findings import from_dict
from MTINetLib.worker.arrays import load_array
from MTINetLib.worker.jobs import JobContext, job
from MTINetLib.worker.liver_files import load_liver
from MTINetLib.worker.requests import Report, Reported


@job
def report(request: Report, context: JobContext) -> Reported:
    """
    Raises:
        InputError: the folder is in use, may not be written to, or a format is unknown.
        MissingResourceError: the disk is full, or not one of the formats could be made.
    """
    from MTINetLib.inference.analysis import Analysis
    from MTINetLib.pipeline.write import WriteOptions, write
    from MTINetLib.report.dicom.equipment import Tracking

    probability = None
    if request.probability is not None:
        probability = np.asarray(load_array(context.path(request.probability)), dtype=np.float32)
    labels = np.asarray(load_array(context.path(request.labels)))
    written = write(
        context.state.study(request.study),
        Analysis(from_dict(request.findings), labels, probability, liver=load_liver(request.liver, context)),
        context.path(request.out),
        WriteOptions(
            formats=request.formats,
            deidentify=request.deidentify,
            reader=request.reader,
            comment=request.comment,
            tracking={
                int(label): Tracking(uid, f"Lesion {label}") for label, uid in request.tracking.items()
            },
            files=tuple(tuple(Path(name) for name in names) for names in request.files),
        ),
        overwrite=request.overwrite,
        progress=context.progress,
    )
    return Reported(tuple(str(file) for file in written.files), written.left_out)
