from __future__ import annotations

from pathlib import Path

import pytest

from MTINetLib.write_whole import whole_file, whole_folder


def fail_half_way(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("ha")
    raise OSError("the disk is full")


def test_a_file_takes_its_place_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text("old")
    with whole_file(path) as beside:
        beside.write_text("new")
        assert beside.suffix == path.suffix
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_after_an_error_a_file_is_as_it_was_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text("old")
    with pytest.raises(OSError, match="full"), whole_file(path) as beside:
        fail_half_way(beside)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_after_an_error_there_is_no_folder_and_nothing_beside_it(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="full"), whole_folder(tmp_path / "case") as beside:
        fail_half_way(beside / "file")
    assert not list(tmp_path.iterdir())


def test_a_folder_takes_its_place_when_it_is_whole(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "case") as beside:
        beside.mkdir()
        (beside / "all").write_text("x")
    assert [path.name for path in tmp_path.iterdir()] == ["case"]
    assert (tmp_path / "case" / "all").is_file()
