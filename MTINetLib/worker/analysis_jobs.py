"""Jobs that ask the network; the only ones of this room that import torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from MTINetLib.findings import from_dict, to_dict
from MTINetLib.models.store import LoadedModel, choose_ways
from MTINetLib.pipeline.analyze import analyze as analyze_study
from MTINetLib.pipeline.remeasure import remeasure, resume
from MTINetLib.progress import Stage
from MTINetLib.worker.arrays import load_array
from MTINetLib.worker.jobs import JobContext
from MTINetLib.worker.messages import (
    Analyze,
    Analyzed,
    Measured,
    Prepare,
    Prepared,
    ReadAgain,
    ReadMasks,
)
from MTINetLib.worker.study_files import save_result


def prepare(arguments: Mapping[str, Any], context: JobContext) -> Mapping[str, Any]:
    """:class:`Prepare` to :class:`Prepared`."""
    request = Prepare.from_dict(arguments)
    model = _ready_model(request.model, request.device, request.precision, request.backend, context)
    compute = model.settled(request.device, request.precision, request.backend)
    return Prepared(
        model.info.name, model.info.sha256, compute.title, compute.arithmetic, compute.backend
    ).to_dict()


def analyze(arguments: Mapping[str, Any], context: JobContext) -> Mapping[str, Any]:
    """:class:`Analyze` to :class:`Analyzed`.

    Raises:
        InputError, ModelError, MissingResourceError: see ``load_model`` and ``pipeline.analyze``.
    """
    request = Analyze.from_dict(arguments)
    model = _ready_model(request.model, request.device, request.precision, request.backend, context)
    study = context.state.study(request.study)
    found = analyze_study(
        study,
        model,
        thresholds=request.thresholds,
        device=request.device,
        precision=request.precision,
        backend=request.backend,
        progress=context.progress,
    )
    assert found.probability is not None  # the network looked for the lesions
    return Analyzed(
        findings=to_dict(found.findings),
        labels=save_result(context.folder, request.study, "labels", found.labels),
        probability=save_result(context.folder, request.study, "probability", found.probability),
        timings=dict(found.timings),
    ).to_dict()


def read_again(arguments: Mapping[str, Any], context: JobContext) -> Mapping[str, Any]:
    """:class:`ReadAgain` to :class:`Measured`."""
    request = ReadAgain.from_dict(arguments)
    model = _ready_model(request.model, request.device, request.precision, request.backend, context)
    findings = remeasure(
        context.state.study(request.study),
        np.asarray(load_array(context.path(request.labels))),
        from_dict(request.before),
        model=model,
        device=request.device,
        precision=request.precision,
        backend=request.backend,
        progress=context.progress,
    )
    return Measured(to_dict(findings)).to_dict()


def read_masks(arguments: Mapping[str, Any], context: JobContext) -> Mapping[str, Any]:
    """:class:`ReadMasks` to :class:`Measured`."""
    request = ReadMasks.from_dict(arguments)
    model = _ready_model(request.model, request.device, request.precision, request.backend, context)
    found = resume(
        context.state.study(request.study),
        model,
        np.asarray(load_array(context.path(request.labels))),
        corrected=True,
        origin="a segmentation in the scene",
        device=request.device,
        precision=request.precision,
        backend=request.backend,
        progress=context.progress,
    )
    return Measured(to_dict(found.findings)).to_dict()


def _ready_model(
    name: str | None, device: str, precision: str, backend: str, context: JobContext
) -> LoadedModel:
    context.progress.start(Stage.LOADING_MODEL, 1)
    choose_ways(device, precision, backend)
    model = context.state.model(name)
    model.settled(device, precision, backend)
    context.progress.update(1)
    return model
