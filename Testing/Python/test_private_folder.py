"""Temporary folders of killed processes go when the next one is made; those of living ones stay."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from MTINetLib.alive import NAME
from MTINetLib.private_folder import PrivateFolder

_HOLD = (
    "import sys\nfrom MTINetLib.private_folder import PrivateFolder\n"
    "folder = PrivateFolder(sys.argv[1])\nprint(folder.path, flush=True)\nsys.stdin.read()\n"
)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def of_another_process(purpose: str) -> tuple[subprocess.Popen[str], Path]:
    """A process with such a folder, which looks as if it were made long ago."""
    command = [sys.executable, "-c", _HOLD, purpose]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    folder = Path(process.stdout.readline().strip())
    (folder / "image.npy").write_bytes(b"of a patient")
    os.utime(folder / NAME, (0, 0))
    return process, folder


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate(timeout=60)


def test_what_a_killed_process_left_goes_and_what_a_living_one_uses_stays() -> None:
    (killed, left), (living, used), (other, other_left) = map(of_another_process, ("x", "x", "y"))
    try:
        end(killed)
        end(other)
        seen: list[Path] = []
        own = PrivateFolder("x", seen.append)
        assert seen == [left]
        assert not left.exists()
        assert (used / "image.npy").exists()
        assert other_left.exists()  # another purpose's
        own.close()
    finally:
        end(living)


def test_own_folders_stay_and_go_when_they_are_closed(temporary: Path) -> None:
    first = PrivateFolder("x")
    os.utime(first.path / NAME, (0, 0))
    second = PrivateFolder("x")
    assert first.path.is_dir()
    assert {path.name.partition("-")[0] for path in temporary.iterdir()} == {"mtinet"}
    first.close()
    second.close()
    assert list(temporary.iterdir()) == []


def test_a_folder_that_is_just_being_made_stays(temporary: Path) -> None:
    young = temporary / "mtinet-x-young"
    young.mkdir()
    (young / NAME).touch()
    PrivateFolder("x").close()
    assert young.is_dir()
