from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest

from MTINetLib.findings import (
    FORMAT,
    EnhancementCurve,
    LesionFinding,
    PhaseSummary,
    Provenance,
    StudyFindings,
    StudySummary,
    findings_schema,
    from_dict,
    from_json,
    to_dict,
    to_json,
)
from MTINetLib.inference.enhancement import enhancement_figures
from MTINetLib.study.lesion_class import HCC, UNDECIDED
from MTINetLib.study.phase import FOUR_PHASES, Phase

CURVE = EnhancementCurve((80.0, 240.0, 150.0, 120.0), (5.0, 9.0, 8.0, 7.0))
LIVER = EnhancementCurve((100.0, 120.0, 180.0, 160.0), (3.0, 3.0, 3.0, 3.0))
TIMES = (0.0, 30.0, None, 180.0)
LESION = LesionFinding(
    label=1,
    lesion_class=HCC,
    probabilities={"hcc": 0.9, "hemangioma": 0.1},
    volume_ml=12.5,
    long_axis_mm=31.0,
    short_axis_mm=25.0,
    diameter_3d_mm=33.0,
    centroid_lps_mm=(-40.0, 12.0, 88.0),
    slices=(4, 11),
    measured_curve=CURVE,
    predicted_curve=(81.0, 230.0, 155.0, 119.0),
    liver_curve=LIVER,
    enhancement=enhancement_figures(FOUR_PHASES, CURVE, LIVER, TIMES),
    flags=("shares_slices", "motion:arterial"),
)
FINDINGS = StudyFindings(
    lesions=(
        LESION,
        replace(
            LESION,
            label=2,
            lesion_class=UNDECIDED,
            predicted_curve=None,
            liver_curve=None,
            flags=(),
        ),
    ),
    study=StudySummary(
        phases=tuple(
            PhaseSummary(
                phase,
                description="T1 VIBE äöü",
                evidence=("time 30 s after the bolus",),
                confidence=0.9,
                time_point=2,
                instance_uids=("1.2.3",),
                frame_numbers=(4, 8),
            )
            for phase in FOUR_PHASES
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
        classes=("hcc", "hemangioma"),
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
    assert from_json(to_json(FINDINGS)) == FINDINGS


def test_findings_follow_the_schema() -> None:
    validate(json.loads(to_json(FINDINGS)))
    validate(to_dict(replace(FINDINGS, lesions=())))


def test_the_json_has_the_names_that_other_programs_read() -> None:
    lesion = to_dict(FINDINGS)["lesions"][0]
    assert lesion["class"] == "hcc"
    assert "lesion_class" not in lesion
    names = ["pre", "arterial", "portal_venous", "delayed"]
    assert lesion["measured_curve"]["mean"] == dict(zip(names, CURVE.mean, strict=True))
    assert lesion["predicted_curve"]["arterial"] == 230.0
    assert lesion["enhancement"]["relative_enhancement"]["portal_venous"] == 0.875
    assert to_dict(FINDINGS)["study"]["times_s"] == dict(zip(names, TIMES, strict=True))
    assert to_dict(FINDINGS)["format"] == FORMAT == 2


def test_curves_keep_their_phases_whatever_the_order_in_the_file() -> None:
    data = to_dict(FINDINGS)
    mean = data["lesions"][0]["measured_curve"]["mean"]
    data["lesions"][0]["measured_curve"]["mean"] = dict(sorted(mean.items()))
    data["study"]["times_s"] = dict(reversed(data["study"]["times_s"].items()))
    assert from_dict(data) == FINDINGS


def of_three_phases() -> StudyFindings:
    """The same study without its delayed phase, and its phases in another order."""
    phases = (Phase.PRE, Phase.PORTAL_VENOUS, Phase.ARTERIAL)
    curve = EnhancementCurve((80.0, 150.0, 240.0), (5.0, 8.0, 9.0))
    times = (0.0, None, 30.0)
    lesion = replace(
        LESION,
        measured_curve=curve,
        predicted_curve=(1.0, 2.0, 3.0),
        liver_curve=None,
        enhancement=enhancement_figures(phases, curve, None, times),
    )
    summary = replace(FINDINGS.study, phases=tuple(map(PhaseSummary, phases)), times_s=times)
    return replace(FINDINGS, lesions=(lesion,), study=summary)


def test_findings_of_another_number_of_phases_survive_json_and_follow_the_schema() -> None:
    made = of_three_phases()
    assert made.phases == (Phase.PRE, Phase.PORTAL_VENOUS, Phase.ARTERIAL)
    data = json.loads(to_json(made))
    validate(data)
    assert data["lesions"][0]["predicted_curve"] == {"pre": 1.0, "portal_venous": 2.0, "arterial": 3.0}
    assert from_dict(data) == made


@pytest.mark.parametrize(
    "path",
    [
        (),
        ("lesions", 0),
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
    with pytest.raises(ValueError, match="surprise"):
        from_dict(data)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("lesions", 0, "class"), "Metastasis of x"),
        (("lesions", 0, "label"), 0),
        (("lesions", 0, "predicted_curve"), [1, 2, 3, 4]),
        (("lesions", 0, "predicted_curve"), {"pre": 1.0, "late": 2.0}),
        (("lesions", 0, "probabilities", "hcc"), 1.2),
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


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("lesions", 1, "volume_ml"), "12", r"lesions\[1\]\.volume_ml is '12', not a number"),
        (("lesions", 0, "label"), True, r"lesions\[0\]\.label is True, not a whole number"),
        (("lesions", 0, "slices"), [1, 2, 3], r"lesions\[0\]\.slices has 3 items, not 2"),
        (("study", "times_s"), {"pre": 1.0}, r"study\.times_s names pre; the study's phases are pre, art"),
        (("study", "phases", 1, "phase"), "late", "'late' is not a valid Phase"),
        (("provenance", "notes"), "a note", r"provenance\.notes is 'a note', not a list"),
        (("format",), 3, "format 3, and this version of MTINet reads 1 and 2"),
    ],
)
def test_reading_a_wrong_value_names_its_place(path: tuple[str | int, ...], value: object, said: str) -> None:
    data = to_dict(FINDINGS)
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(ValueError, match=said):
        from_dict(data)


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
    relative = dict(zip(FOUR_PHASES, (0.0, number, 1.0, 2.0), strict=True))
    figures = replace(LESION.enhancement, wash_in_per_s=number, relative_enhancement=relative)
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
    assert list(written["enhancement"]["relative_enhancement"].values()) == [0.0, None, 1.0, 2.0]
    assert written["enhancement"]["late_change"] == LESION.enhancement.late_change
    assert written["predicted_curve"] is None
    assert written["liver_curve"] is None
    assert list(written["measured_curve"]["mean"].values()) == list(CURVE.mean)
    assert list(data["study"]["times_s"].values()) == [0.0, 30.0, None, 180.0]
