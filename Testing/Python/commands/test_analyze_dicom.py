"""mtinet analyze --dicom, and what findings say of the images behind them."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import numpy as np
import pydicom
import pytest
from pydicom.pixels import pack_bits
from support.small_models import known_model

from MTINetLib.cli import run
from MTINetLib.findings import findings_schema, from_json, to_json
from MTINetLib.models import store as model_store
from MTINetLib.report.dicom.names import DICOM_FILES
from MTINetLib.report.file_names import NOTES_FILE, OWN_FILES
from MTINetLib.study.lesion_class import HEMANGIOMA
from MTINetLib.study.phase import Phase

SEGMENT = "SegmentIdentificationSequence"
OPTIONS = ("--pre", "--arterial", "--portal-venous", "--delayed")


def analyze(out: Path, model: Path, *arguments: str) -> int:
    return run(["analyze", "-o", str(out), "--model", str(model), "--no-scene", "--dicom", *arguments])


@pytest.fixture(scope="module", autouse=True)
def _lesions_are_found() -> Iterator[None]:
    """The network is one whose answers are known, and which finds the lesions of the made study."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model_store, "load_ready_model", lambda *_: known_model())
        yield


@pytest.fixture(scope="module")
def out(dicom: dict[Phase, Path], model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("analyzed") / "out"
    assert analyze(folder, model, str(dicom[Phase.PRE].parent)) == 0
    return folder


def test_the_dicom_objects_stand_beside_the_other_results(out: Path, dicom: dict[Phase, Path]) -> None:
    made = {path.name: pydicom.dcmread(path) for path in (out / "dicom").iterdir()}
    assert set(made) == set(DICOM_FILES)
    source = pydicom.dcmread(next(dicom[Phase.PRE].iterdir()), stop_before_pixels=True)
    assert {item.StudyInstanceUID for item in made.values()} == {source.StudyInstanceUID}
    assert [made[name].Modality for name in DICOM_FILES] == ["SEG", "SR", "DOC"]
    assert made["report.dcm"].EncapsulatedDocument.startswith((out / "report.pdf").read_bytes()[:-1])


def test_an_archive_gives_the_same_results_as_its_folder_and_is_nowhere_named_by_where_it_was_unpacked(
    out: Path,
    dicom: dict[Phase, Path],
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    archive = shutil.make_archive(str(tmp_path / "study"), "zip", dicom[Phase.PRE].parent)
    assert analyze(tmp_path / "out", model, archive) == 0
    assert {path.name for path in (tmp_path / "out" / "dicom").iterdir()} == set(DICOM_FILES)
    found, expected = (
        from_json((folder / "findings.json").read_text("utf-8")) for folder in (tmp_path / "out", out)
    )
    assert found.study == expected.study
    assert [lesion.volume_ml for lesion in found.lesions] == [lesion.volume_ml for lesion in expected.lesions]
    said = capsys.readouterr()
    written = [path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert not any(b"mtinet-input" in text for text in (*written, said.out.encode(), said.err.encode()))
    assert not list(place.glob("mtinet-input-*"))


def test_what_the_network_made_is_called_automatic(out: Path) -> None:
    seg, sr, pdf = [pydicom.dcmread(out / "dicom" / name) for name in DICOM_FILES]
    assert {segment.SegmentAlgorithmType for segment in seg.SegmentSequence} == {"AUTOMATIC"}
    assert all("by AI" in item.SeriesDescription for item in (seg, sr, pdf))


def test_findings_name_the_images_of_every_phase(out: Path, dicom: dict[Phase, Path]) -> None:
    text = (out / "findings.json").read_text(encoding="utf-8")
    jsonschema.validate(json.loads(text), findings_schema())
    findings = from_json(text)
    assert to_json(findings) == text
    for said in findings.study.phases:
        headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in dicom[said.phase].iterdir()]
        assert set(said.instance_uids) == {header.SOPInstanceUID for header in headers}
        assert {said.series_uid} == {header.SeriesInstanceUID for header in headers}
        assert said.frame_numbers is None


def test_without_dicom_behind_it_the_other_results_are_written_and_one_sentence_says_why(
    files: dict[Phase, Path], model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = [
        word for option, path in zip(OPTIONS, files.values(), strict=True) for word in (option, str(path))
    ]
    assert analyze(tmp_path / "out", model, *named) == 0
    told = " ".join(capsys.readouterr().out.split())
    why = (
        "the images were not read from DICOM, or their slices had to be resampled, so no DICOM object can "
        "refer to them; give the DICOM series of every phase as the scanner made them"
    )
    assert told.count(why) == 1
    assert told.count("DICOM object") == 2  # none can be written, none can refer
    said = told.index(f"No DICOM objects can be written: {why}. The other results are written.")
    assert said < told.index("Finding lesions")
    assert why[1:] in (tmp_path / "out" / NOTES_FILE).read_text("utf-8")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert "report.pdf" in names
    assert "dicom" not in names


def test_results_without_dicom_take_earlier_objects_away() -> None:
    """Old objects must not stand beside new findings; see test_output_folder.py for how they go."""
    assert {f"dicom/{name}" for name in DICOM_FILES} <= set(OWN_FILES)


def test_an_earlier_result_is_gone_on_from_after_a_correction(
    out: Path, dicom: dict[Phase, Path], model: Path, tmp_path: Path
) -> None:
    """One lesion is taken away and the other made smaller, as a viewer would store it."""
    seg = pydicom.dcmread(out / "dicom" / "segmentation.dcm")
    pixels = seg.pixel_array
    groups = seg.PerFrameFunctionalGroupsSequence
    kept = [n for n, group in enumerate(groups) if group[SEGMENT][0].ReferencedSegmentNumber == 2]
    pixels[[n for n in range(len(pixels)) if n not in kept[:-1]]] = 0
    seg.PixelData = pack_bits(pixels.ravel())
    for item in seg.SegmentSequence:
        item.SegmentAlgorithmType = "SEMIAUTOMATIC"
    seg.save_as(tmp_path / "corrected.dcm")

    folder = tmp_path / "out"
    source = str(dicom[Phase.PRE].parent)
    assert analyze(folder, model, source, "--resume-from", str(tmp_path / "corrected.dcm")) == 0
    findings = from_json((folder / "findings.json").read_text(encoding="utf-8"))
    (lesion,) = findings.lesions
    voxel_ml = float(np.prod(findings.study.spacing_mm)) / 1000
    assert lesion.label == 2
    assert lesion.volume_ml == pytest.approx(int(pixels.sum()) * voxel_ml)
    assert lesion.lesion_class == HEMANGIOMA  # said by the network again
    assert findings.provenance.corrected_by_person
    assert findings.provenance.settings["resumed_from"] == seg.SOPInstanceUID
    assert not (folder / "probability.nii.gz").exists()
    again, sr, _ = [pydicom.dcmread(folder / "dicom" / name) for name in DICOM_FILES]
    assert [item.TrackingUID for item in again.SegmentSequence] == [seg.SegmentSequence[1].TrackingUID]
    assert seg.SegmentSequence[1].TrackingUID in sr.to_json()
    assert int(again.pixel_array.sum()) == int(pixels.sum())
    assert {item.SegmentAlgorithmType for item in again.SegmentSequence} == {"SEMIAUTOMATIC"}


def test_going_on_from_an_untouched_result_gives_it_again(
    out: Path, dicom: dict[Phase, Path], model: Path, tmp_path: Path
) -> None:
    source = str(dicom[Phase.PRE].parent)
    assert analyze(tmp_path / "out", model, source, "--resume-from", str(out)) == 0
    one, other = [
        from_json((folder / "findings.json").read_text("utf-8")) for folder in (out, tmp_path / "out")
    ]
    assert other.lesions == one.lesions
    assert not other.provenance.corrected_by_person


def test_a_segmentation_that_is_not_there_is_refused_before_anything_is_read(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "images"
    source.mkdir()
    assert analyze(tmp_path / "out", model, str(source), "--resume-from", str(tmp_path / "gone")) == 2
    assert "name a DICOM segmentation" in capsys.readouterr().err
