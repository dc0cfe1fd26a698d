"""A corrected study becomes a case, whole or not at all."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from MTINetLib.dataset import add as dataset_add
from MTINetLib.dataset import append as dataset_append
from MTINetLib.dataset.add import NewCase, add_case
from MTINetLib.dataset.check import check_dataset
from MTINetLib.dataset.folder import read_dataset
from MTINetLib.errors import Cancelled, InputError, MissingResourceError
from MTINetLib.progress import Silent
from MTINetLib.reading.volumes.read import read_volume
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import FOUR_PHASES, Phase

TURN = np.deg2rad(20)
GRID = Grid(
    (4, 20, 24),
    (1.25, 1.5, 4.0),
    (3.0, -2.0, 10.0),
    (np.cos(TURN), -np.sin(TURN), 0.0, np.sin(TURN), np.cos(TURN), 0.0, 0.0, 0.0, -1.0),
)


def new_case(seed: int = 0, **changes: object) -> NewCase:
    volumes = np.random.default_rng(seed).normal(100, 9, (4, *GRID.shape)).astype(np.float32)
    labels = np.zeros(GRID.shape, np.uint8)
    labels[1:3, 5:9, 5:9] = 1
    labels[2, 12:14, 3:6] = 2
    made = NewCase(volumes, labels, GRID, FOUR_PHASES, {1: "hcc", 2: "hemangioma"})
    return replace(made, **changes)  # type: ignore[arg-type]


def listing(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_new_dataset_is_made_with_exact_geometry(tmp_path: Path) -> None:
    new = new_case()
    added = add_case(tmp_path / "set", new)
    assert (added.case, added.patient) == ("case_0001", "patient_0001")
    (case,) = read_dataset(tmp_path / "set")
    assert case.lesion_classes == {1: "hcc", 2: "hemangioma"}
    arterial = read_volume(case.phase_paths[Phase.ARTERIAL])
    assert arterial.grid.matches(GRID, 1e-3)
    np.testing.assert_array_equal(arterial.array, new.volumes[1])
    assert case.mask_path is not None
    np.testing.assert_array_equal(read_volume(case.mask_path).array, new.labels)
    assert [one.problems for one in check_dataset(tmp_path / "set").cases] == [()]


def test_whole_numbers_are_kept_in_half_the_bytes(tmp_path: Path) -> None:
    add_case(tmp_path / "set", replace(new_case(), volumes=np.rint(new_case().volumes)))
    path = tmp_path / "set" / "cases" / "case_0001" / "pre.nii"
    assert path.stat().st_size < 2 * np.prod(GRID.shape) + 1000


def test_a_case_without_lesions_is_of_class_none(tmp_path: Path) -> None:
    add_case(tmp_path / "set", new_case(labels=np.zeros(GRID.shape, np.uint8)))
    assert read_dataset(tmp_path / "set")[0].case_class == "none"


def test_own_columns_line_ends_and_byte_order_marks_stay(tmp_path: Path) -> None:
    add_case(tmp_path, new_case())
    table = tmp_path / "cases.csv"
    lines = table.read_text().splitlines()
    before = ("\ufeffremark," + lines[0] + "\r\n" + '"a, b",' + lines[1]).encode("utf-8")
    table.write_bytes(before)
    add_case(tmp_path, new_case(1, patient="patient_0001", case="second"))
    after = table.read_bytes()
    assert after.startswith(before + b"\r\n,second,patient_0001,hcc,cases/second/pre.nii,")
    assert after.endswith(b"\r\n")
    assert [case.case for case in read_dataset(tmp_path)] == ["case_0001", "second"]


@pytest.mark.parametrize("classes", [{1: "hcc"}, {1: "hcc", 2: "undecided"}])
def test_an_undecided_lesion_needs_a_class_first(tmp_path: Path, classes: dict[int, str]) -> None:
    with pytest.raises(InputError, match=r"Lesion 2 has no class that can be learnt.* say what "):
        add_case(tmp_path / "set", new_case(lesion_classes=classes))
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize("name", ["Jane Doe", "../out", "a/b", "x" * 41, ".hidden"])
def test_names_that_are_no_pseudonyms_are_refused(tmp_path: Path, name: str) -> None:
    for changes in ({"case": name}, {"patient": name}):
        with pytest.raises(InputError, match="cannot be called"):
            add_case(tmp_path / "set", new_case(**changes))


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match=r"no cases\.csv"):
        add_case(tmp_path, new_case())
    assert list(listing(tmp_path)) == ["thesis.txt"]


def test_the_same_study_may_not_be_two_patients(tmp_path: Path) -> None:
    add_case(tmp_path, new_case(patient="anna"))
    with pytest.raises(InputError, match="already, as case_0001 of patient anna"):
        add_case(tmp_path, new_case(patient="berta"))
    add_case(tmp_path, new_case(patient="anna"))
    assert [case.case for case in read_dataset(tmp_path)] == ["case_0001", "case_0002"]
    with pytest.raises(InputError, match="Case_0002 already"):
        add_case(tmp_path, new_case(2, case="Case_0002"))


def test_a_full_disk_leaves_the_dataset_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_case(tmp_path, new_case())
    before = listing(tmp_path)
    replaced = dataset_append._replace

    def full(path: Path, data: bytes) -> None:
        if path.name == "cases.csv":
            raise OSError(28, "No space left on device")
        replaced(path, data)

    monkeypatch.setattr(dataset_append, "_replace", full)
    with pytest.raises(MissingResourceError, match="No space left on device"):
        add_case(tmp_path, new_case(1))
    assert listing(tmp_path) == before
    assert len(read_dataset(tmp_path)) == 1


def test_a_cancelled_case_leaves_nothing(tmp_path: Path) -> None:
    class Stop(Silent):
        def update(self, done: int) -> None:
            if done == 3:
                raise Cancelled("stop")

    with pytest.raises(Cancelled):
        add_case(tmp_path / "set", new_case(), Stop())
    assert not (tmp_path / "set").exists()


def test_nothing_written_tells_more_than_it_was_given(tmp_path: Path) -> None:
    add_case(tmp_path, new_case(origin={"corrected_by_person": True}))
    origin = json.loads((tmp_path / "cases" / "case_0001" / dataset_add.ORIGIN_FILE).read_text())
    assert set(origin) == {"made_by", "volumes_sha256", "corrected_by_person"}
    header = (tmp_path / "cases" / "case_0001" / "pre.nii").read_bytes()[:400]
    assert os.fsencode(str(Path.home())) not in header
    assert len(FOUR_PHASES) + 2 == len(list((tmp_path / "cases" / "case_0001").iterdir()))


def test_a_case_of_any_class_is_added_under_its_usual_name(tmp_path: Path) -> None:
    made = replace(new_case(), lesion_classes={1: "Focal nodular hyperplasia", 2: "their own"})
    add_case(tmp_path, made)
    (case,) = read_dataset(tmp_path)
    assert case.lesion_classes == {1: "fnh", 2: "their_own"}
    assert case.case_class in ("fnh", "their_own")
