from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from MTINetLib.alive import AliveLock, owner_is_gone
from MTINetLib.worker.channel import LineReader, LineWriter, parsed


def test_lines_come_whole_and_once(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    reader = LineReader(path)
    assert list(reader.lines()) == []
    writer = LineWriter(path)
    writer.write({"a": "ü"})
    with path.open("ab") as file:
        file.write(b'{"b": ')
    assert [parsed(line) for line in reader.lines()] == [{"a": "ü"}]
    assert list(reader.lines()) == []
    with path.open("ab") as file:
        file.write(b"2}\n")
    writer.write({"c": 3})
    assert [parsed(line) for line in reader.lines()] == [{"b": 2}, {"c": 3}]
    writer.close()


def test_a_line_that_is_no_object_is_nothing() -> None:
    assert parsed(b"\xff") is None
    assert parsed(b"[1]") is None
    assert parsed(b"") is None


def in_another_process(folder: Path) -> bool:
    """What the worker sees of a folder's owner."""
    code = (
        "import sys, pathlib; from MTINetLib.alive import owner_is_gone; "
        "print(owner_is_gone(pathlib.Path(sys.argv[1])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True
    )
    return done.stdout.strip() == "True"


def test_the_other_process_sees_whether_the_owner_is_there(tmp_path: Path) -> None:
    lock = AliveLock(tmp_path)
    assert not in_another_process(tmp_path)
    lock.release()
    assert in_another_process(tmp_path)


def test_a_folder_that_is_gone_has_no_owner_and_one_without_a_lock_is_not_judged(tmp_path: Path) -> None:
    assert owner_is_gone(tmp_path / "gone")
    assert not owner_is_gone(tmp_path)
