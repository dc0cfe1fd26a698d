"""Findings as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from MTINetLib.findings.results import EnhancementCurve, LesionFinding, StudyFindings
from MTINetLib.findings.wire import encode

#: Of the file's layout; goes up when older readers would misunderstand it. ``read.py`` knows earlier ones.
FORMAT = 2


def to_json(findings: StudyFindings) -> str:
    """The findings as indented JSON that follows findings.schema.json.

    Example:
        >>> mtinet.findings_to_json(analysis.findings).splitlines()[1]
        '  "format": 2,'
    """
    return json.dumps(to_dict(findings), indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def to_dict(findings: StudyFindings) -> dict[str, Any]:
    """The findings as plain lists, dicts, numbers and strings.

    A figure, a time or a curve beside the measured one that is not finite becomes None, which says not
    defined: it never costs the findings.
    """
    lesions = tuple(_defined_lesion(lesion) for lesion in findings.lesions)
    study = replace(findings.study, times_s=_defined(findings.study.times_s))
    defined = replace(findings, lesions=lesions, study=study)
    data = {"format": FORMAT, **encode(defined, StudyFindings, findings.phases)}
    return json.loads(json.dumps(data))  # type: ignore[no-any-return]


def _defined_lesion(lesion: LesionFinding) -> LesionFinding:
    figures = {f.name: _defined(getattr(lesion.enhancement, f.name)) for f in fields(lesion.enhancement)}
    return replace(
        lesion,
        enhancement=replace(lesion.enhancement, **figures),
        predicted_curve=lesion.predicted_curve if _finite(lesion.predicted_curve) else None,
        liver_curve=lesion.liver_curve if _finite(lesion.liver_curve) else None,
    )


def _finite(curve: EnhancementCurve | tuple[float | None, ...] | None) -> bool:
    values = (*curve.mean, *curve.sd) if isinstance(curve, EnhancementCurve) else curve or ()
    return all(value is None or math.isfinite(value) for value in values)


def _defined(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _defined(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_defined(item) for item in value)
    return None if isinstance(value, float) and not math.isfinite(value) else value
