"""The jobs of the Training section: check a dataset, add a case to it, train, keep a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from MTINetLib.dataset.add import NewCase
from MTINetLib.dataset.add import add_case as add_to_dataset
from MTINetLib.dataset.check import check_dataset as checked
from MTINetLib.dataset.checked import CaseCheck
from MTINetLib.progress import Stage
from MTINetLib.worker.jobs import JobContext, job
from MTINetLib.worker.training_requests import (
    AddCase,
    CaseAdded,
    CaseRow,
    CheckDataset,
    CheckedDataset,
    KeepModel,
    ModelKept,
    Train,
    Trained,
    TrainedModel,
)

#: Messages of progress a second while a run goes on.
_PROGRESS_RATE = 5.0


@job
def check_dataset(request: CheckDataset, context: JobContext) -> CheckedDataset:
    def tell(case: CaseCheck) -> None:
        context.news("case", _row(case).to_dict())

    found = checked(Path(request.dataset), context.progress, tell)
    rows = tuple(_row(case) for case in found.cases)
    return CheckedDataset(request.dataset, rows, found.problems, found.warnings, found.patients, found.usable)


def _row(case: CaseCheck) -> CaseRow:
    return CaseRow(**vars(case))


@job
def add_case(request: AddCase, context: JobContext) -> CaseAdded:
    new = NewCase(
        volumes=np.load(context.path(request.volumes), mmap_mode="r", allow_pickle=False),
        labels=np.load(context.path(request.labels), allow_pickle=False),
        grid=request.grid,
        phases=request.phases,
        lesion_classes=dict(request.classes),
        patient=request.patient,
        case=request.case,
        origin=request.origin,
        covered=None
        if request.covered is None
        else np.load(context.path(request.covered), mmap_mode="r", allow_pickle=False),
    )
    added = add_to_dataset(Path(request.dataset), new, context.progress)
    return CaseAdded(added.case, added.patient, str(added.folder))


@job
def train(request: Train, context: JobContext) -> Trained:
    # Hours of it: the client would have to read every line.
    context.progress.rate = _PROGRESS_RATE
    context.progress.start(Stage.LOADING_TORCH, 0)
    # Here, so that checking a dataset needs neither torch nor Lightning.
    from MTINetLib.evaluation.fit_model import words_of
    from MTINetLib.train_model import train_models
    from MTINetLib.training.run_split import DataChanges
    from MTINetLib.worker.fine_tuning import FINE_TUNING, fine_tuned
    from MTINetLib.worker.training_settings import is_cross_validation, leave_a_core, run_settings
    from MTINetLib.worker.training_watch import RunWatch

    settings = run_settings(request)
    changes: DataChanges = "accept" if request.data_changes == "accept" else "refuse"
    watch = RunWatch(context)
    leave_a_core()
    if request.preset == FINE_TUNING:
        return fine_tuned(request, settings, changes, watch, context)
    several = is_cross_validation(request)
    left = train_models(
        Path(request.dataset),
        Path(request.run),
        settings,
        cross_validation=several,
        resume=request.resume,
        name=request.name,
        cache=Path(request.cache) if request.cache else None,
        data_changes=changes,
        progress=watch,
        # Not the watch: a stop asks for the model so far, and that is whole with neutral thresholds too.
        fitting=context.progress,
        watch=watch,
    )
    results = [model.result for model in left]
    models = tuple(
        TrainedModel(
            number,
            str(model.folder),
            model.result.sha256,
            model.result.scores,
            "" if model.operating_point is None else words_of(model.operating_point),
        )
        for number, model in enumerate(left, 1)
    )
    return Trained(
        str(Path(request.run)),
        models,
        sum(result.steps for result in results),
        sum(result.minutes for result in results),
        finished=len(results) == (settings.folds if several else 1)
        and all(result.finished for result in results),
    )


@job
def keep_model(request: KeepModel, context: JobContext) -> ModelKept:
    from MTINetLib.models.kept import keep_model as keep

    kept = keep(Path(request.trained), request.name)
    return ModelKept(kept.name, str(kept.folder), kept.sha256)
