"""A trained model gets the thresholds and the temperature that suit it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from MTINetLib.dataset.folder import read_dataset
from MTINetLib.evaluation.operating_point import OperatingPoint, fit_operating_point
from MTINetLib.models.class_sets import ClassSets
from MTINetLib.models.config import current_config
from MTINetLib.models.files import CONFIG_FILE, read_model_files, write_model_files
from MTINetLib.models.info import Found
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
    files = read_model_files(folder)
    found = {
        "thresholds": {**point.thresholds.to_dict(), "found": point.thresholds_found.to_dict()},
        "calibration": {"temperature": point.temperature, "found": point.temperature_found.to_dict()},
        "operating_points": _part(point.points, point.points_found),
        "class_sets": _part(point.class_sets, point.class_sets_found),
    }
    config = current_config(files.config, folder / CONFIG_FILE)
    write_model_files(folder, files.weights, {**config, **found})
    return point


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
