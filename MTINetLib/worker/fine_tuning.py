"""The ``train`` job of a fine-tuning."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from MTINetLib.evaluation.fit_model import words_of
from MTINetLib.fine_tuning.fine_tune import Order, Plan, fine_tune
from MTINetLib.models.find import find_model
from MTINetLib.presentation.comparison_words import verdict_in_words
from MTINetLib.presentation.fine_tuning_words import plan_in_words
from MTINetLib.training.settings import TrainingSettings
from MTINetLib.worker.jobs import JobContext
from MTINetLib.worker.training_requests import Planned, Train, Trained, TrainedModel
from MTINetLib.worker.training_watch import RunWatch

if TYPE_CHECKING:
    from MTINetLib.training.run_split import DataChanges

#: The preset that goes on from a model.
FINE_TUNING = "finetune"


def fine_tuned(
    request: Train,
    settings: TrainingSettings,
    changes: DataChanges,
    watch: RunWatch,
    context: JobContext,
) -> Trained:
    """Fine-tune, and say which model is better."""

    def told(plan: Plan) -> None:
        context.news("plan", Planned(plan_in_words(**vars(plan))).to_dict())

    order = Order(
        Path(request.dataset),
        Path(request.run),
        settings,
        find_model(request.start_from or None),
        resume=request.resume,
        name=request.name,
        cache=Path(request.cache) if request.cache else None,
        data_changes=changes,
    )
    left = fine_tune(order, progress=watch, fitting=context.progress, watch=watch, told=told)
    model = TrainedModel(1, str(left.model), left.sha256, {}, words_of(left.point))
    verdict = verdict_in_words(**vars(left.comparison.verdict))
    return Trained(request.run, (model,), left.steps, left.minutes, finished=True, verdict=verdict)
