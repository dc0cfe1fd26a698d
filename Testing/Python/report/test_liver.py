"""A result with a liver: every format says volume, burden, overlap, place and where the liver comes from."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import jsonschema
import numpy as np
import pydicom
import pytest
import SimpleITK
from support import dicom_layouts
from support.made_analysis import made_analysis, made_study
from support.read_back import Exported, exported

from MTINetLib.console import findings_table, terminal
from MTINetLib.findings import LesionPlace, findings_schema, from_json
from MTINetLib.inference.analysis import Analysis
from MTINetLib.pipeline.liver import given_liver
from MTINetLib.pipeline.remeasure import remeasure
from MTINetLib.pipeline.write import WriteOptions, write
from MTINetLib.report.dicom import codes
from MTINetLib.report.dicom.export import dicom_objects
from MTINetLib.report.dicom.read_segmentation import read_segmentation
from MTINetLib.report.dicom.source_headers import source_headers
from MTINetLib.study.study import Study


def ellipsoid(study: Study) -> np.ndarray:
    k, j, i = np.meshgrid(*[np.linspace(-1, 1, n) for n in study.grid.shape], indexing="ij")
    return ((k / 0.9) ** 2 + ((j + 0.05) / 0.55) ** 2 + ((i + 0.3) / 0.45) ** 2) < 1


@pytest.fixture(scope="module")
def study() -> Study:
    return made_study()


@pytest.fixture(scope="module")
def analysis(study: Study) -> Analysis:
    made = made_analysis(study)
    liver = given_liver(ellipsoid(study), "patient-meier.nii.gz", study)
    segments = np.where(liver.mask, 7, 0).astype(np.uint8)
    liver = replace(liver, segments=segments)
    findings = remeasure(study, made.labels, made.findings, liver=liver)
    return Analysis(findings, made.labels, made.probability, liver=liver)


def test_the_files_hold_the_liver(study: Study, analysis: Analysis, tmp_path: Path) -> None:
    options = WriteOptions(formats=["json", "csv", "labels", "html"])
    written = write(study, analysis, tmp_path / "out", options)
    assert not written.left_out
    out = tmp_path / "out"
    told = json.loads((out / "findings.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(findings_schema()).validate(told)
    assert told["liver"]["source"] == "patient-meier.nii.gz"
    assert from_json((out / "findings.json").read_text("utf-8")) == analysis.findings
    (row,) = csv.DictReader((out / "liver.csv").open(encoding="utf-8"))
    assert float(row["volume_ml"]) == pytest.approx(told["liver"]["volume_ml"])
    first = next(csv.DictReader((out / "lesions.csv").open(encoding="utf-8")))
    assert (first["liver_overlap"], first["place"]) == ("1.0", "segment VII")
    mask = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(out / "liver.nii.gz")))
    assert np.array_equal(mask > 0, analysis.liver.mask)
    page = (out / "report.html").read_text("utf-8")
    for words in ("Lesion 1: HCC, segment VII", "tumour burden", "given as patient-meier.nii.gz"):
        assert words in page


def test_without_a_liver_nothing_is_said_of_one(study: Study, tmp_path: Path) -> None:
    made = made_analysis(study)
    write(study, made, tmp_path / "out", WriteOptions(formats=["json", "csv", "labels", "html"]))
    names = {file.name for file in (tmp_path / "out").iterdir()}
    assert not {"liver.nii.gz", "liver.csv"} & names
    assert "tumour burden" not in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_a_de_identified_result_does_not_name_the_liver_s_file(
    study: Study, analysis: Analysis, tmp_path: Path
) -> None:
    options = WriteOptions(formats=["json", "csv", "html"], deidentify=True)
    write(study, analysis, tmp_path / "out", options)
    for file in (tmp_path / "out").iterdir():
        assert "meier" not in file.read_text("utf-8", errors="replace")
    told = json.loads((tmp_path / "out" / "findings.json").read_text("utf-8"))
    assert told["liver"]["source"] == "withheld"


def test_the_table_of_the_terminal_says_place_and_liver(analysis: Analysis) -> None:
    console = terminal(width=160)
    with console.capture() as shown:
        console.print(findings_table(analysis.findings))
    assert "segment VII" in shown.get()
    assert "Liver " in shown.get()
    assert "(given as patient-meier.nii.gz), tumour burden" in shown.get()


@pytest.fixture(scope="module")
def dicom(tmp_path_factory: pytest.TempPathFactory) -> tuple[Exported, np.ndarray]:
    made = exported(tmp_path_factory.mktemp("dicom") / "in", dicom_layouts.series_per_phase)
    mask = np.zeros(made.study.grid.shape, bool)
    mask[1:11, 4:36, 4:40] = True
    mask[6:9, 20:30, 30:] = False  # half of the second lesion lies outside
    liver = replace(given_liver(mask, "by hand", made.study), mask=mask)
    findings = remeasure(made.study, made.labels, made.findings, liver=liver)
    one = replace(findings.lesions[0], place=LesionPlace("segment", {"7": 0.8, "8": 0.2}, False))
    two = replace(findings.lesions[1], place=LesionPlace("lobe", {"left": 1.0, "right": 0.0}, False))
    findings = replace(findings, lesions=(one, two))
    objects = dicom_objects(made.labels, findings, source_headers(made.study), liver=mask)
    return replace(made, findings=findings, objects=objects), mask


def test_the_seg_has_the_liver_as_a_segment_of_its_own_that_comes_back(
    dicom: tuple[Exported, np.ndarray], tmp_path: Path
) -> None:
    made, mask = dicom
    seg = made.objects.segmentation
    assert seg is not None
    last = seg.SegmentSequence[-1]
    assert (last.SegmentLabel, last.SegmentAlgorithmType) == ("Liver", "SEMIAUTOMATIC")
    assert last.SegmentedPropertyTypeCodeSequence[0].CodeValue == codes.LIVER.value
    assert last.SegmentedPropertyCategoryCodeSequence[0].CodeValue == "123037004"
    seg.save_as(tmp_path / "seg.dcm", enforce_file_format=True)
    back = read_segmentation(tmp_path / "seg.dcm", made.study)
    assert np.array_equal(back.labels, made.labels)
    assert np.array_equal(back.liver, mask)
    assert back.notes == ()


def test_the_sr_measures_the_liver_and_places_the_lesions(dicom: tuple[Exported, np.ndarray]) -> None:
    import highdicom as hd

    made, _ = dicom
    buffer = BytesIO()
    made.objects.measurements.save_as(buffer, enforce_file_format=True)
    content = hd.sr.srread(BytesIO(buffer.getvalue())).content
    *lesions, liver = content.get_volumetric_roi_measurement_groups()
    values = {item.name.value: float(item.value) for item in liver.get_measurements()}
    told = made.findings.liver
    assert values[codes.VOLUME.value] == pytest.approx(1000 * told.volume_ml, rel=1e-5)
    assert values["tumour_burden"] == pytest.approx(told.tumour_burden_percent, rel=1e-5)
    assert liver.finding_type == codes.LIVER
    one, two = ({item.name.value: float(item.value) for item in g.get_measurements()} for g in lesions)
    assert (one["liver_overlap"], two["liver_overlap"]) == (100.0, 50.0)
    answers = [item.value.meaning for item in lesions[0].get_qualitative_evaluations()]
    assert "Couinaud segment VII" in answers
    (site,) = lesions[1].finding_sites
    assert site.laterality == codes.LEFT


def test_a_study_without_lesions_still_has_its_liver_in_seg_and_sr(
    dicom: tuple[Exported, np.ndarray],
) -> None:
    made, mask = dicom
    labels = np.zeros_like(made.labels)
    liver = replace(given_liver(mask, "by hand", made.study), mask=mask)
    findings = remeasure(made.study, labels, made.findings, liver=liver)
    objects = dicom_objects(labels, findings, source_headers(made.study), liver=mask)
    assert isinstance(objects.segmentation, pydicom.Dataset)
    assert len(objects.segmentation.SegmentSequence) == 1
    assert objects.measurements is not None
