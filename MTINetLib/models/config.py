"""The config of a model folder: its format, and older formats read where their meaning is certain."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from MTINetLib.errors import ModelError

#: Rises when older programs could not read newer model folders rightly.
FORMAT = 2

#: What format 1 wrote of the images, where they were prepared as ``axial_slices`` version 1 does it. Earlier
#: ones also told a radius, and took another zero.
_FORMAT_1_IMAGES = {"method": "pre-contrast, percentile of the inner body", "high_percentile": 80.0}
_FORMAT_1_PHASES = ["pre", "arterial", "portal_venous", "delayed"]
_FORMAT_1_CLASSES = ["hcc", "hemangioma"]
_FORMAT_1_CLASSIFYING = ("all", "seg+cls")
_UNSAID = {"fitted": False, "why": "the model does not say how it was found"}


def current_config(values: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """A config of any known format as one of :data:`FORMAT`; what was not said keeps missing.

    Args:
        path: of the file, for the sentences.

    Raises:
        ModelError: another format, or one whose meaning is not certain.
    """
    told = values.get("format")
    if told == FORMAT:
        return dict(values)
    if told == 1:
        return _from_format_1(values, path)
    raise ModelError(
        f"{path} is of format {told!r}, and this version of MTINet reads 1 and {FORMAT}; update MTINet, or "
        "train the model again."
    )


def _from_format_1(values: Mapping[str, Any], path: Path) -> dict[str, Any]:
    rest = {key: value for key, value in values.items() if key not in _FORMAT_1_KEYS}
    if values.get("normalisation") != _FORMAT_1_IMAGES:
        raise ModelError(
            f"{path} is of format 1 and does not say for certain how its images were prepared, so the model "
            "could be fed with other images than it learned from; train it again."
        )
    if "network" not in values:
        raise ModelError(f"{path} does not say 'network'; install the model again.")
    network = values["network"]
    size = network.get("image_size", 256) if isinstance(network, Mapping) else None
    tasks = network.get("tasks", "all") if isinstance(network, Mapping) else None
    point = dict(values.get("operating_point") or _UNSAID)
    temperature = point.pop("temperature", _UNSAID)
    return {
        "format": FORMAT,
        **rest,
        "architecture": {"name": "mtinet", "settings": network},
        "phases": _FORMAT_1_PHASES,
        "classes": _FORMAT_1_CLASSES if tasks in _FORMAT_1_CLASSIFYING else [],
        "preprocessing": {"name": "axial_slices", "version": 1, "slice_size": size},
        "thresholds": {**values.get("thresholds", {}), "found": point},
        "calibration": {"temperature": values.get("temperature", 1.0), "found": temperature},
    }


_FORMAT_1_KEYS = {"format", "network", "normalisation", "thresholds", "temperature", "operating_point"}
