"""What the module has kept, and forgetting it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from MTINetLib.errors import MissingResourceError
from MTINetLib.session import kept_files as module
from MTINetLib.session.kept_files import forget, kept_files


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "MTINet"
    monkeypatch.setenv("MTINET_USER_FOLDER", str(place))
    return place


def test_nothing_was_kept_where_there_is_no_folder(folder: Path) -> None:
    assert kept_files() == ()


def test_folders_are_listed_with_their_purpose_and_size(folder: Path) -> None:
    (folder / "Models" / "mine").mkdir(parents=True)
    (folder / "Models" / "mine" / "model.safetensors").write_bytes(b"x" * 1000)
    (folder / "notes.json").write_text("{}")
    models, notes = kept_files()
    assert (models.path, models.size_bytes) == (folder / "Models", 1000)
    assert models.purpose == "models kept from your own trainings"
    assert notes.path == folder / "notes.json"


def test_forgetting_leaves_nothing(folder: Path) -> None:
    (folder / "Models" / "mine").mkdir(parents=True)
    (folder / "runs.json").write_text("{}")
    forget(kept_files())
    assert not folder.exists()


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_is_removed_and_what_it_points_to_stays(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("x")
    folder.mkdir()
    (folder / "Models").symlink_to(elsewhere)
    forget(kept_files())
    assert (elsewhere / "precious").exists()


def test_what_cannot_be_removed_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "Models").mkdir(parents=True)

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path / "model.safetensors"))

    monkeypatch.setattr(module.shutil, "rmtree", refuse)
    with pytest.raises(
        MissingResourceError, match=r"model\.safetensors could not be removed \(Permission denied\)"
    ):
        forget(kept_files())
