"""Two runs into one place: the second is told before its work begins; a dead run holds nothing."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from MTINetLib import claim
from MTINetLib.claim import claimed
from MTINetLib.cli import run
from MTINetLib.errors import InputError

_HOLD = (
    "import sys\nfrom pathlib import Path\nfrom MTINetLib.claim import claimed\n"
    "with claimed(Path(sys.argv[1])):\n    print('held', flush=True)\n    sys.stdin.read()\n"
)


def held(place: Path) -> subprocess.Popen[str]:
    """Another process that holds the place until its stdin closes."""
    command = [sys.executable, "-c", _HOLD, str(place)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def let_go(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=60)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "new" / "Befund ö 1"


def test_a_second_process_is_refused_and_the_place_named(place: Path) -> None:
    other = held(place)
    try:
        with pytest.raises(InputError, match=r"is writing to .*Befund ö 1"), claimed(place):
            pytest.fail("held twice")
    finally:
        let_go(other)
    with claimed(place):
        pass


def test_other_work_of_the_same_process_is_refused_too(place: Path) -> None:
    def hold() -> None:
        with claimed(place):
            pytest.fail("held twice")

    with claimed(place), ThreadPoolExecutor(1) as other, pytest.raises(InputError, match="Another run"):
        other.submit(hold).result()
    with claimed(place):
        pass


def test_a_part_of_the_work_that_holds_a_place_may_claim_it_and_gives_nothing_back(place: Path) -> None:
    with claimed(place):
        with claimed(place):
            pass
        with pytest.raises(InputError, match="Another run"), ThreadPoolExecutor(1) as other:
            other.submit(claimed(place).__enter__).result()


def test_other_places_are_free(place: Path) -> None:
    with claimed(place), claimed(place.with_name("Befund ö 2")), claimed(place / "inside"):
        pass


def test_a_process_that_was_killed_holds_nothing(place: Path) -> None:
    other = held(place)
    os.kill(other.pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    other.wait(timeout=60)
    with claimed(place):
        pass


def test_nothing_of_a_claim_stays(place: Path, tmp_path: Path) -> None:
    with claimed(place):
        assert place.parent.is_dir()
        assert not place.exists()
    assert list(tmp_path.iterdir()) == []
    with claimed(place):
        place.mkdir()
    assert list(place.parent.iterdir()) == [place]


def test_two_names_of_one_place_are_one(place: Path, tmp_path: Path) -> None:
    place.parent.mkdir()
    link = tmp_path / "link"
    try:
        link.symlink_to(place.parent, target_is_directory=True)
    except OSError:
        pytest.skip("this user may make no links")
    other = held(place)
    try:
        with pytest.raises(InputError, match="Another run"), claimed(link / place.name):
            pytest.fail("held twice")
    finally:
        let_go(other)


def test_a_very_long_name_can_be_held(tmp_path: Path) -> None:
    place = tmp_path / ("x" * 250)
    other = held(place)
    try:
        with pytest.raises(InputError, match="Another run"), claimed(place):
            pytest.fail("held twice")
    finally:
        let_go(other)


@pytest.mark.parametrize("refusing", ["open", "lock"])
def test_where_there_can_be_no_claim_the_work_goes_on(
    refusing: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> bool:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(*((Path, "open") if refusing == "open" else (claim, "_lock")), refuse)
    with claimed(place):
        pass
    assert not place.parent.exists() or list(place.parent.iterdir()) == []


#: A folder that is there; nobody comes to read it.
ELSEWHERE = Path(__file__).parent
COMMANDS: dict[str, Callable[[Path], list[str]]] = {
    "analyze": lambda out: ["analyze", str(ELSEWHERE), "-o", str(out)],
    "analyze --overwrite": lambda out: ["analyze", str(ELSEWHERE), "-o", str(out), "--overwrite"],
    "phantom": lambda out: ["phantom", "-o", str(out), "-n", "1"],
    "import": lambda out: ["import", "folder", str(ELSEWHERE), "-o", str(out)],
    "evaluate": lambda out: ["evaluate", str(out.parent), "-o", str(out), "--device", "cpu"],
    "train": lambda out: ["train", str(out.parent), "-o", str(out)],
    "demo": lambda out: ["demo", "-o", str(out)],
    "bench": lambda out: ["bench", "-o", str(out), "--quick"],
    "bench --recognition": lambda out: ["bench", "-o", str(out), "--recognition"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_writes_refuses_a_place_inside_a_file_before_its_work(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("x")
    out = tmp_path / "file" / "a" / "out"
    assert run(COMMANDS[name](out)) == 2
    told = capsys.readouterr()
    assert told.err == (
        f"mtinet: {out} cannot be made, for {tmp_path / 'file'} is no folder: choose another place.\n"
    )
    assert told.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_writes_refuses_a_forbidden_place_before_its_work(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", forbidden)
    out = tmp_path / "out"
    assert run(COMMANDS[name](out)) == 2
    told = capsys.readouterr()
    assert told.err == f"mtinet: {out} may not be written to: choose another folder for the results.\n"
    assert told.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_writes_is_refused_before_its_work(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    other = held(out)
    try:
        assert run(COMMANDS[name](out)) == 2
    finally:
        let_go(other)
    told = capsys.readouterr().err
    assert told.startswith(f"mtinet: Another run of MTINet is writing to {out}")
    assert list(tmp_path.iterdir()) == []
