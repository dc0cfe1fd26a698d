"""The vocabulary of results: what MTINet says of a study, and how it is kept as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

FourValues = tuple[float, float, float, float]
FourTimes = tuple[float | None, float | None, float | None, float | None]


class LesionClass(str, Enum):
    """What a lesion looks like; ``undecided`` is an answer, not a failure."""

    HCC = "HCC"
    HEMANGIOMA = "hemangioma"
    UNDECIDED = "undecided"


#: The classes that the network tells apart, in the order of its class head.
NETWORK_CLASSES: tuple[LesionClass, LesionClass] = (LesionClass.HCC, LesionClass.HEMANGIOMA)


@dataclass(frozen=True)
class EnhancementCurve:
    """Mean and standard deviation of the signal per phase, in the scanner's own units."""

    mean: FourValues
    sd: FourValues


@dataclass(frozen=True)
class LesionFinding:
    """One 3-D connected lesion.

    Args:
        label: value of the lesion in the label map, 1 for the largest.
        lesion_class: HCC, hemangioma or undecided.
        probabilities: of each class of NETWORK_CLASSES, by its name; they sum to one.
        volume_ml: millilitres.
        long_axis_mm, short_axis_mm: longest diameter in a slice of the reference grid, and the
            longest one perpendicular to it in that slice.
        diameter_3d_mm: longest diameter in any direction.
        centroid_lps_mm: LPS, mm.
        slices: first and last slice (k) of the reference grid, 0-based, inclusive.
        measured_curve: inside the mask.
        predicted_curve: by the network's regression head, in the scanner's units; None if it has none.
        liver_curve: in a ring around the lesion without other lesions; None where no ring is left.
        enhancement: named figures with formulas in inference/enhancement.py; a None says not computable.
        flags: machine-readable words, such as ``under_10_mm``.
    """

    label: int
    lesion_class: LesionClass
    probabilities: Mapping[str, float]
    volume_ml: float
    long_axis_mm: float
    short_axis_mm: float
    diameter_3d_mm: float
    centroid_lps_mm: tuple[float, float, float]
    slices: tuple[int, int]
    measured_curve: EnhancementCurve
    predicted_curve: FourValues | None
    liver_curve: EnhancementCurve | None
    enhancement: Mapping[str, Any]
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class StudySummary:
    """What the findings say of the study itself.

    Args:
        phases: one description each, in the order of PHASES: phase, description, evidence, confidence,
            series_uid, time_point, instance_uids, frame_numbers, alignment.
        times_s: seconds of each phase, as in the study.
        spacing_mm, size: of the reference grid along i, j, k (columns, rows, slices).
        flags: machine-readable words for doubts about the study.
    """

    phases: tuple[Mapping[str, Any], ...]
    times_s: FourTimes
    spacing_mm: tuple[float, float, float]
    size: tuple[int, int, int]
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Provenance:
    """How the findings came to be, enough to make them again."""

    software: str
    model_name: str
    model_sha256: str
    preset: str
    device: str
    precision: str
    input_series_uids: tuple[str, ...]
    settings: Mapping[str, Any]
    corrected_by_person: bool = False
    created_utc: str = ""
    notes: tuple[str, ...] = ()
    intended_use: str = "Research use only. Not for diagnosis or treatment decisions."


@dataclass(frozen=True)
class StudyFindings:
    """All that one analysis found."""

    lesions: tuple[LesionFinding, ...]
    study: StudySummary
    provenance: Provenance
    schema_version: str = field(default="1.0")


def to_json(findings: StudyFindings) -> str:
    """The findings as indented JSON that follows findings.schema.json; lesion classes are named ``class``."""
    return json.dumps(to_dict(findings), indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def to_dict(findings: StudyFindings) -> dict[str, Any]:
    """The findings as plain lists, dicts, numbers and strings.

    A figure, a time or a curve beside the measured one that is not finite becomes None, which says not
    defined: it never costs the findings.
    """
    data = asdict(findings)
    data["study"]["times_s"] = _defined(data["study"]["times_s"])
    for lesion in data["lesions"]:
        lesion["class"] = LesionClass(lesion.pop("lesion_class")).value
        lesion["enhancement"] = _defined(lesion["enhancement"])
        for name in ("predicted_curve", "liver_curve"):
            curve = lesion[name]
            lesion[name] = curve if curve == _defined(curve) else None
    return json.loads(json.dumps(data))  # type: ignore[no-any-return]


def _defined(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _defined(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_defined(item) for item in value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def findings_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of findings.json."""
    path = Path(__file__).with_name("findings.schema.json")
    return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def from_json(text: str) -> StudyFindings:
    """Read what :func:`to_json` wrote.

    Raises:
        ValueError: the text is not JSON of that form.
    """
    return from_dict(json.loads(text))


def from_dict(data: Mapping[str, Any]) -> StudyFindings:
    """Read what :func:`to_dict` made.

    Raises:
        ValueError: the values are not of that form.
    """
    try:
        return StudyFindings(
            lesions=tuple(_lesion(item) for item in data["lesions"]),
            study=StudySummary(**_tuples(data["study"])),
            provenance=Provenance(**_tuples(data["provenance"])),
            schema_version=data["schema_version"],
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not MTINet findings: {error}") from error


def _lesion(item: Mapping[str, Any]) -> LesionFinding:
    values = _tuples(item)
    values["lesion_class"] = LesionClass(values.pop("class"))
    for name in ("measured_curve", "liver_curve"):
        curve = values[name]
        values[name] = None if curve is None else EnhancementCurve(**_tuples(curve))
    return LesionFinding(**values)


def _tuples(item: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in item.items()}
