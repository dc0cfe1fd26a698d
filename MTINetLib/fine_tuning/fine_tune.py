"""From a model and a few cases to a model that knows them, by folds whose patients it never saw."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from MTINetLib.claim import claimed
from MTINetLib.dataset.folder import DatasetCase, read_dataset
from MTINetLib.dataset.origin import describe_dataset
from MTINetLib.errors import InputError
from MTINetLib.evaluation.fit_model import fitted_or_of, write_point
from MTINetLib.evaluation.judged_case import analyzer_of
from MTINetLib.evaluation.operating_point import (
    OperatingPoint,
    Seen,
    first_patients,
    look_at,
    point_seen,
)
from MTINetLib.evaluation.side_by_side import Contestant, SideBySide, compare_contestants
from MTINetLib.fine_tuning.average import average_models
from MTINetLib.fine_tuning.estimate import seconds_at_most
from MTINetLib.fine_tuning.folds import Fold, fold_count, folds_of_run
from MTINetLib.fine_tuning.mean_check import MeanCheck, check_mean, studies_apart
from MTINetLib.fine_tuning.mix import STUDIES, phantom_has, phantom_to_mix_in
from MTINetLib.fine_tuning.run import FineTuningFolder, FoldResult
from MTINetLib.models.find import find_model
from MTINetLib.models.store import load_model
from MTINetLib.presentation.fine_tuning_words import judged_by_words
from MTINetLib.progress import Progress, Silent
from MTINetLib.training.faults import explained
from MTINetLib.training.run_phases import for_dataset
from MTINetLib.training.settings import TrainingSettings
from MTINetLib.training.starting_model import StartingModel, read_starting_model
from MTINetLib.training.train import prepared, train
from MTINetLib.training.watch import Nobody, Watch

if TYPE_CHECKING:
    from MTINetLib.training.run_split import DataChanges


@dataclass(frozen=True)
class Plan:
    """What a fine-tuning is going to do.

    Args:
        patients: of the dataset.
        folds: networks that are trained; 1 for a single split.
        mixed_in: studies that are mixed in.
        seconds: that it takes at most, on this machine as it is now.
    """

    patients: int
    folds: int
    mixed_in: int
    seconds: float


@dataclass(frozen=True)
class FineTuned:
    """What a fine-tuning left.

    Args:
        run: its folder.
        model: folder of the new model: ``model`` of the run where it is better, else ``candidate``.
        comparison: old and new side by side, on patients that no network had seen.
        sha256: of its weights.
        point: its thresholds and temperature, with how they were found.
        folds: networks that were trained; the model is their mean.
        mean: how that mean compares with them; None for one network, and where nothing was mixed in.
        judged_by: who judged the new model, in words.
        steps, minutes: of all of them together.
    """

    run: Path
    model: Path
    comparison: SideBySide
    sha256: str
    point: OperatingPoint
    folds: int
    steps: int
    minutes: float
    mean: MeanCheck | None
    judged_by: str

    @property
    def better(self) -> bool:
        """Whether the new model is to take the old one's place."""
        return self.comparison.verdict.better


@dataclass(frozen=True)
class Order:
    """What is to be fine-tuned, and how.

    Args:
        dataset: a folder with ``cases.csv``.
        run: folder of the run, new or to be resumed.
        settings: the recipe; network, phases and classes are those of the model.
        start_from: name or folder of the model.
        mix: a dataset folder to mix in; None makes phantom studies. ``settings.mix_share`` 0 mixes nothing.
        cross_validation: also with many patients.
        resume: go on where the run was interrupted.
        name: of the new model; none names it after the old one.
        cache: folder of prepared slices, or None for one in the run.
        data_changes: ``accept`` resumes with a dataset that has changed.
    """

    dataset: Path
    run: Path
    settings: TrainingSettings
    start_from: str | Path
    mix: Path | None = None
    cross_validation: bool = False
    resume: bool = False
    name: str = ""
    cache: Path | None = None
    data_changes: DataChanges = "refuse"


def fine_tune(
    order: Order,
    *,
    progress: Progress | None = None,
    fitting: Progress | None = None,
    bar: bool = False,
    watch: Watch | None = None,
    told: Callable[[Plan], None] = lambda plan: None,
) -> FineTuned:
    """Train on from a model, with patients held out, and fit the thresholds of what comes out on them.

    Patients are dealt into five parts. One judges, one validates and three train; with few patients each
    part judges in turn, and the new model is the mean of the networks. With 10 patients or more thresholds
    and temperature are fitted on patients that the networks were not trained on; with fewer they stay those
    of the old model. In the end both models are compared on the patients that judge.

    Args:
        progress: hears of preparing and training; may raise Cancelled.
        fitting: hears of the fitting; ``progress`` if None.
        bar, watch: as in :func:`MTINetLib.training.train.train`.
        told: hears what is going to be done, before it begins.

    Raises:
        InputError: the dataset, the model, the settings or the run folder cannot be used.
        Cancelled: told by ``progress``; the run can be resumed.
    """
    heard = progress or Silent()
    with claimed(order.run), explained(order.run, order.settings):
        work = _FineTuning(order, heard, fitting or heard, bar, watch or Nobody())
        told(work.plan)
        return work.done()


class _FineTuning:
    def __init__(self, order: Order, progress: Progress, fitting: Progress, bar: bool, watch: Watch) -> None:
        self.order, self.progress, self.fitting, self.bar, self.watch = order, progress, fitting, bar, watch
        if order.settings.devices * order.settings.nodes > 1:
            raise InputError("Fine-tuning runs on one device; set devices and nodes to 1.")
        self.start = find_model(order.start_from)
        self.starting: StartingModel = read_starting_model(self.start)
        self.name = order.name or f"{self.starting.info.name}-finetuned"
        self.settings = for_dataset(order.dataset, self.starting.settings_of(order.settings), order.mix)
        self.cases = read_dataset(order.dataset)
        patients = len({case.patient for case in self.cases})
        self.parts = min(self.settings.folds, patients)
        self.count = fold_count(patients, self.settings.folds, order.cross_validation)
        mixed_in = (
            0 if not self.settings.mix_share else len(read_dataset(order.mix)) if order.mix else STUDIES
        )
        self.folder = FineTuningFolder(order.run)
        mix_name = "" if not mixed_in else order.mix.name if order.mix else "phantom"
        self.folder.begin(self.starting.info.sha256, mix_name, order.resume)
        seconds = seconds_at_most(self.settings, self.count, len(self.cases), mixed_in)
        self.plan = Plan(patients, self.count, mixed_in, seconds)

    def done(self) -> FineTuned:
        mix = self._mix()
        cache = self.order.cache or self.folder.cache
        store = prepared(self.order.dataset, cache, self.settings, self.progress)
        folds = folds_of_run(
            self.folder.folds,
            store.cases,
            self.parts,
            self.settings.seed,
            self.count,
            self.order.data_changes,
        )
        results = [self._trained(number, fold, mix, cache) for number, fold in enumerate(folds, 1)]
        seen = [self._seen(fold, result) for fold, result in zip(folds, results, strict=True)]
        point = self._point(seen)
        for number, result in enumerate(results):
            others = seen if len(seen) == 1 else [*seen[:number], *seen[number + 1 :]]
            write_point(result.model, self._point(others))
        sha256, check = self._model_of([result.model for result in results])
        write_point(self.folder.candidate, point)
        judged_by = judged_by_words(self.count, **({} if check is None else check.told()))
        comparison = self._compared(folds, results, sha256, judged_by)
        place = self.folder.candidate
        if comparison.verdict.better:
            place = place.replace(self.folder.model)
        return FineTuned(
            self.order.run,
            place,
            comparison,
            sha256,
            point,
            len(folds),
            sum(result.steps for result in results),
            sum(result.minutes for result in results),
            check,
            judged_by,
        )

    def _model_of(self, networks: Sequence[Path]) -> tuple[str, MeanCheck | None]:
        """Write the mean of the networks, or the one that is better than it; the SHA-256 of its weights."""
        candidate, told = self.folder.candidate, {"fine_tuned": self._origin()}
        sha256 = average_models(networks, candidate, self.name, told)
        if self.count == 1 or not self.settings.mix_share or not phantom_has(self.settings.phases):
            return sha256, None
        apart = studies_apart(self.folder.apart, self.settings.seed, self.progress)
        check = check_mean(apart, candidate, networks, self._device, self.fitting)
        if check.chosen is not None:
            shutil.rmtree(candidate)
            told = {"fine_tuned": {**self._origin(), "only_network": check.chosen + 1}}
            sha256 = average_models([networks[check.chosen]], candidate, self.name, told)
        return sha256, check

    def _compared(
        self, folds: Sequence[Fold], results: Sequence[FoldResult], sha256: str, judged_by: str
    ) -> SideBySide:
        """Every patient that judges, by the old model and by the network that did not see them."""
        judges = {
            patient: analyzer_of(model, device=self._device)
            for fold, result in zip(folds, results, strict=True)
            for model in [load_model(result.model)]
            for patient in fold.test
        }
        old = Contestant.of(load_model(self.start), self._device)
        new = Contestant(self.name, sha256, old.phases, old.classes, lambda case: judges[case.patient])
        return compare_contestants(
            [case for case in self.cases if case.patient in judges],
            old,
            new,
            self.folder.comparison,
            about={"dataset": describe_dataset(self.order.dataset), "judged_by": judged_by},
            progress=self.fitting,
            seed=self.settings.seed,
        )

    @property
    def _device(self) -> str:
        return "cpu" if self.settings.accelerator == "cpu" else "auto"

    def _mix(self) -> Path | None:
        if not self.settings.mix_share:
            return None
        if self.order.mix is not None:
            return self.order.mix
        return phantom_to_mix_in(self.folder.phantom, self.settings.phases, self.settings.seed, self.progress)

    def _trained(self, number: int, fold: Fold, mix: Path | None, cache: Path) -> FoldResult:
        """One network; a fold that was finished before is not trained again."""
        place = self.folder.fold(number)
        self.watch.part(number, self.count)
        kept = FoldResult.kept_in(place) if self.order.resume else None
        if kept is not None:
            return kept
        result = train(
            self.order.dataset,
            place,
            self.settings,
            resume=self.order.resume,
            progress=self.progress,
            bar=self.bar,
            cache=cache,
            split=fold.split,
            name=f"{self.order.name or self.starting.info.name}-fold-{number}",
            watch=self.watch,
            start_from=self.start,
            mix=mix,
        )
        return FoldResult.of(result).keep()

    def _seen(self, fold: Fold, result: FoldResult) -> Seen:
        """What a network gives for patients whom it was not trained on: those that judge it only where
        others are judged by what is fitted on them."""
        held_out = fold.split.validation if self.count == 1 else fold.test
        cases = first_patients(self._cases_of(held_out))
        return look_at(cases, load_model(result.model), self._device, progress=self.fitting)

    def _cases_of(self, patients: Sequence[str]) -> list[DatasetCase]:
        return [case for case in self.cases if case.patient in patients]

    def _point(self, seen: Sequence[Seen]) -> OperatingPoint:
        info = self.starting.info
        return fitted_or_of(point_seen(Seen.joined(seen), info.classes), info)

    def _origin(self) -> dict[str, str | int]:
        info = self.starting.info
        return {
            "from": info.name,
            "from_sha256": info.sha256,
            "patients": self.plan.patients,
            "networks": self.count,
            "mixed_in": self.plan.mixed_in,
        }
