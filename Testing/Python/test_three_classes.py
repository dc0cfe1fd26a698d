"""A model of three classes, one of them with a name that nobody knows: from its dataset to every output."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pydicom
import pytest
from support.slicer_scene import empty_scene
from support.small_dataset import CURVES, SIZE, tiny_network, write_small_dataset

from MTINetLib.cli import run
from MTINetLib.findings import StudyFindings, findings_schema, from_json
from MTINetLib.phantom.dicom_writer import write_study_as_dicom
from MTINetLib.presentation.classes import on_black
from MTINetLib.presentation.colours import rgb
from MTINetLib.reading.volumes.read import read_label_map
from MTINetLib.scene.scene import Scene
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.study.study import PhaseSource, Study

pytestmark = pytest.mark.slow

CLASSES = ("hcc", "hemangioma", "net_metastasis")
#: A few seconds of training; discs that are told apart by their curves need no more.
RECIPE = (
    "max_steps=110 steps_per_epoch=110 log_every=50 batch_size=8 learning_rate=0.005 network.dropout=0 "
    "augmentation.strength=0.3 ema_decay=0 validation_slices=24 validation_share=0.3 tumour_share=0.8"
).split()
#: Slice, row and column of the lesion of each class.
PLACES = {"hcc": (3, 20, 20), "hemangioma": (8, 40, 24), "net_metastasis": (13, 30, 42)}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("three")


@pytest.fixture(scope="module")
def dataset(place: Path) -> Path:
    # As people write it in their tables; the class is net_metastasis all the same.
    classes = ("hcc", "hemangioma", "net_metastasis") * 3
    root = write_small_dataset(place / "dataset", classes)
    for name in ("cases.csv", "lesions.csv"):
        table = root / name
        table.write_text(table.read_text("utf-8").replace("net_metastasis", "NET metastasis"), "utf-8")
    return root


@pytest.fixture(scope="module")
def model(place: Path, dataset: Path) -> Path:
    changes = [part for change in (*tiny_network(), *RECIPE) for part in ("--set", change)]
    assert run(["train", str(dataset), "-o", str(place / "run"), "--preset", "quick", *changes]) == 0
    return place / "run" / "model"


def made_study() -> Study:
    """A body with a lesion of each class, brightened as in the dataset."""
    grid = Grid((18, SIZE, SIZE), (1.5, 1.5, 4.0), (0.0, 0.0, 0.0), (1.0, 0, 0, 0, 1, 0, 0, 0, 1))
    phases = 0.6 + 0.03 * np.random.default_rng(77).standard_normal((4, *grid.shape))
    rows, columns = np.mgrid[:SIZE, :SIZE]
    for name, (k, row, column) in PLACES.items():
        disc = (rows - row) ** 2 + (columns - column) ** 2 < 64
        for phase, value in zip(phases, CURVES[name], strict=True):
            phase[k - 1 : k + 2, disc] += value - 0.6
    phases[:, :, :6] = phases[:, :, -6:] = 0
    source = PhaseSource("made")
    volumes = np.maximum(1000 * phases, 0).astype(np.float32)
    return Study(
        volumes, grid, Phase.PORTAL_VENOUS, (0.0, 30.0, 70.0, 180.0), (source,) * 4, phases=FOUR_PHASES
    )


@pytest.fixture(scope="module")
def out(place: Path, model: Path) -> Path:
    write_study_as_dicom(place / "dicom", made_study(), patient_id="P3", study_seed=3)
    folder = place / "out"
    source = [str(place / "dicom"), "-o", str(folder), "--model", str(model)]
    assert run(["analyze", *source, "--no-scene", "--dicom", "--device", "cpu"]) == 0
    return folder


@pytest.fixture(scope="module")
def findings(out: Path) -> StudyFindings:
    return from_json((out / "findings.json").read_text("utf-8"))


def test_the_model_says_which_classes_it_tells_apart(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = json.loads((model / "config.json").read_text("utf-8"))
    assert tuple(config["classes"]) == CLASSES
    assert config["architecture"]["settings"]["class_count"] == 3
    assert json.loads((model.parent / "classes.json").read_text("utf-8")) == [*CLASSES]


def test_the_check_names_the_classes(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(dataset)]) == 0
    said = capsys.readouterr().out
    assert "Classes of lesions: HCC in 3 cases, hemangioma in 3 cases, net metastasis in 3 cases." in said


def test_evaluation_has_a_row_an_answer_and_an_auc_for_each(dataset: Path, model: Path, place: Path) -> None:
    assert run(["evaluate", str(dataset), "-o", str(place / "figures"), "--model", str(model)]) == 0
    figures = json.loads((place / "figures" / "summary.json").read_text("utf-8"))["classification"]["all"]
    assert [*figures["confusion"]] == [*CLASSES]
    assert [*figures["confusion"]["hcc"]] == [*CLASSES, "undecided"]
    assert [*figures["auc_against_the_rest"]] == [*CLASSES]
    assert figures["lesions"] == 9
    assert figures["accuracy_undecided_counted_wrong"]["value"] > 0.7
    assert figures["auc"]["value"] > 0.9
    page = (place / "figures" / "summary.md").read_text("utf-8")
    assert "## HCC, hemangioma or net metastasis" in page
    assert "| AUC, net metastasis against the rest | 1.000" in page
    with (place / "figures" / "per_lesion.csv").open(newline="", encoding="utf-8") as file:
        row = next(csv.DictReader(file))
    assert sum(float(row[f"probability_{name}"]) for name in CLASSES) == pytest.approx(1)


def test_each_lesion_is_found_and_decided(findings: StudyFindings, out: Path) -> None:
    labels = read_label_map(out / "lesions.nii.gz").array
    assert findings.provenance.classes == CLASSES
    assert findings.phases == FOUR_PHASES
    assert len(findings.lesions) == 3
    for name, (k, row, column) in PLACES.items():
        (lesion,) = (lesion for lesion in findings.lesions if lesion.label == labels[k, row, column])
        assert lesion.lesion_class == name
        assert [*lesion.probabilities] == [*CLASSES]
        assert sum(lesion.probabilities.values()) == pytest.approx(1)
        assert lesion.probabilities[name] > 0.7
    data = json.loads((out / "findings.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(findings_schema()).validate(data)


def test_tables_and_report_name_all_three(out: Path) -> None:
    with (out / "lesions.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["class"] for row in rows} == {*CLASSES}
    for row in rows:
        shares = {name: float(row[f"probability_{name}"]) for name in CLASSES}
        assert max(shares, key=lambda name: shares[name]) == row["class"]
    page = (out / "report.html").read_text("utf-8")
    assert "3 lesions found: 1 HCC, 1 hemangioma, 1 net metastasis." in page
    assert "The class compares HCC, hemangioma and net metastasis only: none may be true." in page
    assert "Net metastasis" in page
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF")


def test_the_dicom_objects_carry_its_name_and_a_private_code(out: Path, findings: StudyFindings) -> None:
    (lesion,) = (lesion for lesion in findings.lesions if lesion.lesion_class == "net_metastasis")
    segmentation = pydicom.dcmread(out / "dicom" / "segmentation.dcm")
    labels = [item.SegmentLabel for item in segmentation.SegmentSequence]
    assert f"{lesion.label} Net metastasis" in labels
    morphologies = list(_codes(pydicom.dcmread(out / "dicom" / "measurements.dcm"), "116676008"))
    assert sorted(morphologies) == [
        ("109841003", "SCT", "Hepatocellular carcinoma"),
        ("93469006", "SCT", "Hemangioma of liver"),
        ("net_metastasis", "99MTINET", "Net metastasis"),
    ]


def _codes(item: Any, concept: str) -> Iterator[tuple[str, str, str]]:
    """The values of a coded concept anywhere in a structured report."""
    for child in item.get("ContentSequence", ()):
        names = child.get("ConceptNameCodeSequence")
        if names and names[0].CodeValue == concept:
            code = child.ConceptCodeSequence[0]
            value = code.get("CodeValue") or code.LongCodeValue
            yield (value, code.CodingSchemeDesignator, code.CodeMeaning)
        yield from _codes(child, concept)


@pytest.mark.viewer
def test_the_scene_shows_it_in_its_colour_with_its_code(
    scene: Scene, out: Path, findings: StudyFindings
) -> None:
    empty_scene()
    from MTINetLib.scene.results import find_results, findings_of
    from MTINetLib.scene.segmentation import segment_labels
    from MTINetLib.scene.show_results import show_results_now
    from MTINetLib.scene.volumes import add_phase_volumes

    study = made_study()
    labels = read_label_map(out / "lesions.nii.gz").array.astype(np.uint8)
    volumes = add_phase_volumes(scene, study)
    shown = show_results_now(scene, findings, labels, volumes, volumes[2])
    found = find_results(scene, shown.segmentation)
    assert found is not None
    assert findings_of(found) == findings
    inner = shown.segmentation.GetSegmentation()
    for lesion in findings.lesions:
        segment = inner.GetSegment(segment_labels(shown.segmentation)[lesion.label])
        assert segment.GetColor() == pytest.approx(rgb(on_black(lesion.lesion_class)), abs=5e-3)
        if lesion.lesion_class == "net_metastasis":
            assert segment.GetName() == f"{lesion.label} Net metastasis"
            assert "99MTINET^net_metastasis^Net metastasis" in segment.GetTerminology()
    classes = shown.lesion_table.GetTable().GetColumnByName("Class")
    assert sorted(classes.GetValue(row) for row in range(3)) == ["HCC", "Hemangioma", "Net metastasis"]
