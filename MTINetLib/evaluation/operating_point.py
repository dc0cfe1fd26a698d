"""How a model is to be used, found on patients that it was not trained on.

Thresholds, temperature, the probability of being a lesion with points of the free-response curve, class sets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from MTINetLib.dataset.folder import DatasetCase
from MTINetLib.errors import InputError
from MTINetLib.evaluation.conformal import ERROR, fit_class_sets
from MTINetLib.evaluation.free_response import (
    FreeResponsePoint,
    free_response,
    most_sensitive,
    study_components,
)
from MTINetLib.evaluation.lesion_probability import PatientComponents, fit_points
from MTINetLib.evaluation.temperature import fit_temperature
from MTINetLib.evaluation.truth import read_truth
from MTINetLib.models.class_sets import ClassSets
from MTINetLib.models.info import Found
from MTINetLib.models.lesion_model import LesionModel
from MTINetLib.models.operating_points import OperatingPoints
from MTINetLib.models.store import LoadedModel
from MTINetLib.models.thresholds import Thresholds
from MTINetLib.pipeline.liver import liver_of_model
from MTINetLib.pipeline.open import open_study
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.study.lesion_class import OTHER

#: The point of the free-response curve that is taken: the most sensitive one with at most so many.
MOST_FALSE_POSITIVES = 0.3
#: Fewer patients or lesions than these say more of themselves than of the model.
LEAST_PATIENTS = 10
LEAST_LESIONS = 10
_ALIKE = "all candidates of the validation patients are lesions, or none is"
_BY_TURNS = "logistic regression; the curve by patients that were held out in turn"
#: Threshold of the class probability that asks nothing.
ANY_PROBABILITY = 0.01
#: More patients than these change little and cost minutes.
MOST_PATIENTS = 40


@dataclass(frozen=True)
class OperatingPoint:
    """How a model is to be used, and how that was found.

    Args:
        thresholds: what makes a lesion of probabilities.
        temperature: that the class logits are divided by.
        points: the choice of sensitivity that the model offers.
        class_sets: the classes that are possible with a stated error.
    """

    thresholds: Thresholds
    thresholds_found: Found
    temperature: float
    temperature_found: Found
    points: OperatingPoints | None = None
    points_found: Found = field(default_factory=Found)
    class_sets: ClassSets | None = None
    class_sets_found: Found = field(default_factory=Found)


@dataclass
class Seen:
    """What studies gave that a model was not trained on: all that its use can be fitted by."""

    patients: set[str] = field(default_factory=set)
    studies: list[PatientComponents] = field(default_factory=list)
    logits: list[npt.NDArray[np.float64]] = field(default_factory=list)
    classes: list[int] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @classmethod
    def joined(cls, parts: Sequence[Seen]) -> Seen:
        """Of several models, each asked about other studies."""
        whole = cls()
        for part in parts:
            whole.patients |= part.patients
            for name in ("studies", "logits", "classes", "left_out"):
                getattr(whole, name).extend(getattr(part, name))
        return whole


def fit_operating_point(
    cases: Sequence[DatasetCase],
    model: LoadedModel,
    *,
    device: str = "auto",
    precision: str = "auto",
    progress: Progress | None = None,
) -> OperatingPoint:
    """Fit all that a model's use rests on, on cases that the model was not trained on.

    Detection takes the most sensitive point of the free-response curve with at most MOST_FALSE_POSITIVES
    false positives a study, the temperature the greatest likelihood of the true classes, read under the
    true masks. Sensitivities to choose from are found as ``lesion_probability.py`` says, class sets as
    ``conformal.py`` does. With too few patients or lesions each keeps its neutral value (``Thresholds()``,
    1, None),
    and ``..._found`` says so.

    Args:
        cases: of the validation patients; the first MOST_PATIENTS patients are looked at.
        progress: one step a case; may raise Cancelled.
    """
    wanted = first_patients(cases)
    patients = {case.patient for case in wanted}
    if len(patients) < LEAST_PATIENTS:  # nothing could be fitted by them
        return point_seen(Seen(patients), model.info.classes)
    return point_seen(look_at(wanted, model, device, precision, progress), model.info.classes)


def point_seen(seen: Seen, model_classes: Sequence[str]) -> OperatingPoint:
    """As :func:`fit_operating_point`, of what one or several models of these classes gave."""
    too_few = _too_few_patients(len(seen.patients))
    if too_few:
        unfitted = Found(False, too_few)
        return OperatingPoint(Thresholds(), unfitted, 1.0, unfitted, None, unfitted, None, unfitted)
    point = _detection(seen)
    thresholds = Thresholds() if point is None else point.thresholds
    found = _detection_found(seen, point)
    temperature, temperature_found = _temperature(seen, model_classes)
    sets, sets_found = _class_sets(seen, model_classes, temperature)
    if sets is not None:
        # They decide; a user may still ask for more.
        thresholds = replace(thresholds, class_probability=ANY_PROBABILITY)
    offered, offered_found = _points(seen, found)
    return OperatingPoint(
        thresholds, found, temperature, temperature_found, offered, offered_found, sets, sets_found
    )


def first_patients(cases: Sequence[DatasetCase]) -> list[DatasetCase]:
    """Those of the first MOST_PATIENTS patients."""
    patients = list(dict.fromkeys(case.patient for case in cases))[:MOST_PATIENTS]
    return [case for case in cases if case.patient in patients]


def _too_few_patients(count: int) -> str:
    if count >= LEAST_PATIENTS:
        return ""
    return f"{_too_few(count, 'patient')} to fit thresholds on; {LEAST_PATIENTS} are needed"


def _too_few(count: int, what: str, those: str = "") -> str:
    """``1 validation patient is too few``."""
    one = count == 1
    return f"{count} validation {what}{'' if one else 's'}{those} {'is' if one else 'are'} too few"


def look_at(
    cases: Sequence[DatasetCase],
    model: LoadedModel,
    device: str = "auto",
    precision: str = "auto",
    progress: Progress | None = None,
) -> Seen:
    """What the model gives for each of the cases; one that cannot be read is left out and named."""
    progress = progress or Silent()
    # Lesions are read under the true masks, mostly in other slices than the ones with a high probability.
    asked: LesionModel = model.on(device, precision, keep_above=1.0)
    seen = Seen()
    progress.start(Stage.FITTING_THRESHOLDS, len(cases))
    for done, case in enumerate(cases, start=1):
        try:
            _look_at_case(case, asked, seen)
        except InputError:
            seen.left_out.append(case.case)
        progress.update(done)
    progress.finish()
    return seen


def _look_at_case(case: DatasetCase, model: LesionModel, seen: Seen) -> None:
    study = open_study(case.paths_of(model.info.phases), phases=model.info.phases)
    truth = read_truth(case, study.grid).labels
    probability = model.probability(study)
    anatomy = model.anatomy(study)
    seen.patients.add(case.patient)
    components = study_components(probability, truth, study.grid, liver_of_model(anatomy, study), anatomy)
    seen.studies.append(PatientComponents(case.patient, components))
    for label, reading in model.read(study, truth).items():
        logits = reading.mean_logits()
        index = _index(case.class_of(label), model.info.classes)
        if logits is not None and index is not None and np.isfinite(logits).all():
            seen.logits.append(logits)
            seen.classes.append(index)


def _index(name: str, classes: Sequence[str]) -> int | None:
    """The place of a class in the model's; of an unknown one that of ``other``, if it has it."""
    wanted = name if name in classes else OTHER
    return classes.index(wanted) if wanted in classes else None


def _detection(seen: Seen) -> FreeResponsePoint | None:
    studies = [seen_study.study for seen_study in seen.studies]
    if sum(study.lesions for study in studies) < LEAST_LESIONS:
        return None
    return most_sensitive(list(free_response(studies, Thresholds())), MOST_FALSE_POSITIVES)


def _points(seen: Seen, detection: Found) -> tuple[OperatingPoints | None, Found]:
    """Sensitivities to choose from, where thresholds could be fitted at all."""
    if not detection.fitted:
        return None, detection
    points = fit_points(seen.studies)
    rests_on = {"patients": len(seen.patients), "studies": len(seen.studies)}
    if points is None:
        return None, Found(False, _ALIKE, rests_on)
    return points, Found(True, _BY_TURNS, rests_on)


def _class_sets(
    seen: Seen, model_classes: Sequence[str], temperature: float
) -> tuple[ClassSets | None, Found]:
    lesions = {"lesions": len(seen.classes)}
    if not seen.classes or len(model_classes) < 2:
        return None, Found(False, "there are no validation lesions of known class", lesions)
    shares = softmax(np.stack(seen.logits) / temperature, axis=1)
    sets = fit_class_sets(shares, np.array(seen.classes), model_classes)
    if sets is None:
        return None, Found(False, f"a class has too few validation lesions for an error of {ERROR}", lesions)
    return sets, Found(True, "split conformal prediction, class by class", lesions)


def _temperature(seen: Seen, model_classes: Sequence[str]) -> tuple[float, Found]:
    count = len(seen.classes)
    if count < LEAST_LESIONS or len(set(seen.classes)) < len(model_classes):
        why = _too_few(count, "lesion", " of known class, or not of every class,")
        return 1.0, Found(False, why, {"lesions": count})
    value = fit_temperature(np.stack(seen.logits), np.array(seen.classes))
    return value, Found(True, "greatest likelihood, smoothed targets", {"lesions": count})


def _detection_found(seen: Seen, point: FreeResponsePoint | None) -> Found:
    lesions = sum(seen_study.study.lesions for seen_study in seen.studies)
    rests_on: dict[str, Any] = {
        "patients": len(seen.patients),
        "studies": len(seen.studies),
        "lesions": lesions,
    }
    if seen.left_out:
        rests_on["left_out"] = list(seen.left_out)
    if point is None:
        why = f"{_too_few(lesions, 'lesion')} to fit thresholds on; {LEAST_LESIONS} are needed"
        return Found(False, why, rests_on)
    reached = {
        "sensitivity": round(point.sensitivity, 4),
        "false_positives_a_study": round(point.false_positives, 4),
        "mean_iou": round(point.mean_iou, 4),
    }
    rule = f"the most sensitive point with at most {MOST_FALSE_POSITIVES} false positives a study"
    return Found(True, rule, {**rests_on, **reached})
