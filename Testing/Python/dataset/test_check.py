"""A check tells everything that is wrong with a dataset at once, and stops at nothing."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from support import dicom_layouts as layouts

from MTINetLib.dataset.check import check_dataset
from MTINetLib.dataset.checked import CaseCheck, DatasetCheck
from MTINetLib.dataset.folder import case_columns, read_dataset
from MTINetLib.errors import Cancelled
from MTINetLib.progress import Silent
from MTINetLib.reading.volumes.write import write_label_map, write_volume
from MTINetLib.study.anatomy import UNKNOWN_ORGAN, Organ
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import FOUR_PHASES

CASE_COLUMNS = case_columns(FOUR_PHASES)

GRID = Grid((5, 20, 24), (1.5, 1.5, 4.0), (3.0, -2.0, 10.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two sound cases of two patients, the second one without lesions."""
    random = np.random.default_rng(1)
    labels = np.zeros(GRID.shape, np.uint8)
    labels[1:3, 5:9, 5:9] = 1
    labels[3, 12:14, 3:6] = 2
    for number in (1, 2):
        for phase in FOUR_PHASES:
            suffix = ".nii" if FOUR_PHASES.index(phase) % 2 else ".nii.gz"
            volume = random.normal(100, 9, GRID.shape)
            write_volume(tmp_path / f"c{number}" / f"{phase.value}{suffix}", volume, GRID)
    write_label_map(tmp_path / "c1" / "mask.nii.gz", labels, GRID)
    write(tmp_path, row(1), row(2, "none", mask=""))
    return tmp_path


def row(number: int, case_class: str = "hcc", **changes: str) -> str:
    values = {"case": f"case_{number}", "patient": f"p{number}", "class": case_class}
    for phase in FOUR_PHASES:
        values[phase.value] = (
            f"c{number}/{phase.value}{'.nii' if FOUR_PHASES.index(phase) % 2 else '.nii.gz'}"
        )
    values["mask"] = f"c{number}/mask.nii.gz"
    values.update(changes)
    return ",".join(values[name] for name in CASE_COLUMNS)


def write(folder: Path, *rows: str) -> None:
    (folder / "cases.csv").write_text("\n".join([",".join(CASE_COLUMNS), *rows]) + "\n", encoding="utf-8")


def case(check: DatasetCheck, name: str) -> CaseCheck:
    return next(one for one in check.cases if one.case == name)


def test_a_sound_dataset_has_no_problems(folder: Path) -> None:
    heard: list[str] = []
    check = check_dataset(folder, each=lambda one: heard.append(one.case))
    assert check.usable
    assert (check.problems, check.patients) == ((), 2)
    assert heard == ["case_1", "case_2"]
    first = case(check, "case_1")
    assert (first.phases, first.lesions, first.size) == (tuple(p.value for p in FOUR_PHASES), 2, GRID.shape)
    assert case(check, "case_2").lesions == 0
    assert len(read_dataset(folder)) == 2


def test_every_bad_row_says_its_problem_and_the_sound_ones_stay_sound(folder: Path) -> None:
    write(
        folder,
        row(1),
        row(1, case="a,b"),
        row(2, "7 cysts", case="other"),
        row(2, "none", case="gone", mask="", delayed="c2/nothing.nii"),
        row(2, "none", case="out", mask="", arterial="../x.nii"),
        row(2, "hcc", case="unmasked", mask=""),
        row(1, case="twin", arterial="c1/pre.nii.gz"),
        row(1, case="case_1"),
        row(2, "none", mask=""),
    )
    check = check_dataset(folder)
    assert not check.usable
    said = {(one.line, one.case): " ".join(one.problems) for one in check.cases}
    assert said[2, "case_1"] == ""
    assert "values for 8 columns" in said[3, ""]
    assert "The column class is wrong: '7 cysts' cannot name a class; use letters" in said[4, "other"]
    assert "c2/nothing.nii does not exist" in said[5, "gone"]
    assert "leaves the dataset folder" in said[6, "out"]
    assert "The mask is missing" in said[7, "unmasked"]
    assert "pre-contrast and the arterial phase are the same file" in said[8, "twin"]
    assert "stands twice" in said[9, "case_1"]
    assert said[10, "case_2"] == ""
    assert case(check, "gone").phases == ("pre", "arterial", "portal_venous")


def test_a_map_of_the_organs_has_the_grid_and_the_values_that_it_should(folder: Path) -> None:
    organs = np.full(GRID.shape, UNKNOWN_ORGAN, np.uint8)
    organs[1:3] = Organ.LIVER
    shifted = Grid(GRID.shape, GRID.spacing, (9.0, -2.0, 10.0), GRID.direction)
    write_label_map(folder / "good.nii.gz", organs, GRID)
    write_label_map(folder / "shifted.nii.gz", organs, shifted)
    write_label_map(folder / "values.nii.gz", np.full(GRID.shape, 77, np.uint8), GRID)

    def problems(anatomy: str) -> str:
        table = f"{','.join(CASE_COLUMNS)},anatomy\n{row(1)},{anatomy}\n{row(2, 'none', mask='')},\n"
        (folder / "cases.csv").write_text(table, encoding="utf-8")
        return " ".join(case(check_dataset(folder), "case_1").problems)

    assert problems("good.nii.gz") == ""
    assert "another grid" in problems("shifted.nii.gz")
    assert "other values than 0 to 8 and 255" in problems("values.nii.gz")
    assert "column anatomy is wrong: lost.nii.gz does not exist" in problems("lost.nii.gz")


@pytest.mark.parametrize("name", ["c1/arterial.nii", "c1/pre.nii.gz", "c1/mask.nii.gz"])
def test_a_file_that_is_cut_off_is_found_by_its_size(folder: Path, name: str) -> None:
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: len(data) * 2 // 3])
    check = check_dataset(folder)
    (problem,) = case(check, "case_1").problems
    assert "cut off" in problem or "cannot be read" in problem
    assert not case(check, "case_2").problems


def test_a_gzip_file_of_several_members_is_sound(folder: Path) -> None:
    path = folder / "c1" / "pre.nii.gz"
    data = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(data[:900]) + gzip.compress(data[900:]) + gzip.compress(b""))
    assert check_dataset(folder).usable


def test_a_file_that_is_no_image_is_named(folder: Path) -> None:
    (folder / "c2" / "arterial.nii").write_text("not an image")
    (problem,) = case(check_dataset(folder), "case_2").problems
    assert problem.startswith("The arterial phase: arterial.nii cannot be read")


def test_masks_are_compared_with_the_class_and_the_lesion_table(folder: Path) -> None:
    (folder / "lesions.csv").write_text(
        "case,label,class\ncase_1,1,HCC\ncase_1,7,HCC\nnobody,1,HCC\ncase_1,x,HCC\ncase_1,2,undecided\n"
    )
    shifted = Grid(GRID.shape, GRID.spacing, (9.0, -2.0, 10.0), GRID.direction)
    write_label_map(folder / "c2" / "mask.nii.gz", np.zeros(GRID.shape, np.uint8), shifted)
    write_volume(folder / "c2" / "odd.nii", np.full(GRID.shape, 0.5), GRID)
    write(
        folder,
        row(1),
        row(2),
        row(1, "none", case="healthy"),
        row(2, case="odd", mask="c2/odd.nii"),
    )
    check = check_dataset(folder)
    assert case(check, "case_1").problems == ("lesions.csv names lesion 7, which the mask does not hold.",)
    assert [word in " ".join(case(check, "case_2").problems) for word in ("another grid", "is empty")] == [
        True
    ] * 2
    assert "the mask holds lesions" in " ".join(case(check, "healthy").problems)
    assert "not a label map" in " ".join(case(check, "odd").problems)
    assert case(check, "odd").lesions is None
    assert [text.split(":")[0] for text in check.problems] == [f"lesions.csv, line {n}" for n in (4, 5, 6)]


def test_a_folder_without_tables_or_patients_enough_says_so(folder: Path, tmp_path: Path) -> None:
    assert "has no cases.csv" in check_dataset(tmp_path / "nowhere").problems[0]
    write(folder, row(1))
    assert "at least two patients" in check_dataset(folder).problems[0]
    write(folder)
    assert "lists no cases" in check_dataset(folder).problems[0]
    (folder / "cases.csv").write_text("name,file\n")
    assert "column case is missing" in check_dataset(folder).problems[0]


def test_folders_of_dicom_series_are_checked_by_their_headers(folder: Path) -> None:
    truth = layouts.make_truth()
    slices = layouts.series_per_phase(truth)
    per_phase = len(slices) // 4
    for phase in FOUR_PHASES:
        part = slices[FOUR_PHASES.index(phase) * per_phase : (FOUR_PHASES.index(phase) + 1) * per_phase]
        layouts.write_shuffled(folder / "dicom" / phase.value, part)
    paths = {phase.value: f"dicom/{phase.value}" for phase in FOUR_PHASES}
    write(folder, row(1), row(2, "none", mask="", **paths))
    found = case(check_dataset(folder), "case_2")
    assert (found.problems, found.size) == ((), truth.grid.shape)
    (folder / "dicom" / "delayed").rename(folder / "dicom" / "gone")
    (folder / "dicom" / "delayed").mkdir()
    (problem,) = case(check_dataset(folder), "case_2").problems
    assert problem.startswith("The delayed phase: ")


def test_a_check_can_be_cancelled(folder: Path) -> None:
    class Stop(Silent):
        def update(self, done: int) -> None:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        check_dataset(folder, Stop())


def test_the_check_says_which_classes_there_are_and_what_looks_misspelt(folder: Path) -> None:
    (folder / "lesions.csv").write_text("case,label,class\ncase_1,1,HCC\ncase_1,2,hemangoma\n")
    write(folder, row(1), *(row(1, "Hemangioma", case=name) for name in ("b", "c")), row(1, "cyst", case="d"))
    check = check_dataset(folder)
    assert check.classes == {"hcc": 1, "hemangioma": 2, "cyst": 1, "hemangoma": 1}
    assert list(check.classes) == ["hcc", "hemangioma", "cyst", "hemangoma"]
    asked = "Only the case case_1 has a lesion of the class hemangoma; is it hemangioma, misspelt?"
    assert asked in check.warnings
    assert not any("class cyst" in text for text in check.warnings)
