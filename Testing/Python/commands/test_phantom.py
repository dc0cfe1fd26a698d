"""mtinet phantom writes a dataset that can be read back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from MTINetLib.cli import run
from MTINetLib.study.dataset_folder import read_dataset


def test_a_dataset_is_made(tmp_path: Path) -> None:
    out = tmp_path / "set"
    assert run(["phantom", "-o", str(out), "--cases", "1", "--seed", "5", "--slices", "3-3"]) == 0
    (case,) = read_dataset(out)
    assert all(path.is_file() for path in case.phase_paths.values())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--format", "png"], "png"),
        (["--cases", "0"], "0 cases"),
        (["--slices", "many"], "many"),
    ],
)
def test_wrong_words_are_refused(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["phantom", "-o", str(tmp_path / "set"), *arguments]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send to a process")
def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "MTINetLib.cli", "phantom", "-o", str(tmp_path / "set"), "--cases", "50"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        until = time.monotonic() + 120
        while not list(tmp_path.iterdir()) and time.monotonic() < until:
            time.sleep(0.05)
        assert list(tmp_path.iterdir()), "the work never began"
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 130
    assert told == "mtinet: Cancelled.\n"
    assert list(tmp_path.iterdir()) == []
