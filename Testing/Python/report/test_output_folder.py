from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.report import output_folder
from MTINetLib.report.output_folder import check_output_folder, new_results


def write_while_another_run_fills(out: Path) -> None:
    with new_results(out, overwrite=False) as folder:
        (folder / "x.txt").write_text("second")
        write_all(out, "x.txt")


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def write_half(out: Path, name: str, *, overwrite: bool) -> None:
    with new_results(out, overwrite=overwrite, earlier=(name,)) as folder:
        (folder / name).write_text("new")
        raise ZeroDivisionError


def write_all(out: Path, *written: str) -> None:
    with new_results(out, overwrite=True) as folder:
        for name in written:
            (folder / name).write_text("new")


def test_a_new_folder_appears_with_its_files(tmp_path: Path) -> None:
    out = tmp_path / "a" / "out"
    with new_results(out, overwrite=False) as folder:
        (folder / "x.txt").write_text("x")
        assert not out.exists()
    assert names(out) == ["x.txt"]
    assert names(tmp_path / "a") == ["out", str(Path("out/x.txt"))]


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        write_half(tmp_path / "out", "half.txt", overwrite=False)
    assert names(tmp_path) == []


def test_a_failure_leaves_an_earlier_result_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "x.txt").write_text("old")
    with pytest.raises(ZeroDivisionError):
        write_half(out, "x.txt", overwrite=True)
    assert names(out) == ["x.txt"]
    assert (out / "x.txt").read_text() == "old"


def test_a_folder_in_use_is_refused_and_named(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("words")
    with pytest.raises(InputError, match=r"thesis\.tex.*--overwrite"):
        check_output_folder(tmp_path, overwrite=False)
    check_output_folder(tmp_path, overwrite=True)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(InputError, match="is a file"):
        check_output_folder(file, overwrite=True)


def test_overwriting_replaces_own_files_and_keeps_all_others(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    for name in ("x.txt", "notes.txt", "pictures/stale.png", "pictures/mine.png"):
        (tmp_path / name).write_text("old")
    with new_results(tmp_path, overwrite=True, earlier=("x.txt", "pictures/stale.png")) as folder:
        (folder / "x.txt").write_text("new")
    assert (tmp_path / "x.txt").read_text() == "new"
    assert names(tmp_path) == ["notes.txt", "pictures", str(Path("pictures/mine.png")), "x.txt"]


def test_a_move_that_fails_half_way_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("old")
    replace = Path.replace

    def failing(self: Path, target: Path) -> Path:
        if self.name == "b.txt" and self.read_text() == "new":
            raise OSError(errno.EIO, "input/output error")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(InputError, match="cannot be written"):
        write_all(tmp_path, "a.txt", "b.txt")
    assert names(tmp_path) == ["a.txt", "b.txt"]
    assert {(tmp_path / name).read_text() for name in ("a.txt", "b.txt")} == {"old"}


def test_a_full_disk_is_said_in_one_sentence(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(MissingResourceError, match="disk is full"), new_results(out, overwrite=False):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert names(tmp_path) == []


def test_an_error_that_a_full_disk_caused_is_said_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage(NamedTuple):
        free: int

    monkeypatch.setattr(shutil, "disk_usage", lambda place: Usage(100))
    with (
        pytest.raises(MissingResourceError, match="disk is full"),
        new_results(tmp_path / "out", overwrite=False),
    ):
        raise InputError("lesions.nii.gz cannot be written.") from RuntimeError("itk")


def test_errors_name_the_users_folder_not_the_temporary_one(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(InputError) as caught, new_results(out, overwrite=False) as folder:
        raise InputError(f"{folder / 'x.nii'} cannot be written.")
    assert str(out / "x.nii") in str(caught.value)
    assert output_folder._TEMPORARY not in str(caught.value)


def test_a_forbidden_folder_is_said_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(self: Path, *args: object, **options: object) -> None:
        raise PermissionError(errno.EACCES, "denied")

    monkeypatch.setattr(Path, "mkdir", forbidden)
    with (
        pytest.raises(InputError, match="may not be written to"),
        new_results(tmp_path / "o", overwrite=False),
    ):
        pytest.fail("the folder cannot be there")


@pytest.mark.parametrize("made_before", [False, True])
def test_a_folder_that_another_run_filled_meanwhile_costs_neither_result(
    made_before: bool, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (tmp_path / "out-2").mkdir()
    if made_before:
        out.mkdir()
    with pytest.raises(InputError, match=r"these results are in .*out-3"):
        write_while_another_run_fills(out)
    assert (out / "x.txt").read_text() == "new"
    assert (tmp_path / "out-3" / "x.txt").read_text() == "second"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "out-2", "out-3"]
