"""Archives as input: read as their folder is, bounded, and gone afterwards."""

from __future__ import annotations

import os
import stat
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from support.study_inputs import NAMES, four_files, is_the_study, series_folders, zipped

from MTINetLib.errors import InputError
from MTINetLib.pipeline.inspect import inspect
from MTINetLib.pipeline.open import open_study
from MTINetLib.progress import Stage
from MTINetLib.reading import unpack_archive
from MTINetLib.reading.open_input import open_input
from MTINetLib.study.phase import FOUR_PHASES


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, empty."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def test_an_archive_of_nested_series_is_a_study_and_leaves_nothing_behind(
    tmp_path: Path, temporary: Path
) -> None:
    series_folders(tmp_path / "in")
    archive = zipped(tmp_path / "in", tmp_path / "study.zip", "Müller^Hans/20240101/")
    with open_input(archive) as found:
        (private,) = temporary.iterdir()
        if os.name == "posix":
            assert stat.S_IMODE(private.stat().st_mode) == 0o700
        inside = [path.name for path in (private / "files").rglob("*")]
        assert all(name.isdigit() for name in inside)
        assert found.source == archive
    assert not list(temporary.iterdir())
    study = open_study(archive)
    is_the_study(study)
    assert not any(source.images for source in study.sources)
    assert not list(temporary.iterdir())


def test_an_archive_of_volume_files_is_read_by_the_names_in_it(tmp_path: Path, temporary: Path) -> None:
    four_files(tmp_path / "in")
    study = open_study(zipped(tmp_path / "in", tmp_path / "files.ZIP", "deep/er/"))
    is_the_study(study)
    assert [source.description for source in study.sources] == list(NAMES)
    assert str(temporary) not in repr(study.sources)
    assert not list(temporary.iterdir())


def test_nothing_is_left_of_an_archive_after_a_failure_or_a_cancelled_reading(
    tmp_path: Path, temporary: Path
) -> None:
    class Impatient:
        def start(self, stage: Stage, total: int) -> None:
            pass

        def update(self, done: int) -> None:
            if done == 5:
                raise KeyboardInterrupt

        def finish(self) -> None:
            pass

    series_folders(tmp_path / "in")
    archive = zipped(tmp_path / "in", tmp_path / "study.zip")
    with pytest.raises(KeyboardInterrupt):
        open_study(archive, progress=Impatient())
    assert not list(temporary.iterdir())
    with pytest.raises(RuntimeError, match="later"), open_input(archive):
        raise RuntimeError("later")
    assert not list(temporary.iterdir())


def test_sentences_name_the_archives_own_files(tmp_path: Path, temporary: Path) -> None:
    folder = four_files(tmp_path / "in")
    (folder / "02 art 30s.nii.gz").write_bytes(b"\x1f\x8b damaged")
    archive = zipped(folder, tmp_path / "study.zip", "x/")
    with pytest.raises(InputError) as caught:
        open_study(archive)
    assert str(archive / "x" / "02 art 30s.nii.gz") in str(caught.value)
    assert str(temporary) not in str(caught.value)
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "letter.txt").write_text("no image")
    with pytest.raises(InputError) as caught:
        open_study(zipped(tmp_path / "words", tmp_path / "words.zip"))
    assert f"no DICOM images among the 1 file in {tmp_path / 'words.zip'};" in str(caught.value)


def _with_entry(archive: Path, **changes: Any) -> Path:
    entry = zipfile.ZipInfo("IM1")
    for name, value in changes.items():
        setattr(entry, name, value)
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr(entry, b"content")
    return archive


@pytest.mark.parametrize(
    "name", ["../outside", "a/../../outside", "/etc/outside", "C:\\outside", "..\\outside"]
)
def test_an_archive_with_names_that_lead_out_of_it_is_refused(
    tmp_path: Path, temporary: Path, name: str
) -> None:
    with pytest.raises(InputError, match="a name that leads out of it"):
        open_study(_with_entry(tmp_path / "bad.zip", filename=name))
    assert not list(temporary.iterdir())
    assert not (tmp_path / "out").exists()


def test_an_archive_with_a_link_is_refused(tmp_path: Path) -> None:
    archive = _with_entry(tmp_path / "bad.zip", external_attr=(stat.S_IFLNK | 0o777) << 16)
    with pytest.raises(InputError, match="holds a link"):
        open_study(archive)


def test_an_encrypted_archive_is_named_as_such(tmp_path: Path) -> None:
    data = bytearray(_with_entry(tmp_path / "locked.zip").read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(data)
    with pytest.raises(InputError, match="is encrypted; unpack it with its password"):
        open_study(tmp_path / "locked.zip")


def test_an_archive_that_is_cut_off_or_has_wrong_bytes_is_named(tmp_path: Path, temporary: Path) -> None:
    series_folders(tmp_path / "in")
    whole = zipped(tmp_path / "in", tmp_path / "whole.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "bad.zip").write_bytes(whole[:300] + bytes(400) + whole[700:])
    for name in ("cut.zip", "bad.zip"):
        with pytest.raises(InputError, match=f"{name} is damaged or incomplete"):
            open_study(tmp_path / name)
    assert not list(temporary.iterdir())


def test_an_archive_of_too_many_files_too_many_bytes_or_air_is_refused_before_it_is_unpacked(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "zeros").write_bytes(bytes(1 << 20))
    archive = zipped(tmp_path / "in", tmp_path / "zeros.zip")
    monkeypatch.setattr(unpack_archive, "_unpack", lambda *_: pytest.fail("it was unpacked"))
    for name, value, said in (
        ("_SMALL_ENOUGH", 1 << 19, "would grow more than 100 times"),
        ("_LARGEST_UNPACKED", 1 << 19, "unpacks to 0 GB"),
        ("_MOST_ENTRIES", 0, "holds 1 files"),
    ):
        with monkeypatch.context() as changed:
            changed.setattr(unpack_archive, name, value)
            with pytest.raises(InputError, match=said):
                open_study(archive)
    assert not list(temporary.iterdir())


def test_an_entry_that_is_longer_than_it_says_ends_where_it_says(tmp_path: Path, temporary: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "zeros").write_bytes(bytes(1 << 20))
    data = bytearray(zipped(tmp_path / "in", tmp_path / "lies.zip").read_bytes())
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = (100).to_bytes(4, "little")
    (tmp_path / "lies.zip").write_bytes(data)
    with pytest.raises(InputError, match="damaged or incomplete"):
        open_study(tmp_path / "lies.zip")
    assert not list(temporary.iterdir())


def test_an_inspected_archive_names_its_own_damaged_files(tmp_path: Path, temporary: Path) -> None:
    series_folders(tmp_path / "in")
    (tmp_path / "in" / "e").mkdir()
    (tmp_path / "in" / "e" / "IM9").write_bytes(bytes(128) + b"DICM" + bytes(300))
    archive = zipped(tmp_path / "in", tmp_path / "study.zip")
    found = inspect(archive, FOUR_PHASES)
    assert [problem.path for problem in found.problems] == [archive / "e" / "IM9"]
    assert str(temporary) not in str(found.as_dict())
    assert not list(temporary.iterdir())
