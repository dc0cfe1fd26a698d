"""Findings of the first format (``schema_version`` 1.0), brought into the layout of the second.

They are of four phases, whose values stood in lists in this order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_VERSION = "1.0"
_PHASES = ("pre", "arterial", "portal_venous", "delayed")
#: The two classes of every model of that time.
_CLASSES = {"HCC": "hcc", "hemangioma": "hemangioma"}
_LISTED_FIGURES = ("relative_enhancement", "liver_relative_enhancement", "lesion_to_liver_contrast")


def is_first_format(data: Mapping[str, Any]) -> bool:
    """Whether findings are of the first format."""
    return "format" not in data and data.get("schema_version") == _VERSION


def to_second_format(data: Mapping[str, Any]) -> dict[str, Any]:
    """The same findings as the second format has them.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: they are not of the first format.
    """
    study = dict(data["study"])
    study["times_s"] = _by_phase(study["times_s"])
    return {
        "format": 2,
        "lesions": [_lesion(lesion) for lesion in data["lesions"]],
        "study": study,
        "provenance": {**data["provenance"], "classes": _classes(data["provenance"])},
    }


def _lesion(lesion: Mapping[str, Any]) -> dict[str, Any]:
    figures = dict(lesion["enhancement"])
    for name in _LISTED_FIGURES:
        figures[name] = _by_phase(figures[name])
    shares = lesion["probabilities"]
    return {
        **lesion,
        "class": _CLASSES.get(lesion["class"], lesion["class"]),
        "probabilities": {_CLASSES.get(name, name): share for name, share in shares.items()},
        "measured_curve": _curve(lesion["measured_curve"]),
        "predicted_curve": _by_phase(lesion["predicted_curve"]),
        "liver_curve": _curve(lesion["liver_curve"]),
        "enhancement": figures,
    }


def _classes(provenance: Mapping[str, Any]) -> list[str]:
    """None where masks were measured without a model."""
    return list(_CLASSES.values()) if provenance["model_sha256"] else []


def _curve(curve: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if curve is None else {name: _by_phase(values) for name, values in curve.items()}


def _by_phase(values: Sequence[Any] | None) -> dict[str, Any] | None:
    return None if values is None else dict(zip(_PHASES, values, strict=True))
