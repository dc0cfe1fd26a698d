"""mtinet inspect: what it prints of a folder, certain or not, and how bad input ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from support import dicom_layouts as layouts

from MTINetLib.cli import run

TRUTH = layouts.make_truth()
PHASES = ["pre", "arterial", "portal_venous", "delayed"]


@pytest.fixture
def inspected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[[list[Dataset]], tuple[dict[str, Any], str]]:
    """Writes images, inspects the folder twice: the JSON and the text."""

    def go(images: list[Dataset]) -> tuple[dict[str, Any], str]:
        folder = layouts.write_shuffled(tmp_path / "study", images)
        assert run(["inspect", str(folder), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert run(["inspect", str(folder)]) == 0
        return told, " ".join(capsys.readouterr().out.split())

    return go


def _volumes(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [volume for series in told["series"] for volume in series["volumes"]]


@pytest.mark.parametrize("layout", ["c", "d", "f"])
def test_every_phase_is_told_with_size_time_and_evidence(layout: str, inspected: Any) -> None:
    told, text = inspected(layouts.LAYOUTS[layout](TRUTH))
    assert set(told) == {"series", "problems", "set_aside", "doubts", "flags"}
    assert all(set(series) == {"uid", "description", "volumes"} for series in told["series"])
    assert len(told["series"]) == (4 if layout == "f" else 1)
    volumes = _volumes(told)
    assert [volume["phase"] for volume in volumes] == PHASES
    assert [volume["time_s"] for volume in volumes] == list(layouts.TIMES_S)
    for volume in volumes:
        assert set(volume) == {
            "size", "spacing_mm", "time_s", "phase", "confidence", "evidence", "left_out", "flags"
        }  # fmt: skip
        assert volume["size"] == [32, 24, 8]
        assert volume["spacing_mm"] == [7.0, 8.0, 9.0]
        assert volume["confidence"] >= 0.6
        assert volume["left_out"] is None
    assert any("acquired 55 s after" in sentence for sentence in volumes[1]["evidence"])
    assert "mtinet analyze can use this folder as it is" in text
    assert "After pre-contrast" in text


def test_a_phase_of_a_part_of_the_range_is_said_with_what_is_missing(inspected: Any) -> None:
    images = layouts.series_per_phase(TRUTH)
    told, text = inspected([image for k, image in enumerate(images) if not 16 <= k < 19])
    said = "The portal venous phase lacks 27 mm (38 %) of the range of the pre-contrast phase"
    assert said in text
    assert any(said in sentence for sentence in told["doubts"])


def test_parts_that_were_put_together_are_said(inspected: Any) -> None:
    images = layouts.series_per_phase(TRUTH)
    for image in images[19:24]:
        image.SeriesInstanceUID = "1.2.826.1"
    told, text = inspected(images)
    assert "The portal venous phase was put together from 2 series with slices at different places" in text
    assert [volume["flags"] for volume in _volumes(told)] == [[], [], ["joined_series"], []]
    assert "stored as several series" not in text, "said once, with the phase"
    assert "mind what is said here" in text


def test_parts_of_a_volume_that_is_no_phase_are_said_by_its_number(inspected: Any) -> None:
    images = layouts.series_per_phase(TRUTH)
    more = layouts.series_per_phase(TRUTH)[:8]
    for k, image in enumerate(more):
        image.SeriesDescription, image.SeriesNumber, image.ImageType = "T2 HASTE", 40, ["ORIGINAL", "PRIMARY"]
        image.SOPInstanceUID, image.SeriesInstanceUID = f"1.2.826.4.{k + 1}", f"1.2.826.5.{k % 2 + 1}"
        image.AcquisitionTime = image.SeriesTime = "111500"
    told, text = inspected([*images, *more])
    assert [volume["phase"] for volume in _volumes(told)].count(None) == 1
    number = 1 + [volume["phase"] for volume in _volumes(told)].index(None)
    assert f"Volume #{number} was put together from 2 series" in text
    assert "stored as several series" not in text


def test_images_that_share_identifiers_are_said_once(inspected: Any) -> None:
    images = layouts.series_per_phase(TRUTH)
    for k, image in enumerate(images):
        image.SOPInstanceUID = f"1.2.826.3.{k % 8 + 1}"
    told, text = inspected(images)
    assert [volume["flags"] for volume in _volumes(told)] == [["ambiguous_uids"]] * 4
    assert text.count("SOP Instance UID") == 1


def test_a_missing_phase_is_said_plainly_and_all_else_is_printed(inspected: Any) -> None:
    images = [image for image in layouts.series_per_phase(TRUTH) if image.SeriesDescription != "LAVA DEL"]
    told, text = inspected(images)
    assert [volume["phase"] for volume in _volumes(told)] == PHASES[:3]
    assert "Missing, or nothing tells which volume it is: the delayed phase." in text
    assert "--delayed" in text


def test_volumes_that_nothing_names_have_no_phase_and_the_option_is_named(inspected: Any) -> None:
    told, text = inspected(layouts.ge_without_identifier(TRUTH))
    assert [volume["phase"] for volume in _volumes(told)] == [None] * 4
    assert [volume["confidence"] for volume in _volumes(told)] == [0.0] * 4
    assert "--assume-order" in text


def test_names_that_the_pixels_contradict_are_not_called_phases(inspected: Any) -> None:
    """The volume without contrast is called delayed, the delayed one pre."""

    def untimed(image: Dataset) -> Dataset:
        del image.AcquisitionTime, image.SeriesTime, image.SeriesNumber
        return image

    swapped = layouts.series_per_phase(TRUTH, ("LAVA DEL", "LAVA ART", "LAVA PV", "LAVA PRE"))
    told, text = inspected([untimed(image) for image in swapped])
    found = {series["description"]: series["volumes"][0] for series in told["series"]}
    phases = {name: volume["phase"] for name, volume in found.items()}
    assert phases == {"LAVA DEL": None, "LAVA ART": "arterial", "LAVA PV": "portal_venous", "LAVA PRE": None}
    assert found["LAVA DEL"]["left_out"] == "not certain, perhaps the delayed phase"
    assert "It is not certain that 'LAVA PRE' is the pre-contrast phase." in text


def test_what_is_left_out_has_its_reason(inspected: Any) -> None:
    images = layouts.series_per_phase(TRUTH)
    extra = layouts.series_per_phase(TRUTH, ("LAVA SUB", "", "", "LAVA HBP 20min"))
    for image in extra:
        image.SeriesInstanceUID = f"{image.SeriesInstanceUID[:60]}.9"
        image.SOPInstanceUID = f"{image.SOPInstanceUID[:60]}.9"
        image.SeriesNumber = 20 + int(image.SeriesNumber)
    wanted = [image for image in extra if image.SeriesDescription]
    told, _ = inspected([*images, *wanted])
    assert [volume["left_out"] for volume in _volumes(told)] == [
        *[None] * 4, "a subtraction", "a hepatobiliary phase"
    ]  # fmt: skip


def test_an_incomplete_phase_is_named_with_what_is_wrong(inspected: Any) -> None:
    images = layouts.series_per_phase(TRUTH)
    del images[12]
    told, text = inspected(images)
    assert [volume["phase"] for volume in _volumes(told)] == PHASES
    assert "The arterial phase cannot be used" in text
    assert "as it is" not in text


def test_files_that_cannot_be_used_are_listed_with_their_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = layouts.write_shuffled(tmp_path / "study", layouts.series_per_phase(TRUTH))
    bad = layouts.slice_of(TRUTH, 0, 0, "bad", 1)
    del bad.ImagePositionPatient
    layouts.save(bad, folder / "bad.dcm")
    assert run(["inspect", str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["problems"] == [
        {"path": str(folder / "bad.dcm"), "reason": "ImagePositionPatient is missing or incomplete"}
    ]


def test_two_patients_in_a_folder_are_refused_without_their_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = layouts.series_per_phase(TRUTH)
    for image in images[:8]:
        image.PatientID, image.PatientName = "SECRET-7", "Secret^Name"
    folder = layouts.write_shuffled(tmp_path / "study", images)
    assert run(["inspect", str(folder)]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "2 patients" in told
    assert "20240105, 8 images in 1 series such as 'LAVA PRE'" in told
    assert "secret" not in told.lower()


@pytest.mark.parametrize("kind", ["empty", "missing", "letters"])
def test_a_folder_without_images_is_one_sentence(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "place"
    if kind != "missing":
        folder.mkdir()
    if kind == "letters":
        (folder / "a.txt").write_text("a letter")
    assert run(["inspect", str(folder)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("mtinet: ")
    assert told.err.count("\n") == 1
    assert str(folder) in told.err
