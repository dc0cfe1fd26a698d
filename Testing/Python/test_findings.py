from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest

from MTINetLib.findings import (
    EnhancementCurve,
    LesionClass,
    LesionFinding,
    Provenance,
    StudyFindings,
    StudySummary,
    findings_schema,
    from_json,
    to_dict,
    to_json,
)
from MTINetLib.inference.enhancement import enhancement_figures

CURVE = EnhancementCurve((80.0, 240.0, 150.0, 120.0), (5.0, 9.0, 8.0, 7.0))
LIVER = EnhancementCurve((100.0, 120.0, 180.0, 160.0), (3.0, 3.0, 3.0, 3.0))
TIMES = (0.0, 30.0, None, 180.0)
LESION = LesionFinding(
    label=1,
    lesion_class=LesionClass.HCC,
    probabilities={"HCC": 0.9, "hemangioma": 0.1},
    volume_ml=12.5,
    long_axis_mm=31.0,
    short_axis_mm=25.0,
    diameter_3d_mm=33.0,
    centroid_lps_mm=(-40.0, 12.0, 88.0),
    slices=(4, 11),
    measured_curve=CURVE,
    predicted_curve=(81.0, 230.0, 155.0, 119.0),
    liver_curve=LIVER,
    enhancement=enhancement_figures(CURVE, LIVER, TIMES),
    flags=("shares_slices", "motion:arterial"),
)
FINDINGS = StudyFindings(
    lesions=(
        LESION,
        replace(
            LESION,
            label=2,
            lesion_class=LesionClass.UNDECIDED,
            predicted_curve=None,
            liver_curve=None,
            flags=(),
        ),
    ),
    study=StudySummary(
        phases=tuple(
            {
                "phase": name,
                "description": "T1 VIBE äöü",
                "evidence": ["time 30 s after the bolus"],
                "confidence": 0.9,
                "series_uid": None,
                "time_point": 2,
                "alignment": None,
            }
            for name in ("pre", "arterial", "portal_venous", "delayed")
        ),
        times_s=TIMES,
        spacing_mm=(1.2, 1.2, 3.0),
        size=(320, 260, 80),
        flags=("motion:arterial",),
    ),
    provenance=Provenance(
        software="MTINetLib 0.1.0",
        model_name="m",
        model_sha256="0f" * 32,
        preset="demo",
        device="cpu",
        precision="bf16",
        input_series_uids=("1.2.3", "1.2.4"),
        settings={"thresholds": {"mask": 0.5}},
        notes=("out of memory: batch halved to 2",),
        created_utc="2026-01-02T03:04:05Z",
    ),
)


def validate(data: object) -> None:
    jsonschema.Draft202012Validator(findings_schema()).validate(data)


def test_the_schema_is_a_valid_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(findings_schema())


def test_findings_survive_json() -> None:
    assert to_json(from_json(to_json(FINDINGS))) == to_json(FINDINGS)
    back = from_json(to_json(FINDINGS))
    assert back.lesions[0].lesion_class is LesionClass.HCC
    assert back.lesions[0].measured_curve == CURVE
    assert back.lesions[1].liver_curve is None
    assert back.study.times_s == TIMES


def test_findings_follow_the_schema() -> None:
    validate(json.loads(to_json(FINDINGS)))
    validate(to_dict(replace(FINDINGS, lesions=())))


def test_the_json_has_the_names_that_other_programs_read() -> None:
    lesion = to_dict(FINDINGS)["lesions"][0]
    assert lesion["class"] == "HCC"
    assert "lesion_class" not in lesion
    assert lesion["measured_curve"]["mean"] == list(CURVE.mean)


@pytest.mark.parametrize(
    "path",
    [
        (),
        ("lesions", 0),
        ("lesions", 0, "probabilities"),
        ("lesions", 0, "measured_curve"),
        ("lesions", 0, "enhancement"),
        ("study",),
        ("study", "phases", 0),
        ("provenance",),
    ],
)
def test_a_name_that_nobody_knows_is_refused(path: tuple[str | int, ...]) -> None:
    data = to_dict(FINDINGS)
    place = data
    for step in path:
        place = place[step]
    place["surprise"] = 1
    with pytest.raises(jsonschema.ValidationError, match="surprise"):
        validate(data)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("lesions", 0, "class"), "metastasis"),
        (("lesions", 0, "label"), 0),
        (("lesions", 0, "predicted_curve"), [1, 2, 3]),
        (("lesions", 0, "probabilities", "HCC"), 1.2),
        (("lesions", 0, "flags"), ["Not a word"]),
        (("lesions", 0, "volume_ml"), 0),
        (("study", "spacing_mm"), [1, 1]),
        (("provenance", "model_sha256"), "abc"),
    ],
)
def test_a_wrong_value_is_refused(path: tuple[str | int, ...], value: object) -> None:
    data = to_dict(FINDINGS)
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        validate(data)


@pytest.mark.parametrize("missing", ["lesions", "study", "provenance"])
def test_what_the_issue_names_is_required(missing: str) -> None:
    data = to_dict(FINDINGS)
    del data[missing]
    with pytest.raises(jsonschema.ValidationError, match=missing):
        validate(data)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"lesions": [{}]}'])
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        from_json(text)


def test_numbers_that_json_does_not_know_are_refused() -> None:
    broken = replace(FINDINGS, lesions=(replace(LESION, volume_ml=float("nan")),))
    with pytest.raises(ValueError):
        to_json(broken)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_figure_that_is_not_defined_is_null_and_costs_nothing_else(number: float) -> None:
    figures = {**LESION.enhancement, "wash_in_per_s": number, "relative_enhancement": [0.0, number, 1.0, 2.0]}
    lesion = replace(
        LESION,
        enhancement=figures,
        predicted_curve=(80.0, number, 90.0, 70.0),
        liver_curve=replace(LIVER, sd=(1.0, 1.0, number, 1.0)),
    )
    study = replace(FINDINGS.study, times_s=(0.0, 30.0, number, 180.0))
    data = json.loads(to_json(replace(FINDINGS, lesions=(lesion,), study=study)))
    jsonschema.validate(data, findings_schema())
    (written,) = data["lesions"]
    assert written["enhancement"]["wash_in_per_s"] is None
    assert written["enhancement"]["relative_enhancement"] == [0.0, None, 1.0, 2.0]
    assert written["enhancement"]["late_change"] == LESION.enhancement["late_change"]
    assert written["predicted_curve"] is None
    assert written["liver_curve"] is None
    assert written["measured_curve"]["mean"] == list(CURVE.mean)
    assert data["study"]["times_s"] == [0.0, 30.0, None, 180.0]
