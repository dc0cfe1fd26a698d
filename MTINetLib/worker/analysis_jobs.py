"""Jobs that ask the network; the only ones of this room that import torch."""

from __future__ import annotations

import numpy as np

from MTINetLib.findings import from_dict, to_dict
from MTINetLib.inference.analysis import Analysis
from MTINetLib.models.store import LoadedModel, choose_ways
from MTINetLib.pipeline.analyze import analyze as analyze_study
from MTINetLib.pipeline.liver import check_liver
from MTINetLib.pipeline.remeasure import remeasure, resume
from MTINetLib.progress import Stage
from MTINetLib.worker.arrays import load_array
from MTINetLib.worker.jobs import JobContext, job
from MTINetLib.worker.liver_files import load_liver, save_liver
from MTINetLib.worker.requests import (
    Analyze,
    Analyzed,
    CandidateFile,
    Measured,
    ModelChoice,
    ReadAgain,
    ReadMasks,
)
from MTINetLib.worker.study_files import save_result


@job
def analyze(request: Analyze, context: JobContext) -> Analyzed:
    model = _ready_model(request.model, context)
    study = context.state.study(request.study)
    liver = load_liver(request.liver, context)
    if liver is not None:
        check_liver(liver, study, f"'{liver.source}'")
    found = analyze_study(
        study,
        model,
        liver=liver,
        thresholds=request.thresholds,
        **request.model.ways,
        progress=context.progress,
    )
    assert found.probability is not None  # the network looked for the lesions
    return Analyzed(
        findings=to_dict(found.findings),
        labels=save_result(context.folder, request.study, "labels", found.labels),
        probability=save_result(context.folder, request.study, "probability", found.probability),
        timings=dict(found.timings),
        liver=save_liver(found.liver, context.folder, request.study),
        candidates=_candidates(found, model, context, request.study),
    )


def _candidates(found: Analysis, model: LoadedModel, context: JobContext, key: str) -> CandidateFile | None:
    offered, kept = model.info.operating_points, found.candidates
    if offered is None or kept is None:
        return None
    labels = save_result(context.folder, key, "candidates", kept.labels)
    return CandidateFile(labels, to_dict(kept.findings), offered.to_dict())


@job
def read_again(request: ReadAgain, context: JobContext) -> Measured:
    model = _ready_model(request.model, context)
    findings = remeasure(
        context.state.study(request.study),
        np.asarray(load_array(context.path(request.labels))),
        from_dict(request.before),
        liver=load_liver(request.liver, context),
        model=model,
        **request.model.ways,
        progress=context.progress,
    )
    return Measured(to_dict(findings))


@job
def read_masks(request: ReadMasks, context: JobContext) -> Measured:
    model = _ready_model(request.model, context)
    study, liver = context.state.study(request.study), load_liver(request.liver, context)
    if liver is not None:
        check_liver(liver, study, f"'{liver.source}'")
    found = resume(
        study,
        model,
        np.asarray(load_array(context.path(request.labels))),
        corrected=True,
        origin="a segmentation in the scene",
        liver=liver,
        **request.model.ways,
        progress=context.progress,
    )
    return Measured(to_dict(found.findings), save_liver(found.liver, context.folder, request.study))


def _ready_model(choice: ModelChoice, context: JobContext) -> LoadedModel:
    context.progress.start(Stage.LOADING_MODEL, 1)
    choose_ways(**choice.ways)
    model = context.state.model(choice.name)
    model.settled(**choice.ways)
    context.progress.update(1)
    return model
