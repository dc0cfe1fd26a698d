"""The job behind the slider of the sensitivity: what counts of the candidates, measured without torch."""

from __future__ import annotations

import numpy as np

from MTINetLib.findings import from_dict, to_dict
from MTINetLib.inference.candidates import Candidates
from MTINetLib.models.operating_points import OperatingPoints
from MTINetLib.pipeline.sensitivity import counted_at
from MTINetLib.worker.arrays import load_array
from MTINetLib.worker.jobs import JobContext, job
from MTINetLib.worker.liver_files import load_liver
from MTINetLib.worker.requests import Analyzed, ChooseSensitivity
from MTINetLib.worker.study_files import save_result


@job
def choose_sensitivity(request: ChooseSensitivity, context: JobContext) -> Analyzed:
    kept = request.candidates
    labels = np.asarray(load_array(context.path(kept.labels)))
    candidates = Candidates(labels, from_dict(kept.findings))
    point = OperatingPoints.from_dict(kept.offered).points[request.point]
    liver = load_liver(request.liver, context)
    study = context.state.study(request.study)
    counted, findings = counted_at(study, candidates, point, liver, context.progress)
    return Analyzed(
        findings=to_dict(findings),
        labels=save_result(context.folder, request.study, "labels", counted),
        probability=request.probability,
        liver=request.liver,
        candidates=kept,
    )
