"""A liver from outside: every form that it comes in, and every wrong file ends in a sentence."""

from __future__ import annotations

import gzip
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from support import dicom_layouts
from support.made_analysis import made_analysis, made_labels, made_study
from support.read_back import exported

from MTINetLib.errors import InputError
from MTINetLib.inference.describe import measure_liver
from MTINetLib.pipeline.liver import given_liver, liver_of_model, read_liver
from MTINetLib.pipeline.remeasure import remeasure
from MTINetLib.reading.volumes.write import write_label_map
from MTINetLib.report.dicom.export import dicom_objects, write_dicom
from MTINetLib.report.dicom.source_headers import source_headers
from MTINetLib.study.anatomy import Organ
from MTINetLib.study.grid import Grid
from MTINetLib.study.study import Study


@pytest.fixture(scope="module")
def study() -> Study:
    return made_study()


def ellipsoid(grid: Grid, scale: float = 1.0) -> np.ndarray:
    k, j, i = np.meshgrid(*[np.linspace(-1, 1, n) for n in grid.shape], indexing="ij")
    return ((k / 0.9) ** 2 + ((j + 0.05) / 0.55) ** 2 + ((i + 0.3) / 0.45) ** 2) < scale


def write(path: Path, labels: np.ndarray, grid: Grid) -> Path:
    write_label_map(path, labels, grid)
    return path


def name_values(path: Path, names: dict[int, str]) -> None:
    """As TotalSegmentator does: a table of labels as XML in an extension of the NIfTI header."""
    raw = bytearray(gzip.decompress(path.read_bytes()))
    rows = "\n".join(
        f'<Label Key="{n}" Red="1.0" Alpha="1"><![CDATA[{name}]]></Label>' for n, name in names.items()
    )
    xml = f'<?xml version="1.0"?> <CaretExtension><LabelTable>{rows}</LabelTable></CaretExtension>'.encode()
    size = 16 * -(-(len(xml) + 8) // 16)
    extension = struct.pack("<ii", size, 0) + xml.ljust(size - 8, b" ")
    raw[108:112] = struct.pack("<f", 352 + size)
    path.write_bytes(gzip.compress(bytes(raw[:348]) + b"\1\0\0\0" + extension + bytes(raw[352:])))


def test_a_mask_is_the_liver_with_its_holes_filled(study: Study, tmp_path: Path) -> None:
    mask = ellipsoid(study.grid)
    holed = mask & (made_labels(study.grid) == 0)
    liver = read_liver(write(tmp_path / "liver.nii.gz", holed.astype(np.uint8), study.grid), study)
    assert np.array_equal(liver.mask, mask)
    assert (liver.origin, liver.source, liver.edited) == ("given", "liver.nii.gz", False)
    assert (liver.anatomy, liver.segments) == (None, None)


@pytest.mark.parametrize("ending", [".nii.gz", ".nrrd", ".mha"])
def test_a_mask_on_another_grid_is_brought_over(study: Study, tmp_path: Path, ending: str) -> None:
    fine = replace(
        study.grid,
        shape=tuple(3 * n for n in study.grid.shape),
        spacing=tuple(mm / 3 for mm in study.grid.spacing),
        origin=tuple(study.grid.to_lps((-1 / 3, -1 / 3, -1 / 3))),
    )
    mask = ellipsoid(study.grid)
    finer = mask.repeat(3, 0).repeat(3, 1).repeat(3, 2).astype(np.uint8)
    liver = read_liver(write(tmp_path / f"fine{ending}", finer, fine), study)
    assert np.array_equal(liver.mask, mask)


def test_a_file_of_all_labels_gives_liver_organs_and_segments_by_their_names(
    study: Study, tmp_path: Path
) -> None:
    mask = ellipsoid(study.grid)
    labels = np.where(mask, 5, 0).astype(np.uint8)
    labels[:, :6, :6] = 1
    labels[:4, 60:70, 60:80] = 52
    path = write(tmp_path / "total.nii.gz", labels, study.grid)
    name_values(path, {1: "spleen", 5: "liver", 52: "inferior_vena_cava", 90: "femur_left"})
    liver = read_liver(path, study)
    assert np.array_equal(liver.mask, mask)
    assert liver.anatomy is not None
    assert (liver.anatomy[labels == 1] == Organ.SPLEEN).all()
    assert (liver.anatomy[labels == 52] == Organ.GREAT_VESSEL).all()
    assert (liver.anatomy[mask] == Organ.LIVER).all()

    upper = np.arange(study.grid.shape[0])[:, None, None] > 12
    parts = np.where(mask, np.where(upper, 8, 6), 0).astype(np.uint8)
    path = write(tmp_path / "segments.nii.gz", parts, study.grid)
    name_values(path, {6: "liver_segment_6", 8: "liver_segment_8"})
    found = read_liver(path, study)
    assert np.array_equal(found.mask, mask)
    assert np.array_equal(found.segments, parts)


def test_a_segmentation_of_slicer_names_its_segments(study: Study, tmp_path: Path) -> None:
    mask = ellipsoid(study.grid)
    labels = np.where(mask, 2, 0).astype(np.uint8)
    labels[0, 0, 0] = 1
    path = write(tmp_path / "drawn.seg.nrrd", labels, study.grid)
    raw = path.read_bytes()
    head, _, voxels = raw.partition(b"\n\n")
    fields = b"\nSegment0_LabelValue:=1\nSegment0_Name:=Stomach\nSegment1_LabelValue:=2\nSegment1_Name:=Liver"
    path.write_bytes(head + fields + b"\n\n" + voxels)
    assert np.array_equal(read_liver(path, study).mask, mask)


def test_the_user_may_say_which_values_are_the_liver(study: Study, tmp_path: Path) -> None:
    mask = ellipsoid(study.grid)
    upper = np.arange(study.grid.shape[0])[:, None, None] > 12
    path = write(tmp_path / "two.nii.gz", np.where(mask, 1 + upper, 0).astype(np.uint8), study.grid)
    with pytest.raises(
        InputError, match=r"two\.nii\.gz holds 2 values and does not name them.*--liver-label 1"
    ):
        read_liver(path, study)
    assert np.array_equal(read_liver(path, study, "1, 2").mask, mask)
    with pytest.raises(InputError, match="has no '7' for the liver; it has 1, 2"):
        read_liver(path, study, "7")


def wrong(kind: str, grid: Grid, folder: Path) -> Path:
    """A file that outlines no liver of this study."""
    mask = ellipsoid(grid).astype(np.uint8)
    path = folder / "wrong.nii.gz"
    if kind == "empty":
        return write(path, np.zeros_like(mask), grid)
    if kind == "elsewhere":
        return write(path, mask, replace(grid, origin=(900.0, 0.0, 0.0)))
    if kind == "small":
        return write(path, (ellipsoid(grid, 0.01)).astype(np.uint8), grid)
    if kind == "shifted":
        moved = tuple(grid.to_lps((0.0, 0.0, -30.0)))
        return write(path, mask, replace(grid, origin=moved))
    if kind == "other names":
        write(path, mask, grid)
        name_values(path, {1: "spleen"})
    return path


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("empty", "wrong.nii.gz is empty"),
        ("elsewhere", "lies wholly outside the images of the portal venous phase"),
        ("small", "measures [0-9]+ mL in these images, which is no liver"),
        ("shifted", "% of the liver of .*wrong.nii.gz lies outside the body"),
        ("other names", "wrong.nii.gz names no liver .it has spleen."),
        ("missing", "There is no file or folder"),
    ],
)
def test_a_wrong_file_ends_in_a_sentence(study: Study, tmp_path: Path, kind: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        read_liver(wrong(kind, study.grid, tmp_path), study)


def test_a_picture_of_the_phase_is_no_label_map(study: Study, tmp_path: Path) -> None:
    from MTINetLib.reading.volumes.write import write_volume

    write_volume(tmp_path / "phase.nii.gz", study.volumes[0], study.grid)
    with pytest.raises(InputError, match="is no mask or label map"):
        read_liver(tmp_path / "phase.nii.gz", study)


def test_a_dicom_segmentation_gives_its_liver_by_its_code(tmp_path: Path) -> None:
    made = exported(tmp_path / "in", dicom_layouts.series_per_phase)
    mask = np.zeros(made.study.grid.shape, bool)
    mask[1:11, 4:36, 4:40] = True
    liver = given_liver(mask, "by hand", made.study)
    findings = remeasure(made.study, made.labels, made.findings, liver=liver)
    objects = dicom_objects(made.labels, findings, source_headers(made.study), liver=mask)
    write_dicom(tmp_path, objects)
    read = read_liver(tmp_path, made.study)
    assert np.array_equal(read.mask, mask)
    assert read.source == "segmentation.dcm"

    def of_another(image: Dataset) -> None:
        image.StudyInstanceUID = "2.25.77"

    other = exported(tmp_path / "other", dicom_layouts.series_per_phase, of_another)
    with pytest.raises(InputError, match="belongs to another study"):
        read_liver(tmp_path / "dicom" / "segmentation.dcm", other.study)
    write_dicom(tmp_path / "without", made.objects)
    with pytest.raises(InputError, match="names no liver"):
        read_liver(tmp_path / "without", made.study)


def test_volume_and_burden_are_those_of_outline_and_lesions_together(study: Study) -> None:
    mask, labels = ellipsoid(study.grid), made_labels(study.grid)
    whole = measure_liver(given_liver(mask, "", study), labels, study.grid)
    assert whole is not None
    ml = study.grid.voxel_volume_mm3 / 1000
    assert whole.volume_ml == pytest.approx(mask.sum() * ml)
    assert whole.tumour_burden_percent == pytest.approx(100 * (labels > 0).sum() / mask.sum())
    # An outline that leaves a tumour at the surface out lessens neither.
    cut = mask.copy()
    cut[:, :32] &= labels[:, :32] == 0
    less = measure_liver(replace(given_liver(mask, "", study), mask=cut), labels, study.grid)
    assert less == whole


def test_a_correction_measures_the_liver_and_the_overlap_again(study: Study) -> None:
    analysis = made_analysis(study)
    mask = ellipsoid(study.grid)
    before = remeasure(study, analysis.labels, analysis.findings, liver=given_liver(mask, "", study))
    assert [lesion.liver_overlap for lesion in before.lesions] == [1.0, 1.0]
    k = np.argwhere(analysis.labels == 1)[:, 0].mean()
    cut = mask.copy()
    cut[: int(k)] = False
    edited = given_liver(mask, "", study).edited_to(cut)
    after = remeasure(study, analysis.labels, before, liver=edited)
    assert after.liver is not None
    assert before.liver is not None
    assert (after.liver.edited_by_person, before.liver.edited_by_person) == (True, False)
    assert after.liver.volume_ml < before.liver.volume_ml
    assert 0.3 < after.lesions[0].liver_overlap < 0.7


def test_the_curve_of_the_liver_around_a_lesion_stays_in_the_liver(study: Study) -> None:
    """Where nothing but the outline tells the liver from what is beside it and looks the same."""
    analysis = made_analysis(study)
    only = np.zeros(study.grid.shape, bool)
    only[:, :, :20] = ellipsoid(study.grid)[:, :, :20]
    bright = study.volumes.copy()
    bright[:, only] *= 1.25
    study = replace(study, volumes=bright)
    liver = replace(given_liver(ellipsoid(study.grid), "", study), mask=only)
    one = remeasure(study, analysis.labels, analysis.findings, liver=liver).lesions[0]
    assert one.liver_curve is not None
    assert one.liver_curve.mean[2] == pytest.approx(1.25 * 330, rel=0.03)


def test_what_a_model_takes_for_liver_elsewhere_is_no_part_of_it(study: Study) -> None:
    mask = ellipsoid(study.grid, 0.5)
    anatomy = np.where(mask, Organ.LIVER.value, Organ.BACKGROUND.value).astype(np.uint8)
    last = tuple(n - 1 for n in study.grid.shape)
    assert not mask[last]
    anatomy[last[0] - 1 :, last[1] - 6 :, last[2] - 6 :] = Organ.LIVER.value
    found = liver_of_model(anatomy, study)
    assert found is not None
    assert np.array_equal(found.mask, mask)
    assert found.origin == "model"


def test_a_hole_in_the_liver_that_a_model_sees_belongs_to_it(study: Study) -> None:
    mask = ellipsoid(study.grid)
    holed = mask & (made_labels(study.grid) == 0)
    anatomy = np.where(holed, Organ.LIVER.value, Organ.BACKGROUND.value).astype(np.uint8)
    found = liver_of_model(anatomy, study)
    assert found is not None
    assert np.array_equal(found.mask, mask)


def test_a_lesion_stays_in_its_place_where_only_the_outline_of_the_liver_is_left(study: Study) -> None:
    labels = made_labels(study.grid)
    whole = given_liver(ellipsoid(study.grid, 2.0), "", study)
    parts = np.where(whole.mask, 7, 0).astype(np.uint8)
    before = remeasure(study, labels, made_analysis(study).findings, liver=replace(whole, segments=parts))
    places = [lesion.place for lesion in before.lesions]
    assert places[0] is not None
    again = remeasure(study, labels, before, liver=whole)
    assert [lesion.place for lesion in again.lesions] == places
    moved = np.roll(labels, 12, axis=2)
    assert [lesion.place for lesion in remeasure(study, moved, before, liver=whole).lesions] == [None] * 2
    assert remeasure(study, labels, before).lesions[0].place is None, "no liver, no place in it"
