"""An import can be stopped anywhere and goes on; nothing of it is ever half there."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.other_layouts import import_kind, told
from support.small_dataset import write_small_dataset

from MTINetLib.dataset.folder import CASES_FILE, read_dataset
from MTINetLib.dataset.headers import header_grid
from MTINetLib.errors import Cancelled, InputError
from MTINetLib.importers import import_case, place_file, write_case
from MTINetLib.importers import import_dataset as importing
from MTINetLib.importers.found import FoundVolume, ImportOptions
from MTINetLib.importers.kept_case import fingerprint
from MTINetLib.importers.kinds import kind_named
from MTINetLib.importers.place_file import Placed
from MTINetLib.progress import Silent
from MTINetLib.reading.volumes.read import read_volume
from MTINetLib.reading.volumes.write import write_volume
from MTINetLib.study.phase import FOUR_PHASES, Phase

KIND = kind_named("folder")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_dataset(tmp_path_factory.mktemp("source"), ("hcc", "hemangioma", "hcc")) / CASES_FILE


class StopsAfter(Silent):
    def __init__(self, cases: int) -> None:
        self._cases = cases

    def update(self, done: int) -> None:
        if done == self._cases:
            raise Cancelled("stopped")


def test_a_stopped_import_is_no_dataset_and_goes_on_with_the_same_command(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "set"
    with pytest.raises(Cancelled):
        importing.import_dataset(KIND, source, out, progress=StopsAfter(2))
    assert sorted(path.name for path in (out / "cases").iterdir()) == ["case_0", "case_1"]
    assert not (out / CASES_FILE).exists()
    (out / "cases" / ".part-1-case_2").mkdir()  # as a killed one leaves it
    seen: list[str] = []
    whole = write_case.write_case
    monkeypatch.setattr(
        import_case, "write_case", lambda case, *more: seen.append(case.case) or whole(case, *more)
    )
    result = importing.import_dataset(KIND, source, out)
    assert seen == ["case_2"]
    assert [case.case for case in read_dataset(out)] == ["case_0", "case_1", "case_2"]
    assert sorted(path.name for path in (out / "cases").iterdir()) == ["case_0", "case_1", "case_2"]
    assert set(told(result)) >= {"case_0", "case_1", "case_2"}


def test_a_case_that_is_interrupted_leaves_nothing(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(write_case, "_write_outlines", interrupted)
    with pytest.raises(KeyboardInterrupt):
        importing.import_dataset(KIND, source, tmp_path / "set")
    assert list((tmp_path / "set" / "cases").iterdir()) == []


def test_a_finished_import_and_other_options_are_refused(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "set"
    with pytest.raises(Cancelled):
        importing.import_dataset(KIND, source, out, progress=StopsAfter(1))
    with pytest.raises(InputError, match="was made from other files or with other options"):
        importing.import_dataset(KIND, source, out, ImportOptions(keep_classes=("hcc",)))
    with pytest.raises(InputError, match="an import of folder was begun"):
        importing.import_dataset(kind_named("bids"), source, out)
    importing.import_dataset(KIND, source, out)
    with pytest.raises(InputError, match="was imported already"):
        importing.import_dataset(KIND, source, out)


def test_a_folder_that_holds_something_else_is_left_alone(source: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something already"):
        importing.import_dataset(KIND, source, tmp_path)
    with pytest.raises(InputError, match="lies in the source"):
        importing.import_dataset(KIND, source.parent, source.parent / "inside")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_one_image_under_two_patients_is_taken_once(source: Path, tmp_path: Path) -> None:
    lines = source.read_text().splitlines()
    table = source.with_name("twice.csv")
    table.write_text("\n".join([*lines, lines[1].replace("case_0,patient_0", "twin,someone")]) + "\n")
    result = import_kind("folder", table, tmp_path / "set", link=True)
    assert [one.case for one in result.left_out] == ["twin"]
    assert "holds the same images as case_0, which is of another patient" in told(result)["twin"]
    assert not (result.folder / "cases" / "twin").exists()


def refuse(*_: object) -> None:
    raise OSError("no links here")


@pytest.mark.parametrize(
    ("refusing", "way"), [((), "linked"), (("link",), "linked"), (("link", "symlink"), "copied")]
)
def test_links_fall_back_to_what_the_file_system_knows(
    refusing: tuple[str, ...], way: str, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in refusing:
        monkeypatch.setattr(os, name, refuse)
    result = import_kind("folder", source, tmp_path / "set", link=True)
    assert result.placed(Placed(way)) == 12
    case = read_dataset(result.folder)[0]
    own = source.parent / "case_0" / "arterial.nii.gz"
    assert case.phase_paths[Phase.ARTERIAL].read_bytes() == own.read_bytes()
    assert case.phase_paths[Phase.ARTERIAL].samefile(own) == (way == "linked")


def test_a_header_whose_voxels_lie_in_another_file_is_never_linked_alone() -> None:
    assert not place_file.can_stay(Path("a.mhd"))
    assert not place_file.can_stay(Path("a.nhdr"))
    assert place_file.can_stay(Path("a.nii.gz"))


def test_slices_that_stand_there_twice_are_told(source: Path, tmp_path: Path) -> None:
    own = read_volume(source.parent / "case_0" / "delayed.nii.gz")
    array = own.array.copy()
    array[3] = array[2]
    write_volume(tmp_path / "delayed.nii.gz", array, own.grid)
    table = tmp_path / "own.csv"
    files = [
        str(source.parent / "case_0" / f"{name}.nii.gz") for name in ("pre", "arterial", "portal_venous")
    ]
    row = ["case_0", "hcc", *files, "delayed.nii.gz", str(source.parent / "case_0/mask.nii.gz")]
    table.write_text("case,class,pre,arterial,portal_venous,delayed,mask\n" + ",".join(row) + "\n")
    result = import_kind("folder", table, tmp_path / "set")
    assert "Slices of the delayed phase are the same: 3 and 4" in told(result)["case_0"]


def test_reasons_do_not_tell_where_the_source_lies(source: Path, tmp_path: Path) -> None:
    lines = source.read_text().splitlines()
    damaged = source.parent / "damaged.nii.gz"
    damaged.write_bytes(b"no image")
    table = source.with_name("damaged.csv")
    table.write_text(
        "\n".join([*lines, lines[1].replace("case_0,", "bad,").replace("case_0/pre", "damaged")])
    )
    result = import_kind("folder", table, tmp_path / "set", link=True)
    remark = told(result)["bad"]
    assert "the pre-contrast phase cannot be used: The file damaged.nii.gz cannot be read" in remark
    assert str(source.parent) not in (result.folder / "import.csv").read_text()


def test_several_processes_make_the_same_dataset(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def backwards(function: Any, tasks: Any, processes: int, **_: Any) -> Iterator[tuple[int, Any]]:
        """As processes may finish, with what travels to them and back."""
        assert processes == 2
        for number in reversed(range(len(tasks))):
            yield number, pickle.loads(pickle.dumps(function(pickle.loads(pickle.dumps(tasks[number])))))

    one = importing.import_dataset(KIND, source, tmp_path / "one")
    monkeypatch.setattr(importing, "run_in_processes", backwards)
    two = importing.import_dataset(KIND, source, tmp_path / "two", jobs=2)
    assert two.cases == one.cases
    assert (tmp_path / "two" / CASES_FILE).read_bytes() == (tmp_path / "one" / CASES_FILE).read_bytes()


def test_other_places_of_the_same_voxels_make_another_case(source: Path, tmp_path: Path) -> None:
    """As when an annotation file is replaced by a better one between two tries."""
    (case,) = [one for one in KIND.find(source, ImportOptions()).cases if one.case == "case_0"]
    before = fingerprint(case, FOUR_PHASES, ImportOptions())
    grid = header_grid(case.volumes[Phase.PRE].path)
    moved = {**case.volumes, Phase.PRE: FoundVolume(case.volumes[Phase.PRE].path, grid)}
    assert fingerprint(replace(case, volumes=moved), FOUR_PHASES, ImportOptions()) != before
