"""The job behind every stroke of the brush: measure corrected masks, without torch."""

from __future__ import annotations

import numpy as np

from MTINetLib.findings import from_dict, to_dict
from MTINetLib.pipeline.remeasure import remeasure
from MTINetLib.worker.arrays import load_array
from MTINetLib.worker.jobs import JobContext, job
from MTINetLib.worker.liver_files import load_liver
from MTINetLib.worker.requests import Measure, Measured


@job
def measure(request: Measure, context: JobContext) -> Measured:
    labels = np.asarray(load_array(context.path(request.labels)))
    study = context.state.study(request.study)
    liver = load_liver(request.liver, context)
    findings = remeasure(study, labels, from_dict(request.before), liver=liver, progress=context.progress)
    return Measured(to_dict(findings))
