"""The page of an experiment: tables, pictures and every figure, from the results that are there."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from MTINetLib.evaluation.statistics import CONFIDENCE, LEAST_PATIENTS, RESAMPLES, PatientBootstrap
from MTINetLib.experiment.folder import ExperimentFolder
from MTINetLib.experiment.judge import MASK_THRESHOLD
from MTINetLib.experiment.optimisers import IN_WORDS
from MTINetLib.experiment.pages import Page, write_pages
from MTINetLib.experiment.pictures import (
    CONFUSION_FILE,
    SLICES_FILE,
    draw_confusion,
    draw_slices,
    shown_slices,
    slices_to_show,
)
from MTINetLib.experiment.plan import CLASSIFICATION, Plan
from MTINetLib.experiment.scores import EMPTY_RULE, RunResult
from MTINetLib.experiment.summary import Comparison, SystemFigures, compare_by, figures_of
from MTINetLib.experiment.tables import (
    TESTED,
    confusion_table,
    cost_table,
    experiment_table,
    tests_table,
)
from MTINetLib.experiment.words import TITLES
from MTINetLib.presentation.counts import counted
from MTINetLib.systems.known import system_of
from MTINetLib.training.slice_store import SliceStore
from MTINetLib.write_whole import whole_folder

TABLES_FOLDER = "tables"
FIGURES_FILE = "figures.json"
SYNTHETIC = (
    "Synthetic phantom: every image here was computed, no patient was imaged. These figures tell nothing "
    "about "
    "performance on patients."
)
_PICTURE_TITLE = "Figure 3. The same slices under every system (blue dots: truth, orange: marked)"


def write_tables(
    folder: ExperimentFolder, plan: Plan, store: SliceStore, told: Mapping[str, Any], seed: int = 0
) -> Path:
    """Write the folder ``tables``, in place of an earlier one, from the results that are there.

    Args:
        store: of the whole dataset, with the experiment's classes.
        told: what experiment.json says.
        seed: of the bootstrap.

    Returns:
        The folder.
    """
    results = _results(folder, plan)
    bootstrap = PatientBootstrap([case.patient for case in store.cases], seed)
    planned = plan.folds * plan.seeds
    figures = {
        system: figures_of(system, results[system], planned, store.classes, bootstrap)
        for system in plan.systems
    }
    tests = {
        experiment: [
            one
            for name in TESTED[experiment]
            for one in compare_by(name, systems, results, store.classes, bootstrap)
        ]
        for experiment, systems in plan.rows.items()
    }
    out = folder.path / TABLES_FOLDER
    shutil.rmtree(_beside(out), ignore_errors=True)
    with whole_folder(_beside(out)) as beside:
        beside.mkdir()
        pictures = _pictures(beside, folder, plan, store, told, figures)
        page = _page(plan, told, figures, tests, results, store.classes, pictures, seed)
        write_pages(beside, page)
        _write_figures(beside / FIGURES_FILE, told, figures, tests)
    shutil.rmtree(out, ignore_errors=True)
    _beside(out).replace(out)
    return out


def _beside(out: Path) -> Path:
    """Where the new folder is made, so that the old one stays until then."""
    return out.with_name(f"{out.name}.new")


def _results(folder: ExperimentFolder, plan: Plan) -> dict[str, list[RunResult]]:
    found: dict[str, list[RunResult]] = {system: [] for system in plan.systems}
    for run in plan.runs:
        result = folder.result(run)
        if result is not None:
            found[run.system].append(result)
    return found


def _pictures(
    out: Path,
    folder: ExperimentFolder,
    plan: Plan,
    store: SliceStore,
    told: Mapping[str, Any],
    figures: Mapping[str, SystemFigures],
) -> dict[str, str]:
    drawn = {}
    masks = {run.system: folder.masks(run) for run in plan.runs if run.fold == 1 and run.seed == 0}
    outlining = [system for system in plan.systems if masks.get(system)]
    shown = slices_to_show(store, told["first_judged"])
    if shown and outlining:
        draw_slices(out / SLICES_FILE, shown_slices(store, shown, masks, told["phases"]), outlining)
        drawn[_PICTURE_TITLE] = SLICES_FILE
    classifying = [
        system
        for system in plan.rows.get(CLASSIFICATION, ())
        if any(map(sum, figures[system].confusion["slices"]))
    ]
    if classifying:
        draw_confusion(out / CONFUSION_FILE, classifying, figures, store.classes)
        drawn[TITLES[CLASSIFICATION]] = CONFUSION_FILE
    return drawn


def _page(
    plan: Plan,
    told: Mapping[str, Any],
    figures: Mapping[str, SystemFigures],
    tests: Mapping[str, Sequence[Comparison]],
    results: Mapping[str, Sequence[RunResult]],
    classes: Sequence[str],
    pictures: Mapping[str, str],
    seed: int,
) -> Page:
    tables = [experiment_table(name, rows, figures, tests[name]) for name, rows in plan.rows.items()]
    if CLASSIFICATION in plan.rows:
        tables.append(confusion_table(plan.rows[CLASSIFICATION], figures, classes))
    tables += [cost_table(plan.systems, figures), tests_table(tests)]
    systems = [system_of(name) for name in plan.systems]
    return Page(
        "MTI-Net and the systems that it is compared with",
        _facts(told, results),
        SYNTHETIC if told["synthetic"] else "",
        _rules(told, seed),
        tables,
        pictures,
        [(each.title, each.source, each.left_open) for each in systems],
    )


def _facts(told: Mapping[str, Any], results: Mapping[str, Sequence[RunResult]]) -> dict[str, str]:
    data = told["dataset"]
    machines = sorted({_machine(result.machine) for of_one in results.values() for result in of_one})
    dates = sorted(
        str(result.machine.get("date", ""))[:10] for of_one in results.values() for result in of_one
    )
    return {
        "Dataset": f"{data['name']}: {data['patients']} patients, {data['cases']} studies, {data['slices']} "
        "slices, "
        f"{data['tumour_slices']} of them with tumour; patients by class: {data['classes']}",
        "Folds and seeds": f"{told['folds']} folds by patient, {counted(told['seeds'], 'seed')}",
        "Budget of each training": f"{told['budget']}",
        "Optimiser": IN_WORDS[told["optimisers"]],
        "Machine": "; ".join(machines) or "nothing was run yet",
        "Date": " to ".join(dict.fromkeys((dates[0], dates[-1]))) if dates else "-",
        "Command": told["command"],
    }


def _machine(told: Mapping[str, Any]) -> str:
    where = told.get("gpu") or told.get("cpu") or "unknown processor"
    return f"{where}, {told.get('threads')} threads a training, {told.get('usable_cores')} cores in all"


def _rules(told: Mapping[str, Any], seed: int) -> list[str]:
    settings = told["settings"]
    size = settings["network"]["image_size"]
    return [
        "Every system is trained on the same patients in each fold, judged on the same held-out ones, and "
        "gets the "
        f"same budget. {settings['validation_share']:.0%} of a fold's other patients, at least one, choose "
        "the best "
        "weights of a training; nobody who is judged does.",
        f"The slices ({size} x {size} pixels, {len(told['phases'])} phases, one intensity scale a study) "
        "were prepared "
        "once for all systems, as were sampling and augmentation. The loss is each system's own; the "
        f"optimiser is {IN_WORDS[told['optimisers']]}. "
        "The "
        "time of the preparation counts for none of them.",
        EMPTY_RULE,
        f"A pixel is tumour above a probability of {MASK_THRESHOLD:g}. Figures by lesion are 3-D: a found "
        "lesion matches "
        "a true one at IoU >= 0.1, one to one; a missed one has Dice 0.",
        "Which slices bear tumour is known beforehand for curve and class, as in the paper: the label of a "
        "slice is "
        "the mean of all its tumour in each phase, and the class of its largest lesion. Curves and "
        "probabilities of "
        "a lesion or a patient are means over its slices, by area.",
        "Values are mean ± standard deviation of the slices, lesions or patients, over all folds and seeds; "
        "in brackets "
        f"the {CONFIDENCE:.0%} interval by bootstrap over patients ({RESAMPLES} resamples, seed {seed}), "
        "from "
        f"{LEAST_PATIENTS} patients up. Bold: the best of a column, which may be chance; see the tests.",
    ]


def _write_figures(
    path: Path,
    told: Mapping[str, Any],
    figures: Mapping[str, SystemFigures],
    tests: Mapping[str, Sequence[Comparison]],
) -> None:
    data = {
        "experiment": dict(told),
        "systems": {name: asdict(each) for name, each in figures.items()},
        "tests": {name: [asdict(one) for one in of_one] for name, of_one in tests.items()},
    }
    path.write_text(
        json.dumps(_plain(data), indent=1, allow_nan=False, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def _plain(value: Any) -> Any:
    """JSON knows no nan."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
