"""The tables: rows of words, apart from how they are written."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from MTINetLib.experiment import published
from MTINetLib.experiment.plan import ABLATION, CLASSIFICATION, REGRESSION, SEGMENTATION, TASKS
from MTINetLib.experiment.summary import Comparison, SystemFigures, measures
from MTINetLib.experiment.words import (
    COST_TITLE,
    FIGURE_TITLES,
    PAPER,
    PRINTED_TITLES,
    TESTS_TITLE,
    TITLES,
    difference_in_words,
    effect_in_words,
    figure_in_words,
    number_in_words,
    p_in_words,
)
from MTINetLib.presentation.classes import class_title
from MTINetLib.systems.known import system_of
from MTINetLib.systems.plain_reading import PLAIN_READING

#: The figures of each experiment's table, and those that are tested.
FIGURES = {
    SEGMENTATION: (
        "dice_slice",
        "iou_slice",
        "dice_patient",
        "iou_patient",
        "dice_lesion",
        "sensitivity",
        "false_marks",
        "marked_healthy",
    ),
    REGRESSION: (
        "mae_slice",
        "mae_percent_slice",
        "mae_percent_lesion",
        "mae_patient",
        "mae_percent_patient",
    ),
    CLASSIFICATION: ("accuracy_slice", "accuracy_lesion", "accuracy_patient"),
    ABLATION: ("dice_slice", "iou_slice", "mae_slice", "mae_percent_slice", "accuracy_patient"),
    TASKS: ("dice_slice", "mae_slice", "mae_percent_slice", "accuracy_slice", "accuracy_patient"),
}
TESTED = {
    SEGMENTATION: ("dice_slice",),
    REGRESSION: ("mae_percent_slice",),
    CLASSIFICATION: ("accuracy_patient",),
    ABLATION: ("dice_slice", "mae_percent_slice", "accuracy_patient"),
    TASKS: ("dice_slice", "mae_percent_slice", "accuracy_patient"),
}
_PRINTED = {
    SEGMENTATION: (published.DSC, published.IOU),
    REGRESSION: (published.MAE,),
    CLASSIFICATION: (published.ACCURACY,),
    ABLATION: (published.DSC, published.IOU, published.MAE),
    TASKS: (published.DSC, published.MAE, published.ACCURACY),
}


#: What there is to be learnt from the curve alone: no competitor, so it is never the best of a column.
GIVEN_TRUTH = PLAIN_READING.name
_GIVEN_TRUTH_NOTE = (
    f"{PLAIN_READING.title}: it is given the curve under the true mask, which all others have to find; it "
    "shows "
    "what the curve alone tells, and is left out of what is printed bold."
)


@dataclass(frozen=True)
class Cell:
    """``best`` of its column among ours; ``printed`` in the paper, hence grey."""

    text: str
    best: bool = False
    printed: bool = False


@dataclass(frozen=True)
class Table:
    """One table; ``name`` is that of its files."""

    name: str
    title: str
    header: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()


def experiment_table(
    experiment: str,
    systems: Sequence[str],
    figures: Mapping[str, SystemFigures],
    tests: Sequence[Comparison],
) -> Table:
    """Our figures with their intervals, what the tests say, and what the paper prints."""
    names = FIGURES[experiment]
    tested = TESTED[experiment]
    header = [Cell("System"), *(Cell(FIGURE_TITLES[name]) for name in names)]
    for name in tested:
        of_what = f" ({FIGURE_TITLES[name].split(',')[0].split(' by ')[0]})" if len(tested) > 1 else ""
        header += [Cell(f"p{of_what}"), Cell(f"effect{of_what}")]
    header += [Cell(PAPER + PRINTED_TITLES[name], printed=True) for name in _PRINTED[experiment]]
    best = {name: _best(name, [figures[system] for system in systems]) for name in names}
    by_system = {(one.system, one.figure): one for one in tests}
    rows = []
    for system in systems:
        row = [Cell(_title(figures[system]))]
        row += [
            Cell(figure_in_words(name, figures[system].figures.get(name)), best=system in best[name])
            for name in names
        ]
        for name in tested:
            one = by_system.get((system, name))
            row.append(Cell(p_in_words(one.p_holm if one else math.nan)))
            row.append(Cell(effect_in_words(one.test.effect if one else math.nan)))
        row += [
            Cell(published.printed(experiment, system, name) or "-", printed=True)
            for name in _PRINTED[experiment]
        ]
        rows.append(tuple(row))
    given = (_GIVEN_TRUTH_NOTE,) if GIVEN_TRUTH in systems else ()
    notes = (*_failures([figures[system] for system in systems]), *given, *published.NOTES[experiment])
    return Table(experiment, TITLES[experiment], tuple(header), tuple(rows), notes)


def _best(name: str, of_all: Sequence[SystemFigures]) -> set[str]:
    """The systems with the best value; nobody where all have the same, and nobody who is given the truth."""
    values = {
        each.system: each.figures[name].estimate.value
        for each in of_all
        if name in each.figures and each.system != GIVEN_TRUTH
    }
    if len(set(values.values())) < 2:
        return set()
    best = (max if measures(())[name].higher_is_better else min)(values.values())
    return {system for system, value in values.items() if value == best}


def _title(figures: SystemFigures) -> str:
    """Marked where runs are missing."""
    title = system_of(figures.system).title
    return title if figures.runs == figures.planned else f"{title} ({figures.runs} of {figures.planned} runs)"


def _failures(of_all: Sequence[SystemFigures]) -> list[str]:
    return [
        f"{system_of(each.system).title} failed in {failure}" for each in of_all for failure in each.failures
    ]


def cost_table(systems: Sequence[str], figures: Mapping[str, SystemFigures]) -> Table:
    """Weights, operations and time of every system once."""
    heads = ("System", "Weights, million", "GFLOP a slice", "ms a slice", "Training, min", "Steps", "Runs")
    rows = []
    for system in systems:
        each = figures[system]
        cost = each.cost
        shown = (
            f"{cost.parameters / 1e6:.2f}" if each.runs and cost.parameters else "-",
            number_in_words(cost.gflop, 2),
            number_in_words(cost.ms_a_slice),
            number_in_words(cost.train_s / 60),
            str(cost.steps) if each.runs else "-",
            f"{each.runs} of {each.planned}",
        )
        rows.append(tuple(Cell(text) for text in (system_of(system).title, *shown)))
    notes = (
        "A multiply-add counts two operations; FFT and pointwise work do not count. Milliseconds and "
        "minutes are "
        "those of the machine named above, with as many trainings side by side as the command says.",
    )
    return Table("cost", COST_TITLE, tuple(Cell(head) for head in heads), tuple(rows), notes)


def tests_table(tests: Mapping[str, Sequence[Comparison]]) -> Table:
    """Every comparison that was made."""
    heads = (
        "Experiment",
        "Figure",
        "System",
        "Patients",
        "System less MTI-Net",
        "Test",
        "p",
        "p, Holm",
        "Effect",
    )
    rows = [
        tuple(
            Cell(text)
            for text in (
                experiment,
                FIGURE_TITLES[one.figure],
                system_of(one.system).title,
                str(one.test.n),
                difference_in_words(one),
                one.test.method,
                p_in_words(one.test.p),
                p_in_words(one.p_holm),
                effect_in_words(one.test.effect),
            )
        )
        for experiment, of_experiment in tests.items()
        for one in of_experiment
    ]
    notes = (
        "Two-sided, patient by patient: the mean of a patient over slices and seeds for Wilcoxon's test, "
        "the class of "
        "the mean probabilities for McNemar's. Holm's correction counts the comparisons by one figure in one "
        "table. The effect is the matched-pairs rank-biserial correlation, or the difference of the "
        "accuracies; "
        "above 0 it is in favour of the system and against MTI-Net. The means of the difference weigh each "
        "patient alike, those of the tables each slice.",
    )
    return Table("tests", TESTS_TITLE, tuple(Cell(head) for head in heads), tuple(rows), notes)


def confusion_table(
    systems: Sequence[str], figures: Mapping[str, SystemFigures], classes: Sequence[str]
) -> Table:
    """Counts of slices and of patients by true class and answer."""
    header = ("System", "Of", "True class", *(f"answered {class_title(name)}" for name in classes))
    rows = [
        tuple(
            Cell(text) for text in (system_of(system).title, of_what, class_title(truth), *map(str, counts))
        )
        for system in systems
        for of_what, matrix in figures[system].confusion.items()
        for truth, counts in zip(classes, matrix, strict=False)
        if figures[system].runs
    ]
    return Table("confusion", "Confusion matrices", tuple(Cell(text) for text in header), tuple(rows))
