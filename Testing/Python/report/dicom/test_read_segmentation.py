"""Segmentations of every make come back as lesions at the right voxels, and foreign ones are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels import pack_bits
from support import dicom_layouts
from support.read_back import Exported, Layout, exported

from MTINetLib.errors import InputError
from MTINetLib.report.dicom.export import dicom_objects
from MTINetLib.report.dicom.read_segmentation import ReadSegmentation, read_segmentation, segmentation_file
from MTINetLib.report.dicom.source_headers import source_headers
from MTINetLib.study.phase import Phase


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return exported(tmp_path_factory.mktemp("layout") / "in", dicom_layouts.series_per_phase)


@pytest.fixture
def read(result: Exported, tmp_path: Path) -> Callable[..., ReadSegmentation]:
    """Writes the segmentation after a change, and reads it back."""

    def write_and_read(change: Callable[[Dataset], None] = lambda seg: None) -> ReadSegmentation:
        made = result.objects.segmentation
        assert made is not None
        made.save_as(tmp_path / "seg.dcm", enforce_file_format=True)
        seg = pydicom.dcmread(tmp_path / "seg.dcm")
        change(seg)
        seg.save_as(tmp_path / "changed.dcm", enforce_file_format=True)
        return read_segmentation(tmp_path / "changed.dcm", result.study)

    return write_and_read


def store(seg: Dataset, frames: np.ndarray) -> None:
    """Set the pixels of a binary segmentation."""
    seg.PixelData = pack_bits(np.ascontiguousarray(frames > 0).astype(np.uint8).ravel())
    seg.NumberOfFrames, seg.Rows, seg.Columns = frames.shape


def turn(seg: Dataset, change: Callable[[np.ndarray], np.ndarray], axes: tuple[int, int]) -> None:
    """Store the pixels along other axes: ``axes`` (1, 2, -1, -2) name old columns and rows, with signs."""
    shared, frames = seg.SharedFunctionalGroupsSequence[0], seg.pixel_array
    cosines = np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, float).reshape(2, 3)
    spacing = [float(v) for v in shared.PixelMeasuresSequence[0].PixelSpacing]
    size = {1: (seg.Columns, spacing[1]), 2: (seg.Rows, spacing[0])}
    new = [np.sign(axis) * cosines[abs(axis) - 1] for axis in axes]
    shared.PlaneOrientationSequence[0].ImageOrientationPatient = [f"{v:.12f}"[:16] for v in np.ravel(new)]
    shared.PixelMeasuresSequence[0].PixelSpacing = [size[abs(axes[1])][1], size[abs(axes[0])][1]]
    for group in seg.PerFrameFunctionalGroupsSequence:
        position = np.array(group.PlanePositionSequence[0].ImagePositionPatient, float)
        for axis in axes:
            count, step = size[abs(axis)]
            position = position + (axis < 0) * cosines[abs(axis) - 1] * (count - 1) * step
        group.PlanePositionSequence[0].ImagePositionPatient = [f"{v:.10f}"[:16] for v in position]
    store(seg, np.stack([change(frame) for frame in frames]))


def test_our_own_comes_back_voxel_by_voxel(result: Exported, read: Any) -> None:
    back = read()
    np.testing.assert_array_equal(back.labels, result.labels)
    seg = result.objects.segmentation
    assert seg is not None
    assert {label: known.uid for label, known in back.tracking.items()} == {
        1: seg.SegmentSequence[0].TrackingUID,
        2: seg.SegmentSequence[1].TrackingUID,
    }
    assert back.instance_uid == seg.SOPInstanceUID
    assert back.notes == ()
    assert not back.by_ai  # this one says SEMIAUTOMATIC


@pytest.mark.parametrize(
    "layout", [dicom_layouts.philips_enhanced, dicom_layouts.siemens_enhanced, dicom_layouts.philips_classic]
)
def test_it_comes_back_for_other_layouts_too(layout: Layout, tmp_path: Path) -> None:
    made = exported(tmp_path / "in", layout)
    assert made.objects.segmentation is not None
    made.objects.segmentation.save_as(tmp_path / "seg.dcm", enforce_file_format=True)
    back = read_segmentation(tmp_path / "seg.dcm", made.study)
    np.testing.assert_array_equal(back.labels, made.labels)


def test_it_belongs_to_the_images_of_the_reference_phase_whatever_the_other_phases_are(
    result: Exported, tmp_path: Path
) -> None:
    study, seg = result.study, result.objects.segmentation
    assert seg is not None
    assert study.reference is Phase.PORTAL_VENOUS
    seg.save_as(tmp_path / "seg.dcm", enforce_file_format=True)
    kept = (Phase.PRE, Phase.PORTAL_VENOUS, Phase.DELAYED)
    sources = [study.source(phase) for phase in kept]
    three = replace(
        study,
        phases=kept,
        volumes=np.stack([study.phase(phase) for phase in kept]),
        times_s=tuple(study.time_s(phase) for phase in kept),
        sources=(*sources[:2], replace(sources[2], images=())),
        alignment=(),
    )
    assert read_segmentation(tmp_path / "seg.dcm", three).notes == ()


def test_the_order_of_frames_and_segments_says_nothing(result: Exported, read: Any) -> None:
    def shuffle(seg: Dataset) -> None:
        order = np.random.default_rng(3).permutation(int(seg.NumberOfFrames))
        pixels = seg.pixel_array[order]
        groups = [seg.PerFrameFunctionalGroupsSequence[int(n)] for n in order]
        for group in groups:
            item = group.SegmentIdentificationSequence[0]
            item.ReferencedSegmentNumber = 3 - item.ReferencedSegmentNumber
        seg.PerFrameFunctionalGroupsSequence = groups
        one, two = seg.SegmentSequence
        one.SegmentNumber, two.SegmentNumber = 2, 1
        seg.SegmentSequence = [two, one]
        store(seg, pixels)

    np.testing.assert_array_equal(read(shuffle).labels, result.labels)


@pytest.mark.parametrize(
    ("change", "axes"),
    [
        (lambda frame: frame[:, ::-1], (-1, 2)),
        (lambda frame: frame[::-1], (1, -2)),
        (lambda frame: frame[::-1, ::-1], (-1, -2)),
        (lambda frame: frame.T, (2, 1)),
        (lambda frame: frame[::-1].T, (-2, 1)),
    ],
)
def test_the_direction_of_rows_and_columns_says_nothing(
    result: Exported, read: Any, change: Any, axes: Any
) -> None:
    np.testing.assert_array_equal(read(lambda seg: turn(seg, change, axes)).labels, result.labels)


def test_without_tracking_the_label_tells_the_number(result: Exported, read: Any) -> None:
    def strip(seg: Dataset) -> None:
        for item, label in zip(seg.SegmentSequence, ("2 changed by hand", "Lesion 1"), strict=True):
            del item.TrackingUID, item.TrackingID
            item.SegmentLabel = label

    back = read(strip)
    np.testing.assert_array_equal(back.labels, np.array([0, 2, 1])[result.labels])
    assert back.tracking == {}


def test_without_any_number_they_are_counted(result: Exported, read: Any) -> None:
    def strip(seg: Dataset) -> None:
        for item in seg.SegmentSequence:
            del item.TrackingUID, item.TrackingID
            item.SegmentLabel = "Segment_" + "ab"[item.SegmentNumber - 1]

    np.testing.assert_array_equal(read(strip).labels, result.labels)


def test_a_copied_segment_is_a_lesion_of_its_own(read: Any) -> None:
    def copy(seg: Dataset) -> None:
        seg.SegmentSequence[1].TrackingUID = seg.SegmentSequence[0].TrackingUID
        seg.SegmentSequence[1].TrackingID = seg.SegmentSequence[0].TrackingID
        seg.SegmentSequence[1].SegmentLabel = "copy"

    back = read(copy)
    assert sorted(np.unique(back.labels)) == [0, 1, 2]
    assert list(back.tracking) == [1]


def test_an_emptied_segment_is_left_out_and_said(result: Exported, read: Any) -> None:
    def empty(seg: Dataset) -> None:
        pixels = seg.pixel_array
        for number, group in enumerate(seg.PerFrameFunctionalGroupsSequence):
            if group.SegmentIdentificationSequence[0].ReferencedSegmentNumber == 1:
                pixels[number] = 0
        store(seg, pixels)

    back = read(empty)
    np.testing.assert_array_equal(back.labels, np.where(result.labels == 2, 2, 0))
    assert back.notes == ("segment_empty:1",)


def test_anatomy_is_no_lesion(result: Exported, read: Any) -> None:
    def liver(seg: Dataset) -> None:
        item = seg.SegmentSequence[1]
        item.SegmentedPropertyCategoryCodeSequence[0].CodeValue = "123037004"
        item.SegmentedPropertyTypeCodeSequence[0].CodeValue = "10200004"

    def spleen(seg: Dataset) -> None:
        liver(seg)
        seg.SegmentSequence[1].SegmentedPropertyTypeCodeSequence[0].CodeValue = "78961009"

    back = read(spleen)
    np.testing.assert_array_equal(back.labels, np.where(result.labels == 1, 1, 0))
    assert back.notes == ("segment_anatomy:2",)
    assert back.liver is None
    back = read(liver)
    np.testing.assert_array_equal(back.labels, np.where(result.labels == 1, 1, 0))
    np.testing.assert_array_equal(back.liver, result.labels == 2)
    assert back.notes == ()


def test_fractions_count_from_a_half(result: Exported, read: Any) -> None:
    def fractional(seg: Dataset) -> None:
        pixels = seg.pixel_array.astype(np.uint8) * 140
        pixels[:, :2, :2] = 100
        seg.SegmentationType, seg.SegmentationFractionalType = "FRACTIONAL", "PROBABILITY"
        seg.MaximumFractionalValue = 255
        seg.BitsAllocated = seg.BitsStored = 8
        seg.HighBit = 7
        seg.PixelData = pixels.tobytes()

    np.testing.assert_array_equal(read(fractional).labels, result.labels)


def test_a_label_map_is_read_too(result: Exported, read: Any) -> None:
    def label_map(seg: Dataset) -> None:
        frames, kept = seg.pixel_array, {}
        for frame, group in zip(frames, seg.PerFrameFunctionalGroupsSequence, strict=True):
            number = group.SegmentIdentificationSequence[0].ReferencedSegmentNumber
            key = tuple(group.PlanePositionSequence[0].ImagePositionPatient)
            del group.SegmentIdentificationSequence
            kept.setdefault(key, (group, np.zeros(frame.shape, np.uint8)))[1][frame > 0] = number
        seg.SOPClassUID = seg.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.66.7"
        seg.SegmentationType = "LABELMAP"
        seg.BitsAllocated = seg.BitsStored = 8
        seg.HighBit = 7
        seg.PerFrameFunctionalGroupsSequence = [group for group, _ in kept.values()]
        seg.NumberOfFrames = len(kept)
        seg.PixelData = np.stack([pixels for _, pixels in kept.values()]).tobytes()

    np.testing.assert_array_equal(read(label_map).labels, result.labels)


def test_a_finer_grid_is_sampled_at_the_voxels(result: Exported, read: Any) -> None:
    """Every pixel as 2 x 2: the middles of the new ones lie a quarter of an old pixel beside its middle."""

    def finer(seg: Dataset) -> None:
        shared = seg.SharedFunctionalGroupsSequence[0]
        measures, orientation = shared.PixelMeasuresSequence[0], shared.PlaneOrientationSequence[0]
        rows, columns = (float(value) for value in measures.PixelSpacing)
        cosines = np.array(orientation.ImageOrientationPatient, float).reshape(2, 3)
        for group in seg.PerFrameFunctionalGroupsSequence:
            place = group.PlanePositionSequence[0]
            moved = np.array(place.ImagePositionPatient, float) - np.array([columns, rows]) / 4 @ cosines
            place.ImagePositionPatient = [f"{v:.10f}"[:16] for v in moved]
        measures.PixelSpacing = [rows / 2, columns / 2]
        store(seg, seg.pixel_array.repeat(2, axis=1).repeat(2, axis=2))

    np.testing.assert_array_equal(read(finer).labels, result.labels)


def test_where_segments_overlap_the_smaller_one_has_the_voxels(result: Exported, read: Any) -> None:
    def overlap(seg: Dataset) -> None:
        pixels = seg.pixel_array
        for number, group in enumerate(seg.PerFrameFunctionalGroupsSequence):
            if group.SegmentIdentificationSequence[0].ReferencedSegmentNumber == 2:
                pixels[number][:] = 1
                place = np.array(group.PlanePositionSequence[0].ImagePositionPatient, float)
                down = result.study.grid.direction_matrix[:, 2] * result.study.grid.spacing[2] * 3
                group.PlanePositionSequence[0].ImagePositionPatient = [f"{v:.10f}"[:16] for v in place - down]
        store(seg, pixels)

    back = read(overlap)
    np.testing.assert_array_equal(back.labels == 1, result.labels == 1)
    assert (back.labels[4] == 2).sum() == back.labels[4].size - (result.labels[4] == 1).sum()
    assert back.notes[0].startswith("segments_overlap:")


def test_what_reaches_beyond_the_images_is_cut_off_and_said(result: Exported, read: Any) -> None:
    def shift(seg: Dataset) -> None:
        up = result.study.grid.direction_matrix[:, 2] * result.study.grid.spacing[2] * 4
        for group in seg.PerFrameFunctionalGroupsSequence:
            place = group.PlanePositionSequence[0]
            moved = np.array(place.ImagePositionPatient, float) + up
            place.ImagePositionPatient = [f"{v:.10f}"[:16] for v in moved]

    back = read(shift)
    np.testing.assert_array_equal(back.labels[4:], result.labels[:-4])
    assert back.notes == ("segment_cut:2:33",)


@pytest.mark.parametrize(
    ("keyword", "words"),
    [("StudyInstanceUID", "another study"), ("FrameOfReferenceUID", "another frame of reference")],
)
def test_a_segmentation_of_something_else_is_refused(read: Any, keyword: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read(lambda seg: setattr(seg, keyword, "1.2.3"))


def test_a_segmentation_that_lies_elsewhere_is_refused(read: Any) -> None:
    def away(seg: Dataset) -> None:
        for group in seg.PerFrameFunctionalGroupsSequence:
            group.PlanePositionSequence[0].ImagePositionPatient = [9000, 9000, 9000]

    with pytest.raises(InputError, match="wholly outside"):
        read(away)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda seg: delattr(seg, "PixelData"),
        lambda seg: setattr(seg, "PixelData", seg.PixelData[:20]),
        lambda seg: delattr(seg, "SegmentSequence"),
        lambda seg: delattr(seg.PerFrameFunctionalGroupsSequence[0], "PlanePositionSequence"),
        lambda seg: setattr(
            seg.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0], "PixelSpacing", [0, 0]
        ),
        lambda seg: setattr(seg, "Rows", 65535),
        lambda seg: setattr(seg, "SOPClassUID", "1.2.840.10008.5.1.4.1.1.4"),
    ],
)
def test_damaged_files_are_one_sentence_each(read: Any, spoil: Any) -> None:
    with pytest.raises(InputError, match=r"changed\.dcm"):
        read(spoil)


def test_other_files_are_refused(result: Exported, tmp_path: Path) -> None:
    (tmp_path / "letter.dcm").write_text("dear reader")
    with pytest.raises(InputError, match="cannot be read as DICOM"):
        read_segmentation(tmp_path / "letter.dcm", result.study)
    with pytest.raises(InputError, match="no folder with dicom/segmentation"):
        segmentation_file(tmp_path)


def test_what_the_network_made_and_nobody_touched_is_known_as_such(result: Exported, tmp_path: Path) -> None:
    findings = replace(
        result.findings, provenance=replace(result.findings.provenance, corrected_by_person=False)
    )
    made = dicom_objects(result.labels, findings, source_headers(result.study)).segmentation
    assert made is not None
    made.save_as(tmp_path / "seg.dcm", enforce_file_format=True)
    assert read_segmentation(tmp_path / "seg.dcm", result.study).by_ai
    made.Manufacturer = "another program"
    made.save_as(tmp_path / "seg.dcm", enforce_file_format=True)
    assert not read_segmentation(tmp_path / "seg.dcm", result.study).by_ai
