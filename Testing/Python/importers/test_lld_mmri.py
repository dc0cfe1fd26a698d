"""LLD-MMRI as it is given out: boxes become a table, and the studies wait to be labelled."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from support.other_layouts import LldPatient, import_kind, told, write_lld

from MTINetLib.dataset.headers import header_grid
from MTINetLib.errors import InputError
from MTINetLib.importers.imported import Imported
from MTINetLib.importers.lld_annotation import read_annotation
from MTINetLib.reading.studies_below import studies_below
from MTINetLib.study.phase import FOUR_PHASES, Phase

PATIENTS = (
    LldPatient("MR-301", 6, 0, {Phase.ARTERIAL: 14.0}, {Phase.DELAYED: 6.0}),
    LldPatient("MR302", 0, 1),
    LldPatient("MR303", 6, 2),
)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_lld(tmp_path_factory.mktemp("lld"), PATIENTS, slices=True)
    (root / "images/MR303/study.MR303/arterial.1.2.nii.gz").unlink()
    (root / "images/MR304").mkdir()
    return root


@pytest.fixture(scope="module")
def result(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return import_kind("lld-mmri", source, tmp_path_factory.mktemp("out") / "set")


def test_nothing_is_made_up_for_a_box(result: Imported) -> None:
    names = {path.name for path in result.folder.iterdir()}
    assert names == {"cases", "boxes.csv", "import.csv", "import.json"}
    assert not list(result.folder.rglob("mask*"))


def test_the_work_list_finds_the_studies(result: Imported) -> None:
    found = studies_below(result.folder / "cases")
    assert [study.folder.name for study in found.studies] == ["MR-301", "MR302"]
    assert [len(study.files) for study in found.studies] == [4, 4]


def test_the_boxes_lie_around_the_lesion_in_mm(result: Imported) -> None:
    with (result.folder / "boxes.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == result.boxes == 8
    patient = PATIENTS[0]
    for phase in FOUR_PHASES:
        (row,) = [row for row in rows if (row["case"], row["phase"]) == ("MR-301", phase.value)]
        assert (row["class"], row["reference"]) == ("hcc", "yes" if phase is Phase.PORTAL_VENOUS else "no")
        corners = np.array([float(value) for value in row["box"].split(",")]).reshape(2, 3)
        grid = patient.grid(phase)
        lesion = grid.to_lps(np.argwhere(patient.labels(phase)))
        half = np.array(grid.spacing) / 2
        np.testing.assert_allclose(corners, [lesion.min(axis=0) - half, lesion.max(axis=0) + half], atol=0.06)


def test_the_true_geometry_is_written(result: Imported) -> None:
    for phase in FOUR_PHASES:
        written = result.folder / "cases/MR-301" / f"{phase.value}.nii.gz"
        assert header_grid(written).matches(PATIENTS[0].grid(phase))
    assert "turned over" in told(result)["MR-301"]


def test_what_is_missing_is_told(result: Imported) -> None:
    remarks = told(result)
    assert remarks["MR303"] == "left out: the file of its arterial phase is missing.\n"
    assert remarks["MR304"] == "left out: the annotation file does not know it.\n"


def test_the_thickness_of_slices_is_not_taken_for_their_distance(tmp_path: Path) -> None:
    source = write_lld(tmp_path / "lld", PATIENTS[:1], distance=False)
    with pytest.raises(
        InputError, match="gives no slice_spacing for the pre-contrast phase, only the thickness"
    ):
        import_kind("lld-mmri", source, tmp_path / "set")


@pytest.mark.parametrize("text", ["{", "[]", '{"Annotation_info": {"MR1": [{"phase": "C+A"}]}}'])
def test_an_annotation_of_another_structure_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "Annotation.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="is no annotation file of LLD-MMRI"):
        read_annotation(tmp_path / "Annotation.json")


def test_boxes_as_a_whole_and_slice_by_slice_are_the_same(source: Path, tmp_path: Path) -> None:
    whole = write_lld(tmp_path / "lld", PATIENTS[:1])
    one, two = (read_annotation(root / "labels/Annotation.json")["MR-301"] for root in (source, whole))
    assert one[Phase.ARTERIAL].boxes == two[Phase.ARTERIAL].boxes != ()
    secret = json.loads(
        (whole / "labels/Annotation.json").read_text().replace('"category": 6', '"category": -1')
    )
    (whole / "labels/Annotation.json").write_text(json.dumps(secret))
    assert read_annotation(whole / "labels/Annotation.json")["MR-301"][Phase.PRE].class_name == ""
