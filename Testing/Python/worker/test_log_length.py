from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from MTINetLib.worker.log_length import LONGEST

_SPEAK = (
    "import os, sys\nfrom MTINetLib.worker.log_length import keep_log_short\n"
    "os.write(2, b'x' * int(sys.argv[1]))\nkeep_log_short()\nos.write(2, b'after')\n"
)


@pytest.mark.parametrize(("length", "left"), [(LONGEST, LONGEST + 5), (LONGEST + 1, 5)])
def test_a_long_log_begins_anew_and_a_short_one_stays(length: int, left: int, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("ab") as file:
        subprocess.run([sys.executable, "-c", _SPEAK, str(length)], stderr=file, check=True)
    assert log.stat().st_size == left
    assert log.read_bytes().endswith(b"after")


def test_what_is_no_file_is_left_alone() -> None:
    command = [sys.executable, "-c", _SPEAK, str(LONGEST + 1)]
    ended = subprocess.run(command, capture_output=True, check=True)
    assert len(ended.stderr) == LONGEST + 6
