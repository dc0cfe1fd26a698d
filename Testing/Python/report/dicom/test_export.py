"""SEG and SR are read back and compared with what they were made of."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from support import dicom_layouts
from support.dicom_encodings import body
from support.read_back import Exported, exported, measured, study_of

from MTINetLib.errors import InputError
from MTINetLib.report.dicom import codes
from MTINetLib.report.dicom.encapsulated_pdf import encapsulated_pdf
from MTINetLib.report.dicom.equipment import Tracking
from MTINetLib.report.dicom.export import dicom_objects, write_dicom
from MTINetLib.report.dicom.read_segmentation import read_segmentation
from MTINetLib.report.dicom.source_headers import source_headers
from MTINetLib.study.phase import FOUR_PHASES

LAYOUTS = {
    "one series per phase": dicom_layouts.series_per_phase,
    "one series, classic": dicom_layouts.philips_classic,
    "all phases in one enhanced file": dicom_layouts.philips_enhanced,
    "an enhanced file per phase": dicom_layouts.siemens_enhanced,
}


@pytest.fixture(scope="module", params=LAYOUTS, ids=lambda name: name.replace(" ", "-"))
def result(request: Any, tmp_path_factory: Any) -> Exported:
    return exported(tmp_path_factory.mktemp("layout") / "in", LAYOUTS[request.param])


def written(made: Dataset) -> Dataset:
    buffer = BytesIO()
    made.save_as(buffer, enforce_file_format=True)
    return pydicom.dcmread(BytesIO(buffer.getvalue()))


def test_the_segments_hold_the_masks_voxel_by_voxel_at_the_right_places(result: Exported) -> None:
    seg = written(result.objects.segmentation)  # type: ignore[arg-type]
    found = np.zeros_like(result.labels)
    for frame, group in zip(seg.pixel_array, seg.PerFrameFunctionalGroupsSequence, strict=True):
        position = np.array(group.PlanePositionSequence[0].ImagePositionPatient, dtype=float)
        k = round(float(result.study.grid.to_index(position)[0]))
        number = group.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        found[k][frame > 0] = number
    np.testing.assert_array_equal(found, result.labels)


def test_each_frame_refers_to_the_image_of_the_reference_phase_that_lies_there(result: Exported) -> None:
    seg = written(result.objects.segmentation)  # type: ignore[arg-type]
    images = result.study.source(result.study.reference).images
    uids = result.study.source(result.study.reference).instance_uids
    checked = 0
    for group in seg.PerFrameFunctionalGroupsSequence:
        position = np.array(group.PlanePositionSequence[0].ImagePositionPatient, dtype=float)
        k = round(float(result.study.grid.to_index(position)[0]))
        source = group.DerivationImageSequence[0].SourceImageSequence[0]
        assert source.ReferencedSOPInstanceUID == uids[k]
        assert source.get("ReferencedFrameNumber") == images[k].frame
        checked += 1
    assert checked == 6


def test_lesions_that_share_a_slice_refer_to_the_same_frame(tmp_path: Path) -> None:
    result = exported(tmp_path / "in", dicom_layouts.philips_enhanced)
    labels = result.labels.copy()
    labels[3, 20:30, 25:35] = 2  # beside the first lesion
    findings = measured(result.study, labels)
    seg = dicom_objects(labels, findings, source_headers(result.study)).segmentation
    assert seg is not None
    images = result.study.source(result.study.reference).images
    frames = [
        group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber
        for group in written(seg).PerFrameFunctionalGroupsSequence
    ]
    assert sorted(frames) == sorted(images[k].frame for k in (2, 3, 4, 3, 6, 7, 8))


def test_segments_say_what_they_are_and_that_a_person_corrected_them(result: Exported) -> None:
    seg = result.objects.segmentation
    assert seg is not None
    for segment in seg.SegmentSequence:
        assert segment.SegmentAlgorithmType == "SEMIAUTOMATIC"
        assert segment.SegmentedPropertyTypeCodeSequence[0].CodeValue == "52988006"
        assert segment.AnatomicRegionSequence[0].CodeValue == "10200004"
    assert "RESEARCH USE ONLY" in seg.ContentDescription


def test_the_report_gives_sizes_and_signals_with_units(result: Exported) -> None:
    content = hd.sr.srread(_file(result.objects.measurements)).content
    lesions = content.get_volumetric_roi_measurement_groups()
    assert len(lesions) == len(result.findings.lesions)
    for group, lesion in zip(lesions, result.findings.lesions, strict=True):
        values = {
            item.name.meaning: (float(item.value), item.unit.value) for item in group.get_measurements()
        }
        assert values["Volume"] == (pytest.approx(lesion.volume_ml * 1000, rel=1e-5), "mm3")
        assert values["Long Axis"] == (pytest.approx(lesion.long_axis_mm, rel=1e-5), "mm")
        assert values["Short Axis"] == (pytest.approx(lesion.short_axis_mm, rel=1e-5), "mm")
    for lesion in result.findings.lesions:
        groups = [
            group
            for group in content.get_image_measurement_groups()
            if group.tracking_identifier == f"Lesion {lesion.label}"
        ]
        means = [float(group.get_measurements(name=codes.SIGNAL)[0].value) for group in groups]
        assert means == pytest.approx(list(lesion.measured_curve.mean), rel=1e-5)


def test_each_signal_refers_to_an_image_of_its_own_phase_and_time(result: Exported) -> None:
    content = hd.sr.srread(_file(result.objects.measurements)).content
    groups = content.get_image_measurement_groups()
    assert len(groups) == 4 * len(result.findings.lesions)
    for number, group in enumerate(groups):
        phase = FOUR_PHASES[number % 4]
        source = result.study.source(phase)
        image = group.source_images[0]
        uid, frame = image.referenced_sop_instance_uid, image.referenced_frame_numbers
        assert uid in source.instance_uids
        if source.images[0].frame is not None:
            assert frame[0] in {image.frame for image in source.images}
        texts = [str(item.value) for item in group[0].ContentSequence if item.name.meaning == "Time Point"]
        assert texts == [f"{FOUR_PHASES.index(phase) + 1} {phase.title}"]


def test_segments_and_measurements_of_a_lesion_have_the_same_tracking_uid(result: Exported) -> None:
    seg = result.objects.segmentation
    content = hd.sr.srread(_file(result.objects.measurements)).content
    assert seg is not None
    by_segment = {segment.SegmentNumber: segment.TrackingUID for segment in seg.SegmentSequence}
    for group in content.get_volumetric_roi_measurement_groups():
        reference = group.referenced_segment
        assert reference.referenced_sop_instance_uid == seg.SOPInstanceUID
        number = reference[0].ReferencedSOPSequence[0].ReferencedSegmentNumber
        assert group.tracking_uid == by_segment[number]
    assert len(set(by_segment.values())) == len(by_segment)


def test_dciodvfy_finds_no_error(result: Exported, tmp_path: Path) -> None:
    headers = source_headers(result.study)
    objects = dicom_objects(result.labels, result.findings, headers, pdf=b"%PDF-1.4\n%%EOF\n")
    paths = write_dicom(tmp_path, objects)
    assert len(paths) == 3
    assert no_errors(paths)


def no_errors(paths: tuple[Path, ...]) -> bool:
    """dciodvfy has no error to tell of; skips the test where it is missing."""
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy is not installed: Debian, Ubuntu: apt-get install dicom3tools")
    for path in paths:
        told = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, check=False)
        lines = (told.stdout + told.stderr).splitlines()
        assert lines, "it says at least which kind of object it is"
        errors = [line for line in lines if line.startswith("Error")]
        assert not errors, (path.name, errors)
    return True


@pytest.mark.parametrize(
    ("character_set", "name"),
    [
        ("ISO_IR 192", "Müller^Jörg"),
        ("ISO_IR 100", "Müller^Jörg"),
        ("GB18030", "王^小明"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    ],
)
def test_names_survive_whatever_the_character_set(tmp_path: Path, character_set: Any, name: str) -> None:
    def change(image: Dataset) -> None:
        image.SpecificCharacterSet = character_set
        image.PatientName = name

    result = exported(tmp_path / "in", dicom_layouts.series_per_phase, change)
    for made in (result.objects.segmentation, result.objects.measurements):
        assert made is not None
        assert str(written(made).PatientName) == name


@pytest.mark.parametrize(
    ("raw", "declared", "name"),
    [
        ("Grün^Käthe".encode(), None, "Grün^Käthe"),
        ("Grün^Käthe".encode(), "ISO_IR 100", "Grün^Käthe"),
        ("Пётр^Иванов".encode(), "ISO_IR 100", "Пётр^Иванов"),
        ("Grün^Käthe".encode("latin-1"), None, "Grün^Käthe"),
        ("Grün^Käthe".encode("latin-1"), "ISO_IR 192", "Grün^Käthe"),
        ("やまだ^たろう".encode("shift_jis"), None, "やまだ^たろう"),
        ("Dr. Šiler’s".encode("cp1252"), "ISO_IR 100", "Dr. Šiler’s"),
        ("Ива^ Ab".encode("koi8-r"), None, "\ufffd\ufffd\ufffd^ Ab"),
    ],
)
def test_names_in_a_wrong_or_unsaid_character_set_come_out_right(
    tmp_path: Path, raw: bytes, declared: str | None, name: str
) -> None:
    mark = "X" * len(raw)
    for number, image in enumerate(dicom_layouts.series_per_phase(dicom_layouts.make_truth())):
        image.PatientName = mark
        if declared is not None:
            image.SpecificCharacterSet = declared
        path = tmp_path / "in" / f"{number}.dcm"
        dicom_layouts.save(image, path)
        path.write_bytes(path.read_bytes().replace(mark.encode(), raw))
    paths = _objects_of(tmp_path)
    for path in paths:
        made = pydicom.dcmread(path)
        assert made.SpecificCharacterSet == "ISO_IR 192"
        assert str(made.PatientName) == name
    assert no_errors(paths)


@pytest.mark.parametrize("way", ["explicit", "implicit", "big"])
def test_images_without_meta_information_can_be_referred_to(tmp_path: Path, way: Any) -> None:
    (tmp_path / "in").mkdir()
    images = dicom_layouts.series_per_phase(dicom_layouts.make_truth())
    for number, image in enumerate(images):
        (tmp_path / "in" / f"{number}").write_bytes(body(image, way))
    seg = pydicom.dcmread(_objects_of(tmp_path)[0])
    reference = seg.ReferencedSeriesSequence[0]
    assert reference.SeriesInstanceUID == images[16].SeriesInstanceUID
    assert {item.ReferencedSOPInstanceUID for item in reference.ReferencedInstanceSequence} <= {
        image.SOPInstanceUID for image in images[16:24]
    }
    assert str(seg.PatientName) == "Layout^Test"


def test_a_classic_image_that_says_it_has_one_frame_is_referred_to_as_an_image(tmp_path: Path) -> None:
    def change(image: Dataset) -> None:
        image.NumberOfFrames = 1

    result = exported(tmp_path / "in", dicom_layouts.series_per_phase, change)
    seg = written(result.objects.segmentation)  # type: ignore[arg-type]
    sources = [
        group.DerivationImageSequence[0].SourceImageSequence[0]
        for group in seg.PerFrameFunctionalGroupsSequence
    ]
    assert all("ReferencedFrameNumber" not in source for source in sources)


def test_frames_are_referred_to_where_their_number_is_missing(tmp_path: Path) -> None:
    def change(image: Dataset) -> None:
        del image.NumberOfFrames

    result = exported(tmp_path / "in", dicom_layouts.philips_enhanced, change)
    seg = written(result.objects.segmentation)  # type: ignore[arg-type]
    for group in seg.PerFrameFunctionalGroupsSequence:
        position = np.array(group.PlanePositionSequence[0].ImagePositionPatient, dtype=float)
        k = round(float(result.study.grid.to_index(position)[0]))
        source = group.DerivationImageSequence[0].SourceImageSequence[0]
        assert source.ReferencedFrameNumber == 4 * k + result.study.index(result.study.reference) + 1


def _objects_of(folder: Path) -> tuple[Path, ...]:
    """SEG, SR and report of a folder's study, with one box as a lesion, written beside it."""
    study = study_of(folder / "in")
    labels = np.zeros(study.grid.shape, np.uint8)
    labels[2:5, 5:12, 6:14] = 1
    headers = source_headers(study)
    objects = dicom_objects(labels, measured(study, labels), headers, pdf=b"%PDF-1.4\n%%EOF\n")
    return write_dicom(folder / "out", objects)


def test_attributes_that_may_be_empty_may_be_missing_in_the_source(tmp_path: Path) -> None:
    def change(image: Dataset) -> None:
        for keyword in ("PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID", "SliceThickness"):
            if keyword in image:
                delattr(image, keyword)

    result = exported(tmp_path / "in", dicom_layouts.series_per_phase, change)
    assert written(result.objects.measurements).AccessionNumber in ("", None)


def test_a_source_without_a_frame_of_reference_is_one_sentence_that_names_it(tmp_path: Path) -> None:
    def change(image: Dataset) -> None:
        del image.FrameOfReferenceUID

    with pytest.raises(InputError, match="FrameOfReferenceUID"):
        exported(tmp_path / "in", dicom_layouts.series_per_phase, change)


def test_identifiers_that_stand_for_different_images_are_not_referred_to(tmp_path: Path) -> None:
    def change(truth: dicom_layouts.Truth) -> list[Dataset]:
        images = dicom_layouts.series_per_phase(truth)
        for number, image in enumerate(images):
            image.SOPInstanceUID = f"1.2.826.4.{number % truth.grid.shape[0] + 1}"
        return images

    with pytest.raises(InputError, match="Different images of this study have the same SOP Instance UID"):
        exported(tmp_path, change)


@pytest.mark.parametrize(
    "part", [lambda k: k % 2, lambda k: k // 3, lambda k: k], ids=["odd", "blocks", "each"]
)
def test_a_reference_phase_of_several_series_is_referred_to_series_by_series(
    tmp_path: Path, part: Callable[[int], int]
) -> None:
    true: dict[str, set[str]] = {}

    def change(truth: dicom_layouts.Truth) -> list[Dataset]:
        count = truth.grid.shape[0]
        images = dicom_layouts.series_per_phase(truth)
        for k, image in enumerate(images[2 * count : 3 * count]):
            image.SeriesInstanceUID = f"1.2.826.6.{part(k) + 1}"
            true.setdefault(image.SeriesInstanceUID, set()).add(image.SOPInstanceUID)
        return images

    made = exported(tmp_path, change)
    seg = written(made.objects.segmentation)  # type: ignore[arg-type]
    told = {
        item.SeriesInstanceUID: {image.ReferencedSOPInstanceUID for image in item.ReferencedInstanceSequence}
        for item in seg.ReferencedSeriesSequence
    }
    assert told == true
    sr = written(made.objects.measurements)  # type: ignore[arg-type]
    evidence = {
        item.SeriesInstanceUID: {image.ReferencedSOPInstanceUID for image in item.ReferencedSOPSequence}
        for study in sr.CurrentRequestedProcedureEvidenceSequence
        for item in study.ReferencedSeriesSequence
    }
    assert {uid: images for uid, images in evidence.items() if uid in true} == true
    (folder := tmp_path / "seg").mkdir()
    seg.save_as(folder / "x.dcm", enforce_file_format=True)
    np.testing.assert_array_equal(read_segmentation(folder / "x.dcm", made.study).labels, made.labels)


def test_an_attribute_that_highdicom_asks_for_and_is_not_there_is_named(result: Exported) -> None:
    headers = source_headers(result.study)
    for dataset in headers.reference.datasets:
        for keyword in ("ImageOrientationPatient", "SharedFunctionalGroupsSequence"):
            if keyword in dataset:
                delattr(dataset, keyword)
    words = "ImageOrientationPatient|SharedFunctionalGroupsSequence"
    with pytest.raises(InputError, match=f"have no ({words})"):
        dicom_objects(result.labels, result.findings, headers)


@pytest.mark.parametrize(
    ("corrected", "kind", "words"),
    [(False, "AUTOMATIC", "by AI"), (True, "SEMIAUTOMATIC", "corrected by a person")],
)
def test_what_ai_made_and_what_a_person_corrected_are_told_apart(
    result: Exported, corrected: bool, kind: str, words: str
) -> None:
    provenance = replace(result.findings.provenance, corrected_by_person=corrected)
    findings = replace(result.findings, provenance=provenance)
    objects = dicom_objects(result.labels, findings, source_headers(result.study), pdf=b"%PDF")
    made = [written(item) for item in objects.by_file().values()]
    assert [words in item.SeriesDescription for item in made] == [True, True, True]
    assert {item.SegmentAlgorithmType for item in made[0].SegmentSequence} == {kind}
    assert f"corrected_by_person={'yes' if corrected else 'no'}" in made[1].to_json()


def test_a_single_lesion_in_a_single_slice_is_whole(result: Exported, tmp_path: Path) -> None:
    """highdicom 0.28 then keeps in the shared groups what it else keeps in each frame's."""
    labels = np.where(result.labels == 1, 3, 0).astype(np.uint8)
    labels[3:] = 0
    findings = measured(result.study, labels)
    objects = dicom_objects(labels, findings, source_headers(result.study), pdf=b"%PDF-1.4\n%%EOF\n")
    content = hd.sr.srread(_file(objects.measurements)).content
    (group,) = content.get_volumetric_roi_measurement_groups()
    source = result.study.source(result.study.reference)
    reference = group.referenced_segment.source_images_for_segmentation[0]
    assert reference.referenced_sop_instance_uid == source.instance_uids[2]
    frame = source.images[2].frame
    assert reference.referenced_frame_numbers == (None if frame is None else [frame])
    assert no_errors(write_dicom(tmp_path, objects))


def test_the_report_names_every_frame_that_a_lesion_was_outlined_on(result: Exported) -> None:
    content = hd.sr.srread(_file(result.objects.measurements)).content
    source = result.study.source(result.study.reference)
    for group, span in zip(content.get_volumetric_roi_measurement_groups(), ((2, 5), (6, 9)), strict=True):
        told = {
            (image.referenced_sop_instance_uid, frame)
            for image in group.referenced_segment.source_images_for_segmentation
            for frame in image.referenced_frame_numbers or [None]
        }
        slices = range(*span)
        assert told == {(source.instance_uids[k], source.images[k].frame) for k in slices}


def test_a_lesion_keeps_the_name_that_it_had(result: Exported) -> None:
    known = {2: Tracking("1.2.3.4", "the old one")}
    objects = dicom_objects(result.labels, result.findings, source_headers(result.study), known=known)
    assert objects.segmentation is not None
    told = {item.TrackingID: item.TrackingUID for item in objects.segmentation.SegmentSequence}
    assert told["the old one"] == "1.2.3.4"
    assert set(told) == {"Lesion 1", "the old one"}


def test_without_a_lesion_there_is_a_report_and_no_segmentation(result: Exported) -> None:
    nothing = replace(result.findings, lesions=())
    objects = dicom_objects(np.zeros_like(result.labels), nothing, source_headers(result.study))
    assert objects.segmentation is None
    assert written(objects.measurements).Modality == "SR"


def test_the_report_is_encapsulated_whole(result: Exported) -> None:
    pdf = b"%PDF-1.4 odd"  # 12 bytes
    made = written(encapsulated_pdf(pdf + b"!", source_headers(result.study)))
    assert made.EncapsulatedDocument[: made.EncapsulatedDocumentLength] == pdf + b"!"
    assert len(made.EncapsulatedDocument) % 2 == 0
    assert (made.Modality, made.BurnedInAnnotation) == ("DOC", "YES")


def _file(made: Dataset) -> BytesIO:
    buffer = BytesIO()
    made.save_as(buffer, enforce_file_format=True)
    buffer.seek(0)
    return buffer
