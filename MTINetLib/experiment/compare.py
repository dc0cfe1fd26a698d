"""The whole comparison: looked over before anything is trained, run by run, then written as tables."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from MTINetLib.dataset.folder import DatasetCase, read_dataset
from MTINetLib.errors import InputError
from MTINetLib.experiment.budget import MAY_DIFFER, ON_GPU, TrainingBudget, settings_within
from MTINetLib.experiment.estimate import Pace, in_words, seconds_of_runs
from MTINetLib.experiment.folder import ExperimentFolder
from MTINetLib.experiment.optimisers import PUBLISHED, takes_published
from MTINetLib.experiment.pictures import slices_to_show
from MTINetLib.experiment.plan import EXPERIMENTS, TASKS, Plan, plan_of, systems_of
from MTINetLib.experiment.run_one import RunOrder
from MTINetLib.experiment.scores import RunResult
from MTINetLib.experiment.share import work_through
from MTINetLib.experiment.splits import FOLD_SEED, fold_parts
from MTINetLib.experiment.words import done_in_words, plan_in_words
from MTINetLib.experiment.write import write_tables
from MTINetLib.models.device import choose_compute
from MTINetLib.presentation.classes import class_title
from MTINetLib.progress import Progress, Silent
from MTINetLib.study.lesion_class import NO_LESIONS, OTHER, in_usual_order
from MTINetLib.study.phase import listed
from MTINetLib.systems.system import Task, check_packages, missing_package
from MTINetLib.systems.train_system import settings_of
from MTINetLib.training.folds import stratified_folds
from MTINetLib.training.run_phases import for_dataset
from MTINetLib.training.run_split import write_split
from MTINetLib.training.settings import TrainingSettings
from MTINetLib.training.slice_store import SliceStore
from MTINetLib.training.train import prepared

Told = Callable[[str], None]


@dataclass(frozen=True)
class Comparison:
    """What is asked for.

    Args:
        out: folder of the experiment; one that holds the same experiment is gone on with.
        experiments, systems, without: names; no systems are all of the experiments.
        budget: of each training.
        changes: of the common settings, ``key=value``.
        devices: ``auto``, ``cpu``, ``cuda`` or ``cuda:n``; runs take them in turn.
        jobs: runs side by side.
        cache: prepared slices, in ``out`` if None.
        retry: do failed runs again.
        command: as it was given, for the page.
        optimisers: ``published``, each system's own, or ``common``, that of the common settings for all.
    """

    dataset: Path
    out: Path
    experiments: tuple[str, ...]
    budget: TrainingBudget
    systems: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    folds: int = 5
    seeds: int = 3
    changes: tuple[str, ...] = ()
    devices: tuple[str, ...] = ("auto",)
    jobs: int = 1
    cache: Path | None = None
    retry: bool = False
    command: str = ""
    optimisers: str = PUBLISHED


@dataclass(frozen=True)
class Outcome:
    """What a comparison left.

    Args:
        tables: their folder.
        failed: sentences of the runs that failed.
    """

    tables: Path
    done: int
    failed: tuple[str, ...] = field(default=())


def run_comparison(
    asked: Comparison, progress: Progress | None = None, told: Told = lambda _: None
) -> Outcome:
    """Do all runs that are not done yet and write the tables.

    Args:
        told: hears sentences: the plan with its estimate, then each run with what is left.

    Raises:
        InputError, MissingResourceError: it cannot be done; said before anything is trained.
        Cancelled, KeyboardInterrupt: it was stopped; what is done stays, and the same call goes on.
    """
    progress = progress or Silent()
    asked, left_out = _without_what_is_missing(asked)
    for sentence in left_out:
        told(sentence)
    ready = _look_over(asked, progress)
    left = [order for order in ready.orders if ready.folder.result(order.run) is None]
    pace = _pace(asked, ready, left, progress)
    told(
        plan_in_words(ready.plan, asked.budget.in_words, len(left), pace.left([order.run for order in left]))
    )

    def done(order: RunOrder, result: RunResult) -> None:
        pace.learn(result)
        missing = [each.run for each in ready.orders if ready.folder.result(each.run) is None]
        of_all = len(ready.orders)
        told(done_in_words(of_all - len(missing), of_all, order.run, result, in_words(pace.left(missing))))

    work_through(ready.orders, asked.jobs, progress, done)
    return _written(ready)


def write_what_is_there(asked: Comparison, progress: Progress | None = None) -> Outcome:
    """Only the tables, from the runs that are done.

    Raises:
        InputError: the folder holds no such experiment.
    """
    ExperimentFolder(asked.out).told()
    return _written(_look_over(_without_what_is_missing(asked)[0], progress or Silent()))


@dataclass(frozen=True)
class _Ready:
    """A comparison that was looked over."""

    plan: Plan
    folder: ExperimentFolder
    store: SliceStore
    settings: TrainingSettings
    told: Mapping[str, Any]
    orders: tuple[RunOrder, ...]


def _look_over(asked: Comparison, progress: Progress) -> _Ready:
    plan = plan_of(asked.experiments, asked.systems, asked.folds, asked.seeds, asked.without)
    for system in systems_of(plan):
        check_packages(system)
    computes = [choose_compute(device) for device in asked.devices]
    faster = ON_GPU if all(compute.device.type == "cuda" for compute in computes) else ()
    own_recipe = takes_published(asked.optimisers)
    settings = for_dataset(asked.dataset, settings_within(asked.budget, (*faster, *asked.changes)))
    for system in systems_of(plan):
        if system.architecture:
            settings_of(
                system, settings, own_recipe=own_recipe
            )  # raises where the slices do not suit a network
    folder = ExperimentFolder(asked.out)
    folder.refuse_other_files()
    _refuse_cases(plan, settings, read_dataset(asked.dataset))
    cache = asked.cache or folder.cache
    store = prepared(asked.dataset, cache, settings, progress)
    settings, store = _with_classes(plan, settings, store)
    told = folder.begin(_told(asked, plan, settings, store))
    _write_folds(folder, plan, store)
    shown = slices_to_show(store, told["first_judged"])
    devices = asked.devices
    orders = tuple(
        RunOrder(
            run,
            asked.dataset,
            asked.out,
            cache,
            settings,
            plan.folds,
            devices[n % len(devices)],
            shown,
            own_recipe,
        )
        for n, run in enumerate(plan.runs)
    )
    if asked.retry:
        for order in orders:
            kept = folder.result(order.run)
            if kept is not None and kept.failed:
                folder.forget(order.run)
    return _Ready(plan, folder, store, settings, told, orders)


def _without_what_is_missing(asked: Comparison) -> tuple[Comparison, list[str]]:
    """The same without systems that nobody named and whose own package is not there; a sentence for each."""
    if asked.systems:
        return asked, []
    plan = plan_of(asked.experiments, (), asked.folds, asked.seeds, asked.without)
    lacking = [system for system in systems_of(plan) if system.stands_apart and missing_package(system)]
    sentences = [
        f"{system.title} is left out: {missing_package(system)} is not installed (pip install "
        f"{system.brought_by})."
        for system in lacking
    ]
    return replace(asked, without=(*asked.without, *(system.name for system in lacking))), sentences


def _refuse_cases(plan: Plan, settings: TrainingSettings, cases: Sequence[DatasetCase]) -> None:
    """What the tables of the dataset tell, before its images are read.

    Raises:
        InputError: too few patients, or nothing to tell apart.
    """
    for seed in range(plan.seeds):
        for fold in range(1, plan.folds + 1):
            fold_parts(cases, plan.folds, fold, seed, settings.validation_share)
    found = {name for case in cases for name in (case.case_class, *case.lesion_classes.values())}
    _refuse_classes(plan, settings.classes or in_usual_order(found - {NO_LESIONS}))


def _refuse_classes(plan: Plan, classes: Sequence[str]) -> None:
    telling = any(system.tasks == {Task.CLASSIFICATION} for system in systems_of(plan))
    if len(classes) < 2 and (telling or TASKS in plan.rows):
        only = class_title(classes[0]) if classes else "none"
        raise InputError(
            f"The lesions of the dataset are of one class ({only}), so there is nothing to tell apart: add "
            "another one, or compare with --experiment segmentation, regression or ablation."
        )


def _with_classes(
    plan: Plan, settings: TrainingSettings, store: SliceStore
) -> tuple[TrainingSettings, SliceStore]:
    """The classes that every run tells apart: those of the settings, else of the whole dataset.

    Raises:
        InputError: a system classifies, and the dataset has one class; or no slice bears a tumour.
    """
    if not any(entry.lesions for entry in store.entries):
        raise InputError("No slice of the dataset bears a lesion: there is nothing to compare systems on.")
    classes = settings.classes or store.classes
    missing = [name for name in classes if name not in store.classes and name != OTHER]
    if missing:
        raise InputError(
            f"The dataset has no lesion of the class {listed(missing, 'or')}, which the settings name."
        )
    _refuse_classes(plan, classes)
    if len(classes) < 2:
        classes = ()
    return settings.for_classes(classes), store.telling_apart(classes)


def _told(asked: Comparison, plan: Plan, settings: TrainingSettings, store: SliceStore) -> dict[str, Any]:
    """What experiment.json says of it; nothing of the machine's paths."""
    cases = store.cases
    of_class = Counter(case.case_class for case in {case.patient: case for case in cases}.values())
    digest = hashlib.sha256("".join(sorted(case.images + case.truth for case in cases)).encode()).hexdigest()
    kept = {name: value for name, value in settings.to_dict().items() if name not in MAY_DIFFER}
    first = stratified_folds(cases, plan.folds, FOLD_SEED)[0].validation
    return {
        "dataset": {
            "name": asked.dataset.resolve().name,
            "digest": digest,
            "patients": len({case.patient for case in cases}),
            "cases": len(cases),
            "slices": len(store.entries),
            "tumour_slices": sum(bool(entry.lesions) for entry in store.entries),
            "classes": listed([f"{count} {class_title(name)}" for name, count in sorted(of_class.items())]),
        },
        "classes": list(store.classes),
        "phases": list(settings.phases),
        "experiments": {name: list(rows) for name, rows in plan.rows.items()},
        "folds": plan.folds,
        "seeds": plan.seeds,
        "budget": asked.budget.in_words,
        "optimisers": asked.optimisers,
        "settings": kept,
        "first_judged": list(first),
        "synthetic": _is_synthetic(asked.dataset),
        "command": asked.command,
    }


def _is_synthetic(dataset: Path) -> bool:
    try:
        return bool(json.loads((dataset / "dataset.json").read_text(encoding="utf-8")).get("synthetic"))
    except (OSError, ValueError, AttributeError):
        return False


def _write_folds(folder: ExperimentFolder, plan: Plan, store: SliceStore) -> None:
    """``folds.csv``: whom each fold judges."""
    parts = {
        patient: f"fold-{fold}"
        for fold, split in enumerate(stratified_folds(store.cases, plan.folds, FOLD_SEED), 1)
        for patient in split.validation
    }
    write_split(folder.folds, parts, store.cases)


def _pace(asked: Comparison, ready: _Ready, left: Sequence[RunOrder], progress: Progress) -> Pace:
    wanted = {order.run.system for order in left}
    systems = [system for system in systems_of(ready.plan) if system.name in wanted]
    judged = len(ready.store.entries) // ready.plan.folds
    common = replace(ready.settings, seed=0)
    a_pass = len(ready.store.entries) * (ready.plan.folds - 1) // ready.plan.folds
    steps = max(1, a_pass // common.batch_size)
    pace = Pace(seconds_of_runs(systems, common, judged, asked.devices[0], steps, progress), asked.jobs)
    for order in ready.orders:
        kept = ready.folder.result(order.run)
        if kept is not None:
            pace.learn(kept)
    return pace


def _whole_plan(ready: _Ready) -> Plan:
    """With what earlier calls asked of the same folder."""
    rows = {name: tuple(ready.told["experiments"].get(name, ())) for name in EXPERIMENTS}
    kept = {name: each for name, each in rows.items() if each}
    return replace(ready.plan, rows=kept, seeds=ready.told["seeds"])


def _written(ready: _Ready) -> Outcome:
    with ready.folder.for_a_moment():
        tables = write_tables(ready.folder, _whole_plan(ready), ready.store, ready.told)
    results = [(order, ready.folder.result(order.run)) for order in ready.orders]
    there = [(order, result) for order, result in results if result is not None]
    failed = tuple(f"{order.run.title}: {result.why}" for order, result in there if result.failed)
    return Outcome(tables, len(there), failed)
