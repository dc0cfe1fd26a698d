"""A lesion where a phase has no image: unknown there, on every way and in every format."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pydicom
import pytest
from support.made_analysis import made_grid, made_study
from support.small_models import known_model

from MTINetLib.cli import run
from MTINetLib.findings import LesionFinding, StudyFindings, findings_schema, from_json
from MTINetLib.phantom.dicom_writer import write_study_as_dicom
from MTINetLib.pipeline.open import open_study
from MTINetLib.pipeline.remeasure import remeasure
from MTINetLib.reading.volumes.read import read_label_map, read_volume
from MTINetLib.reading.volumes.write import write_volume
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import FOUR_PHASES, Phase

STUDY = made_study(made_grid((24, 60, 72)))
#: Of the cut phase only the slices below this are there: more than half of lesion 1, less of lesion 2.
SHOWN = 13


@pytest.fixture(autouse=True)
def _known_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("MTINetLib.models.store.load_ready_model", lambda *_: known_model())


def as_files(folder: Path, cut: Phase) -> dict[Phase, Path]:
    """NIfTI, one of them shorter."""
    paths = {}
    for phase in FOUR_PHASES:
        array, grid = STUDY.phase(phase), STUDY.grid
        if phase is cut:
            array = array[:SHOWN]
            grid = Grid(array.shape, grid.spacing, grid.origin, grid.direction)
        paths[phase] = folder / f"{phase.value}.nii.gz"
        write_volume(paths[phase], array, grid)
    return paths


def as_padded_files(folder: Path, cut: Phase) -> dict[Phase, Path]:
    """NIfTI that somebody brought onto one grid, with zeros."""
    paths = as_files(folder, cut)
    array = STUDY.phase(cut).copy()
    array[SHOWN:] = 0.0
    write_volume(paths[cut], array, STUDY.grid)
    return paths


def as_dicom(folder: Path, cut: Phase) -> dict[Phase, Path]:
    """DICOM, one series of which lacks images."""
    series = write_study_as_dicom(folder, STUDY, patient_id="made", study_seed=3)
    for image in read_volume(series[cut]).images:
        position = np.array(pydicom.dcmread(image.path).ImagePositionPatient, dtype=float)
        if STUDY.grid.to_index(position)[0] > SHOWN - 0.5:
            image.path.unlink()
    return series


def analyzed(paths: dict[Phase, Path], out: Path, *options: str) -> tuple[StudyFindings, np.ndarray]:
    named = [
        word for phase, path in paths.items() for word in (f"--{phase.value.replace('_', '-')}", str(path))
    ]
    assert run(["analyze", "-o", str(out), "--no-scene", "--align", "off", *options, *named]) == 0
    labels = np.rint(read_label_map(out / "lesions.nii.gz").array).astype(int)
    return from_json((out / "findings.json").read_text("utf-8")), labels


def shown(labels: np.ndarray, label: int) -> float:
    return float((labels[:SHOWN] == label).sum() / (labels == label).sum())


@pytest.mark.parametrize("written", [as_files, as_padded_files, as_dicom])
@pytest.mark.parametrize("cut", [Phase.PRE, Phase.DELAYED])
def test_what_a_phase_does_not_show_is_not_measured(written: Any, cut: Phase, tmp_path: Path) -> None:
    findings, labels = analyzed(written(tmp_path, cut), tmp_path / "out")
    place = FOUR_PHASES.index(cut)
    missing = 0
    assert findings.lesions
    for lesion in findings.lesions:
        inside = labels == lesion.label
        for number, mean in enumerate(lesion.measured_curve.mean):
            seen = inside.copy()
            if number == place:
                seen[SHOWN:] = False
                if shown(labels, lesion.label) < 0.5:
                    missing += 1
                    assert mean is None
                    assert lesion.lesion_class == "undecided"
                    assert {f"not_measured:{cut.value}", f"undecided:no_image_{cut.value}"} <= set(
                        lesion.flags
                    )
                    continue
            assert mean == pytest.approx(STUDY.volumes[number][seen].mean(), abs=1.0)
    told = json.loads((tmp_path / "out" / "findings.json").read_text("utf-8"))
    jsonschema.validate(told, findings_schema())
    assert missing == sum(one["measured_curve"]["mean"][cut.value] is None for one in told["lesions"])
    if cut is Phase.PRE:  # the network of this test does not need it to find the second lesion
        assert missing > 0
        rows = list(csv.DictReader((tmp_path / "out" / "curves.csv").open(encoding="utf-8")))
        empty = [row for row in rows if row["curve"] == "measured" and row["mean"] == row["sd"] == ""]
        assert {row["phase"] for row in empty} == {"pre"}
        assert len(empty) == missing
        page = (tmp_path / "out" / "report.html").read_text("utf-8")
        assert "not measured" in page
        assert "Not measured, for the phase has no image there: pre-contrast." in page
        assert "the pre-contrast phase has no image there" in page
        assert "0 ± 0" not in page


def test_the_structured_report_leaves_the_phase_out(tmp_path: Path) -> None:
    findings, _ = analyzed(as_dicom(tmp_path, Phase.PRE), tmp_path / "out", "--dicom")
    expected = sum(mean is not None for lesion in findings.lesions for mean in lesion.measured_curve.mean)
    assert expected < 4 * len(findings.lesions)
    (report,) = (
        dataset
        for dataset in map(pydicom.dcmread, (tmp_path / "out" / "dicom").glob("*.dcm"))
        if dataset.Modality == "SR"
    )
    points = [
        item
        for item in report.iterall()
        if item.keyword == "TextValue" and item.value[:2] in ("1 ", "2 ", "3 ", "4 ")
    ]
    assert len(points) == expected


def test_a_correction_is_measured_where_the_phases_have_an_image(tmp_path: Path) -> None:
    paths = as_files(tmp_path, Phase.ARTERIAL)
    findings, labels = analyzed(paths, tmp_path / "out")
    study = open_study(paths, alignment="off")
    corrected = np.zeros(labels.shape, dtype=np.uint8)
    corrected[SHOWN:][labels[SHOWN:] > 0] = 1
    (lesion,) = remeasure(study, corrected, findings).lesions
    assert lesion.measured_curve.mean[1] is None
    assert "not_measured:arterial" in lesion.flags


def only(labels: np.ndarray, shown: bool) -> np.ndarray:
    """All lesions as number 1, in the slices that the cut phase shows or in the others."""
    kept = np.zeros(labels.shape, dtype=np.uint8)
    slices = slice(None, SHOWN) if shown else slice(SHOWN, None)
    kept[slices][labels[slices] > 0] = 1
    return kept


def reasons(lesion: LesionFinding) -> list[str]:
    return [flag for flag in lesion.flags if flag.startswith("undecided:")]


def test_a_corrected_lesion_keeps_its_class_only_where_every_phase_shows_it(tmp_path: Path) -> None:
    paths = as_files(tmp_path, Phase.ARTERIAL)
    findings, labels = analyzed(paths, tmp_path / "out")
    study = open_study(paths, alignment="off")
    (first, *_) = findings.lesions
    assert first.label == 1
    assert first.lesion_class in findings.provenance.classes
    away = remeasure(study, only(labels, shown=False), findings)
    (lesion,) = away.lesions
    assert (lesion.lesion_class, reasons(lesion)) == ("undecided", ["undecided:no_image_arterial"])
    (again,) = remeasure(study, only(labels, shown=False), away).lesions
    assert (again.lesion_class, reasons(again)) == ("undecided", ["undecided:no_image_arterial"])
    (kept,) = remeasure(study, only(labels, shown=True), findings).lesions
    assert (kept.lesion_class, reasons(kept)) == (first.lesion_class, [])
    (back,) = remeasure(study, only(labels, shown=True), away).lesions
    assert (back.lesion_class, reasons(back)) == ("undecided", ["undecided:not_read"])


def test_a_new_lesion_that_a_phase_does_not_show_says_so(tmp_path: Path) -> None:
    paths = as_files(tmp_path, Phase.ARTERIAL)
    findings, labels = analyzed(paths, tmp_path / "out")
    study = open_study(paths, alignment="off")
    (lesion,) = remeasure(study, 9 * only(labels, shown=False), findings).lesions
    assert reasons(lesion) == ["undecided:not_read", "undecided:no_image_arterial"]
