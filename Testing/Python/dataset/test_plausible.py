"""A check sees what can be read and yet cannot be meant."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from support.small_dataset import write_small_dataset

from MTINetLib.dataset.check import check_dataset
from MTINetLib.dataset.plausible import NamedCase, cases_problems, image_digest, mask_problems
from MTINetLib.reading.volumes.read import read_volume
from MTINetLib.reading.volumes.write import write_label_map, write_volume
from MTINetLib.study.grid import Grid

GRID = Grid((40, 60, 60), (3.0, 3.0, 3.0), (0, 0, 0), (1, 0, 0, 0, 1, 0, 0, 0, 1))


def named(case: str, patient: str, lesion: str = "hcc", digest: str | None = None) -> NamedCase:
    return NamedCase(case, patient, frozenset({lesion}), digest or case)


def test_a_liver_with_its_tumour_is_no_pair_of_lesions() -> None:
    labels = np.zeros(GRID.shape, np.uint8)
    labels[5:35, 10:50, 10:50] = 1
    labels[15:20, 20:26, 20:26] = 2
    problems, _ = mask_problems(labels, GRID)
    assert len(problems) == 1
    assert "Label 1 of the mask has 1291 mL and label 2 lies in it" in problems[0]


def test_a_giant_lesion_alone_is_a_warning_and_two_apart_are_nothing() -> None:
    labels = np.zeros(GRID.shape, np.uint8)
    labels[5:35, 10:50, 10:50] = 1
    problems, warnings = mask_problems(labels, GRID)
    assert (problems, len(warnings)) == ([], 1)
    labels[:, 30:] = 0
    labels[0:3, 0:3, 0:3] = 2
    assert mask_problems(labels, GRID) == ([], [])


def test_the_same_image_under_two_patients_is_found_whatever_its_header(tmp_path: Path) -> None:
    folder = write_small_dataset(tmp_path / "set")
    volume = read_volume(folder / "case_0" / "portal_venous.nii.gz")
    moved = Grid(volume.grid.shape, (1.4, 1.4, 4.0), (7.0, 0, 0), volume.grid.direction)
    copy = folder / "case_5"
    for path in (folder / "case_0").glob("*.nii.gz"):
        shutil.copy(path, copy / path.name)
    write_volume(copy / "portal_venous.nii.gz", volume.array, moved)
    (copy / "mask.nii.gz").unlink()
    table = folder / "cases.csv"
    table.write_text(table.read_text().replace("case_5/mask.nii.gz", ""))
    check = check_dataset(folder)
    assert not check.usable
    assert any("case_0 and case_5 hold the same portal venous image" in text for text in check.problems)


def test_a_digest_knows_shape_and_pixels() -> None:
    one = np.arange(24, dtype=np.float32)
    assert image_digest(one.reshape(2, 3, 4)) != image_digest(one.reshape(4, 3, 2))
    assert image_digest(one.reshape(2, 3, 4)) == image_digest(one.reshape(2, 3, 4).copy())


@pytest.mark.parametrize(
    ("first", "second", "near"),
    [
        ("Anna", "ANNA", True),
        ("p 7", "p7", True),
        ("P-007", "p7", True),
        ("p10", "p1", False),
        ("p100", "p10", False),
        ("1-2", "2-1", False),
        ("1-11", "11-1", False),
        ("1-11", "111", False),
        ("study_04b", "Study 4 B", True),
    ],
)
def test_names_written_almost_alike_are_a_warning(first: str, second: str, near: bool) -> None:
    _, warnings = cases_problems([named("a", first), named("b", second, "hemangioma")])
    assert any("count as different" in text for text in warnings) is near


def test_one_class_only_is_said() -> None:
    assert any("class hcc" in text for text in cases_problems([named("a", "x"), named("b", "y")])[1])
    assert cases_problems([named("a", "x"), named("b", "y", "hemangioma")]) == ([], [])


def test_a_lesion_as_dark_as_air_inside_the_body_is_no_problem(tmp_path: Path) -> None:
    folder = write_small_dataset(tmp_path / "set")
    path = folder / "case_1" / "portal_venous.nii.gz"
    volume = read_volume(path)
    array = volume.array.copy()
    array[:, :, :16] = array[:, :, -16:] = array[:, :6] = 0
    array[2:4, 20:26, 20:27] = 0
    write_volume(path, array, volume.grid)
    labels = np.zeros(volume.grid.shape, np.uint8)
    labels[2:4, 20:26, 20:27] = 1
    write_label_map(folder / "case_1" / "mask.nii.gz", labels, volume.grid)
    case = next(one for one in check_dataset(folder).cases if one.case == "case_1")
    assert not any("outside the body" in text for text in case.problems)


def test_a_lesion_in_the_air_is_a_problem(tmp_path: Path) -> None:
    folder = write_small_dataset(tmp_path / "set")
    path = folder / "case_1" / "portal_venous.nii.gz"
    volume = read_volume(path)
    array = volume.array.copy()
    array[:, :, :16] = array[:, :, -16:] = array[:, :6] = 0
    write_volume(path, array, volume.grid)
    labels = np.zeros(volume.grid.shape, np.uint8)
    labels[2:4, 20:30, 2:9] = 1
    write_label_map(folder / "case_1" / "mask.nii.gz", labels, volume.grid)
    case = next(one for one in check_dataset(folder).cases if one.case == "case_1")
    assert case.problems == (
        "Lesion 1 of the mask lies outside the body; check that the mask is of this study.",
    )


def test_cases_that_differ_in_writing_only_are_a_warning() -> None:
    near = [named("Liver-03", "x"), named("liver 3", "y", "hemangioma")]
    assert cases_problems(near)[1] == [
        "The cases 'Liver-03' and 'liver 3' differ in writing only; check that no study stands here twice."
    ]


@pytest.mark.parametrize(
    ("rows", "problem", "warning"),
    [(6, "", ""), (14, "", "% of the body in view; check that it is no organ"), (36, "% of the body", "")],
)
def test_a_lesion_is_judged_by_its_share_of_the_body(rows: int, problem: str, warning: str) -> None:
    """A small body of 120 mL, in which no lesion comes near a litre."""
    grid = Grid((12, 60, 60), (1.5, 1.5, 3.0), (0, 0, 0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
    volume = np.random.default_rng(3).rayleigh(4, grid.shape).astype(np.float32)
    volume[:, 10:50, 10:50] += 300
    labels = np.zeros(grid.shape, np.uint8)
    labels[:, 10 : 10 + rows, 10:40] = 1
    problems, warnings = mask_problems(labels, grid, volume)
    assert len(problems) == bool(problem)
    assert len(warnings) == bool(warning)
    assert problem in "".join(problems)
    assert warning in "".join(warnings)
