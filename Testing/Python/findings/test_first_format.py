from __future__ import annotations

import json

import jsonschema
import pytest
from support.first_format import first_format

from MTINetLib.findings import findings_schema, from_dict, from_json, to_json
from MTINetLib.study.phase import FOUR_PHASES, Phase


def test_every_value_of_the_first_format_is_read() -> None:
    read = from_json(json.dumps(first_format()))
    (lesion,) = read.lesions
    assert (lesion.label, lesion.lesion_class, lesion.volume_ml) == (3, "hemangioma", 4.5)
    assert lesion.probabilities == {"hcc": 0.25, "hemangioma": 0.75}
    assert read.provenance.classes == ("hcc", "hemangioma")
    assert read.phases == FOUR_PHASES
    assert lesion.measured_curve.mean == (90.0, 150.0, 210.0, 240.0)
    assert lesion.measured_curve.sd == (4.0, 5.0, 6.0, 7.0)
    assert lesion.predicted_curve == (91.0, 149.0, 212.0, 238.0)
    assert lesion.liver_curve is not None
    assert lesion.liver_curve.sd == (1.0, 2.0, 3.0, 4.0)
    assert lesion.enhancement.relative_enhancement[Phase.PORTAL_VENOUS] == 1.3
    assert lesion.enhancement.lesion_to_liver_contrast[Phase.DELAYED] is None
    assert lesion.enhancement.washout_ratio_percent == {Phase.PORTAL_VENOUS: 85.7, Phase.DELAYED: 70.8}
    assert (lesion.enhancement.late_change, lesion.enhancement.curve_kind) == (0.6, "persistent")
    assert read.study.times_s == (0.0, 21.0, None, 190.0)
    assert (read.study.phases[1].series_uid, read.study.phases[1].frame_numbers) == ("1.2.1", (1, 2))
    assert (read.study.size, read.study.flags) == ((200, 180, 40), ("motion:arterial",))
    assert read.provenance.settings["thresholds"] == {"mask": 0.4}
    assert read.provenance.corrected_by_person


def test_what_was_read_of_the_first_format_is_written_in_this_one() -> None:
    data = json.loads(to_json(from_dict(first_format())))
    jsonschema.Draft202012Validator(findings_schema()).validate(data)
    assert "schema_version" not in data
    assert data["lesions"][0]["predicted_curve"]["delayed"] == 238.0


def test_curves_that_a_lesion_does_not_have_stay_away() -> None:
    data = first_format()
    data["lesions"][0] |= {"predicted_curve": None, "liver_curve": None}
    (lesion,) = from_dict(data).lesions
    assert (lesion.predicted_curve, lesion.liver_curve) == (None, None)


@pytest.mark.parametrize("values", [[1.0, 2.0, 3.0], {"pre": 1.0}, 7])
def test_a_spoilt_file_of_the_first_format_is_one_sentence(values: object) -> None:
    data = first_format()
    data["lesions"][0]["predicted_curve"] = values
    with pytest.raises(ValueError, match=r"^Not MTINet findings: .+\.$"):
        from_dict(data)


def test_another_version_of_long_ago_is_one_sentence() -> None:
    with pytest.raises(ValueError, match="they name no format"):
        from_dict({**first_format(), "schema_version": "0.9"})


@pytest.mark.parametrize(("then", "now"), [("HCC", "hcc"), ("undecided", "undecided")])
def test_classes_have_the_names_of_now(then: str, now: str) -> None:
    data = first_format()
    data["lesions"][0]["class"] = then
    assert from_dict(data).lesions[0].lesion_class == now


def test_masks_that_were_measured_without_a_model_have_no_classes() -> None:
    data = first_format()
    data["provenance"]["model_sha256"] = ""
    assert from_dict(data).provenance.classes == ()
