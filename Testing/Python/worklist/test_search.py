"""A folder of studies becomes a list, and is searched again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.worklist import SECRETS

from MTINetLib.errors import InputError
from MTINetLib.study.phase import FOUR_PHASES
from MTINetLib.worklist.change import Change, change
from MTINetLib.worklist.entry import Status
from MTINetLib.worklist.folder import WorkList, open_list
from MTINetLib.worklist.open_listed import is_there, open_listed
from MTINetLib.worklist.search import search


def test_every_study_is_found_and_studies_of_one_patient_share_a_pseudonym(listed: WorkList) -> None:
    records = listed.records()
    assert len(records) == 4
    assert len({record.patient for record in records}) == 3
    assert {record.entry.status for record in records} == {Status.TO_DO}
    for record in records:
        assert open_listed(listed, record, FOUR_PHASES).volumes.shape == (4, 8, 40, 48)


def test_no_file_of_the_list_is_called_by_a_patient_or_a_uid(listed: WorkList) -> None:
    names = " ".join(path.relative_to(listed.folder).as_posix() for path in listed.folder.rglob("*"))
    assert not [secret for secret in SECRETS if secret in names]
    assert "1.2." not in names


def test_studies_in_one_flat_folder_are_told_apart_by_their_uids(own_archive: Path, tmp_path: Path) -> None:
    flat = tmp_path / "flat"
    flat.mkdir()
    for number, path in enumerate(sorted(own_archive.rglob("*.dcm"))):
        shutil.copy(path, flat / f"{number:05d}")
    assert len(search(flat, tmp_path / "list").new) == 3


def test_a_moved_archive_is_found_again_with_all_that_was_done(
    listed: WorkList, own_archive: Path, tmp_path: Path
) -> None:
    first = listed.records()[0]
    change(listed, first, Change(status=Status.SET_ASIDE, reason="moved"), "anna")
    moved = tmp_path / "elsewhere" / "deeper"
    moved.parent.mkdir()
    own_archive.rename(moved)
    assert not is_there(listed, listed.record(first.study))
    with pytest.raises(InputError, match=f"{first.study} does not lie where it was found any more"):
        open_listed(listed, first, FOUR_PHASES)
    found = search(tmp_path / "elsewhere", listed.folder)
    assert (len(found.new), len(found.moved), found.known) == (0, 4, 0)
    again = open_list(listed.folder)
    record = again.record(first.study)
    assert (record.entry.status, record.entry.reason) == (Status.SET_ASIDE, "moved")
    open_listed(again, record, FOUR_PHASES)


def test_the_same_archive_under_another_path_is_the_same_source(
    listed: WorkList, own_archive: Path, tmp_path: Path
) -> None:
    mounted = Path(shutil.copytree(own_archive, tmp_path / "mounted"))
    found = search(mounted, listed.folder)
    assert (len(found.new), len(found.moved), found.known) == (0, 0, 4)
    shutil.rmtree(own_archive)
    again = open_list(listed.folder)
    assert len(again.sources) == 1
    assert all(is_there(again, record) for record in again.records())


def test_a_study_that_vanished_is_told_and_what_was_done_stays(listed: WorkList, own_archive: Path) -> None:
    victim = next(r for r in listed.records() if r.place.files[0].startswith("DOE^JANE 1"))
    shutil.rmtree(own_archive / "DOE^JANE 1")
    assert search(own_archive, listed.folder).gone == (victim.study,)
    record = open_list(listed.folder).record(victim.study)
    assert record.place.missing
    assert record.patient == victim.patient


def test_another_study_in_the_place_of_one_is_never_taken_for_it(listed: WorkList, own_archive: Path) -> None:
    record = next(r for r in listed.records() if r.place.files[0].startswith("DOE^JANE 1"))
    shutil.rmtree(own_archive / "DOE^JANE 1")
    shutil.copytree(own_archive / "DOE^JANE 2", own_archive / "DOE^JANE 1")
    with pytest.raises(InputError, match=f"Another study lies now where the study {record.study} was"):
        open_listed(listed, record, FOUR_PHASES)


def test_a_missing_file_is_told_before_a_phase_is_shorter_than_it_was(
    listed: WorkList, own_archive: Path
) -> None:
    record = next(r for r in listed.records() if r.place.files[0].startswith("DOE^JANE 1"))
    (own_archive / record.place.files[-1]).unlink()
    with pytest.raises(InputError, match="1 of 32 files"):
        open_listed(listed, record, FOUR_PHASES)


def test_a_list_inside_its_own_archive_is_no_study(own_archive: Path) -> None:
    folder = own_archive / "list"
    search(own_archive, folder)
    listed = open_list(folder)
    mask = folder / "masks" / "0123456789-0001-00000000.nii.gz"
    shutil.copy(own_archive / "files" / "pre.nii.gz", mask)
    assert search(own_archive, folder).known == 4
    assert len(listed.records()) == 4


@pytest.mark.parametrize("content", [None, "a file"])
def test_a_folder_without_studies_makes_no_list(tmp_path: Path, content: str | None) -> None:
    source = tmp_path / "source"
    source.mkdir()
    if content:
        (source / "notes.txt").write_text(content)
    with pytest.raises(InputError, match="There are no MR images"):
        search(source, tmp_path / "list")
    assert not (tmp_path / "list").exists()


def test_a_folder_in_use_does_not_become_a_list(own_archive: Path, tmp_path: Path) -> None:
    used = tmp_path / "used"
    used.mkdir()
    (used / "letter.txt").write_text("mine")
    with pytest.raises(InputError, match="holds files but no"):
        search(own_archive, used)
    assert [path.name for path in used.iterdir()] == ["letter.txt"]
