"""From kept results to the figures of each system, with intervals, and to its tests against MTI-Net."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from MTINetLib.evaluation.statistics import Estimate, PatientBootstrap, difference_of, mean_of
from MTINetLib.experiment.plan import MTINET
from MTINetLib.experiment.scores import Cost, LesionScore, PatientScore, RunResult, SliceScore
from MTINetLib.experiment.significance import PairedTest, holm, mcnemar, signed_rank

_NAN = float("nan")
_Row = Any


@dataclass(frozen=True)
class Measure:
    """A figure that is the mean of values of rows.

    Args:
        name: of the figure, ``dice_slice`` for example.
        rows: ``slices``, ``lesions`` or ``patients`` of a result.
        value: of a row; nan where the row does not count.
        higher_is_better: else lower is.
    """

    name: str
    rows: str
    value: Callable[[_Row], float]
    higher_is_better: bool = True


def _attribute(name: str) -> Callable[[_Row], float]:
    def value(row: _Row) -> float:
        return float(getattr(row, name))

    return value


def _of_tumour(name: str) -> Callable[[SliceScore], float]:
    """Of slices that bear tumour, where the system marks something by its nature."""

    def value(row: SliceScore) -> float:
        return float(getattr(row, name)) if row.tumour_px else _NAN

    return value


def _marked_healthy(row: SliceScore) -> float:
    return float(row.found_px > 0) if row.found_px >= 0 and not row.tumour_px else _NAN


def _found(row: LesionScore) -> float:
    return _NAN if row.found is None else float(row.found)


def _false_marks(row: PatientScore) -> float:
    return row.false_marks / row.studies if row.false_marks >= 0 else _NAN


class Right:
    """Whether the most probable class is the true one; nan where nothing was asked or answered."""

    def __init__(self, classes: Sequence[str]) -> None:
        self._classes = tuple(classes)

    def __call__(self, row: _Row) -> float:
        answer = self.answer(row)
        return float(answer == row.true_class) if answer else _NAN

    def answer(self, row: _Row) -> str:
        """The class that is answered; empty for none."""
        if not row.probabilities or row.true_class not in self._classes:
            return ""
        return self._classes[int(np.argmax(row.probabilities))]


def measures(classes: Sequence[str]) -> dict[str, Measure]:
    """All figures by name."""
    right = Right(classes)
    listed = [
        Measure("dice_slice", "slices", _of_tumour("dice")),
        Measure("iou_slice", "slices", _of_tumour("iou")),
        Measure("marked_healthy", "slices", _marked_healthy, higher_is_better=False),
        Measure("dice_lesion", "lesions", _attribute("dice")),
        Measure("sensitivity", "lesions", _found),
        Measure("dice_patient", "patients", _attribute("dice")),
        Measure("iou_patient", "patients", _attribute("iou")),
        Measure("false_marks", "patients", _false_marks, higher_is_better=False),
    ]
    for rows, one in (("slices", "slice"), ("lesions", "lesion"), ("patients", "patient")):
        for name in ("mae", "mae_percent"):
            listed.append(Measure(f"{name}_{one}", rows, _attribute(name), higher_is_better=False))
        listed.append(Measure(f"accuracy_{one}", rows, right))
    return {measure.name: measure for measure in listed}


@dataclass(frozen=True)
class Figure:
    """A mean with its interval by patient, the standard deviation of its items, and their number.

    Items of all seeds count; the interval draws patients with all that belongs to them.
    """

    estimate: Estimate
    sd: float


@dataclass(frozen=True)
class Comparison:
    """A system against MTI-Net by one figure, patient by patient.

    Args:
        difference: of the means, the system less MTI-Net.
        test: positive effects are in favour of the system.
        p_holm: corrected for all comparisons by this figure in the experiment.
    """

    figure: str
    system: str
    difference: Estimate
    test: PairedTest
    p_holm: float = _NAN


@dataclass(frozen=True)
class SystemFigures:
    """All that is known of a system.

    Args:
        figures: by name; one without any item is not there.
        cost: means over the runs.
        runs: done, and ``planned`` in all.
        failures: sentences of runs that failed, with their fold and seed.
        confusion: of slices and of patients: counts [true class, answer], in the order of the classes.
    """

    system: str
    figures: Mapping[str, Figure]
    cost: Cost
    runs: int
    planned: int
    failures: tuple[str, ...]
    confusion: Mapping[str, tuple[tuple[int, ...], ...]]


def figures_of(
    system: str,
    results: Sequence[RunResult],
    planned: int,
    classes: Sequence[str],
    bootstrap: PatientBootstrap,
) -> SystemFigures:
    """Of one system from all of its results."""
    done = [result for result in results if not result.failed]
    found = {}
    for name, measure in measures(classes).items():
        values, patients = _items(done, measure)
        if values:
            sd = float(np.std(values, ddof=1)) if len(values) > 1 else _NAN
            found[name] = Figure(bootstrap.estimate(mean_of(values), patients), sd)
    failures = tuple(
        f"fold {result.fold}, seed {result.seed}: {result.why}" for result in results if result.failed
    )
    right = Right(classes)
    confusion = {
        rows: _confusion([row for result in done for row in getattr(result, rows)], right, classes)
        for rows in ("slices", "patients")
    }
    return SystemFigures(system, found, _mean_cost(done), len(done), planned, failures, confusion)


def _items(results: Iterable[RunResult], measure: Measure) -> tuple[list[float], list[str]]:
    pairs = [
        (value, row.patient)
        for result in results
        for row in getattr(result, measure.rows)
        if not np.isnan(value := measure.value(row))
    ]
    return [value for value, _ in pairs], [patient for _, patient in pairs]


def _confusion(rows: Sequence[_Row], right: Right, classes: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    counts = {(truth, answer): 0 for truth in classes for answer in classes}
    for row in rows:
        answer = right.answer(row)
        if answer:
            counts[row.true_class, answer] += 1
    return tuple(tuple(counts[truth, answer] for answer in classes) for truth in classes)


def _mean_cost(results: Sequence[RunResult]) -> Cost:
    costs = [result.cost for result in results]
    if not costs:
        return Cost()
    gflop = [cost.gflop for cost in costs if cost.gflop is not None]
    return Cost(
        max(cost.parameters for cost in costs),
        float(np.mean(gflop)) if gflop else None,
        float(np.mean([cost.ms_a_slice for cost in costs])),
        float(np.mean([cost.train_s for cost in costs])),
        round(float(np.mean([cost.steps for cost in costs]))),
    )


def compare_by(
    figure: str,
    systems: Sequence[str],
    results: Mapping[str, Sequence[RunResult]],
    classes: Sequence[str],
    bootstrap: PatientBootstrap,
) -> list[Comparison]:
    """Each system against MTI-Net, over the patients that both were judged on.

    Accuracies are tested by McNemar over patients, all else by Wilcoxon over the patients' means.
    """
    measure = measures(classes)[figure]
    reference = _by_patient(results.get(MTINET, ()), measure, classes)
    found = []
    for system in systems:
        own = _by_patient(results.get(system, ()), measure, classes)
        patients = sorted(own.keys() & reference.keys())
        if system != MTINET and patients:
            found.append(_compared(measure, system, patients, own, reference, bootstrap))
    corrected = holm([comparison.test.p for comparison in found])
    return [replace(one, p_holm=p) for one, p in zip(found, corrected, strict=True)]


def _compared(
    measure: Measure,
    system: str,
    patients: Sequence[str],
    own: Mapping[str, float],
    reference: Mapping[str, float],
    bootstrap: PatientBootstrap,
) -> Comparison:
    first = [own[patient] for patient in patients]
    second = [reference[patient] for patient in patients]
    difference = bootstrap.estimate(difference_of(mean_of(first), mean_of(second)), patients)
    if isinstance(measure.value, Right):
        test = mcnemar([value > 0.5 for value in first], [value > 0.5 for value in second])
    else:
        test = signed_rank(first, second)
        if not measure.higher_is_better:
            test = replace(test, effect=-test.effect)
    return Comparison(measure.name, system, difference, test)


def _by_patient(results: Sequence[RunResult], measure: Measure, classes: Sequence[str]) -> dict[str, float]:
    """A patient's mean over rows and seeds; of an accuracy by patient the answer of the mean "
    "probabilities."""
    done = [result for result in results if not result.failed]
    if isinstance(measure.value, Right) and measure.rows == "patients":
        rows: dict[str, list[PatientScore]] = defaultdict(list)
        for result in done:
            for row in result.patients:
                if row.probabilities:
                    rows[row.patient].append(row)
        return {patient: measure.value(_mean_row(of_one)) for patient, of_one in rows.items()}
    values: dict[str, list[float]] = defaultdict(list)
    for value, patient in zip(*_items(done, measure), strict=True):
        values[patient].append(value)
    return {patient: float(np.mean(of_one)) for patient, of_one in values.items()}


def _mean_row(rows: Sequence[PatientScore]) -> PatientScore:
    mean = np.mean([row.probabilities for row in rows], axis=0)
    return replace(rows[0], probabilities=tuple(float(p) for p in mean))
