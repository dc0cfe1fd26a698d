"""A trained model gets the thresholds and the temperature that suit it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from MTINetLib.dataset.folder import read_dataset
from MTINetLib.evaluation.operating_point import OperatingPoint, fit_operating_point
from MTINetLib.models.class_sets import ClassSets
from MTINetLib.models.config import current_config
from MTINetLib.models.files import CONFIG_FILE, read_model_files, write_model_files
from MTINetLib.models.info import Found, ModelInfo
from MTINetLib.models.operating_points import OperatingPoints
from MTINetLib.models.store import load_model
from MTINetLib.progress import Progress


def fit_model(
    folder: Path, dataset: Path, patients: Collection[str], progress: Progress | None = None
) -> OperatingPoint:
    """Fit on a dataset's validation patients, and write what was found into the model's config.

    The weights, and so their SHA-256, stay as they are.

    Args:
        folder: of the model.
        patients: that the model was validated on, and not trained on.

    Raises:
        ModelError, InputError: see ``load_model`` and ``read_dataset``.
        Cancelled: told by ``progress``; the model stays as it was.
    """
    cases = [case for case in read_dataset(dataset) if case.patient in patients]
    point = fit_operating_point(cases, load_model(folder), progress=progress)
    write_point(folder, point)
    return point


def write_point(folder: Path, point: OperatingPoint) -> None:
    """Write how a model is to be used into its config; the weights stay as they are."""
    files = read_model_files(folder)
    found = {
        "thresholds": {**point.thresholds.to_dict(), "found": point.thresholds_found.to_dict()},
        "calibration": {"temperature": point.temperature, "found": point.temperature_found.to_dict()},
        "operating_points": _part(point.points, point.points_found),
        "class_sets": _part(point.class_sets, point.class_sets_found),
    }
    config = current_config(files.config, folder / CONFIG_FILE)
    write_model_files(folder, files.weights, {**config, **found})


def point_of(info: ModelInfo) -> OperatingPoint:
    """How a model is used now, as its config says it."""
    return OperatingPoint(
        info.thresholds,
        info.thresholds_found,
        info.temperature,
        info.temperature_found,
        info.operating_points,
        info.operating_points_found,
        info.class_sets,
        info.class_sets_found,
    )


def fitted_or_of(point: OperatingPoint, before: ModelInfo) -> OperatingPoint:
    """A point whose parts that could not be fitted are those of the model that a training began with.

    Its thresholds and temperature suit a network a few hundred steps away better than neutral ones. What
    decides what a lesion is goes together, and so does what decides its class.
    """
    old = point_of(before)
    if not point.thresholds_found.fitted:
        asked = point.thresholds.class_probability
        point = replace(
            point,
            thresholds=replace(old.thresholds, class_probability=asked),
            thresholds_found=_kept(point.thresholds_found, before),
            points=old.points,
            points_found=_kept(point.points_found, before),
        )
    if not point.temperature_found.fitted:
        point = replace(
            point,
            thresholds=replace(point.thresholds, class_probability=old.thresholds.class_probability),
            temperature=old.temperature,
            temperature_found=_kept(point.temperature_found, before),
            class_sets=old.class_sets,
            class_sets_found=_kept(point.class_sets_found, before),
        )
    return point


def _kept(found: Found, before: ModelInfo) -> Found:
    return Found(False, f"kept from {before.name}, as {found.how}", found.figures)


def _part(fitted: OperatingPoints | ClassSets | None, found: Found) -> dict[str, Any]:
    return {**({} if fitted is None else fitted.to_dict()), "found": found.to_dict()}


def words_of(point: OperatingPoint) -> str:
    """One sentence that says what the thresholds of a model rest on."""
    found = point.thresholds_found
    if not found.fitted:
        return f"Neutral thresholds: {found.how}."
    figures = found.figures
    return (
        f"Thresholds fitted on {figures['patients']} validation patients: sensitivity "
        f"{figures['sensitivity']:.2f} with {figures['false_positives_a_study']:.2f} false positives a study."
    )
