"""A program that is told to end leaves nothing half-written and no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.waiting import wait_until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to send to a process")

#: Starts the program with a signal at its default, ignored, or as it is inherited.
_START = (
    "import signal, sys\n"
    "signal.signal(signal.SIGINT, {sigint})\n"
    "signal.signal(signal.SIGHUP, {sighup})\n"
    "from MTINetLib.cli import main\n"
    "if __name__ == '__main__':\n"
    "    sys.exit(main())\n"
)


def start(
    tmp_path: Path, *arguments: str, sigint: str = "signal.SIG_IGN", sighup: str = "signal.SIG_DFL"
) -> subprocess.Popen[str]:
    """As a shell in the background starts it, unless told otherwise."""
    script = tmp_path / "start.py"
    script.write_text(_START.format(sigint=sigint, sighup=sighup))
    command = [sys.executable, str(script), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_work(folder: Path) -> None:
    """Until the temporary folder holds a whole study."""
    wait_until(lambda: list(folder.glob(".set-*/cases/*/truth.json")), told=lambda: "the work never began")


def children_of(pid: int) -> list[int]:
    found = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout
    pairs = [line.split() for line in found.splitlines()]
    return [int(child) for child, parent in pairs if int(parent) == pid]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return not state.startswith("Z")


@pytest.mark.parametrize(
    ("sent", "dispositions"),
    [
        (signal.SIGTERM, {}),
        (signal.SIGHUP, {}),
        (signal.SIGINT, {"sigint": "signal.default_int_handler"}),
    ],
)
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_ending_is_a_cancellation(
    sent: signal.Signals, dispositions: dict[str, str], jobs: str, tmp_path: Path
) -> None:
    out = tmp_path / "place" / "set"
    process = start(
        tmp_path, "phantom", "-o", str(out), "-n", "200", "--slices", "4-4", "--jobs", jobs, **dispositions
    )
    try:
        wait_for_work(out.parent)
        children = children_of(process.pid)
        process.send_signal(sent)
        _, told = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 130
    assert told == "mtinet: Cancelled.\n"
    assert list(tmp_path.iterdir()) == [tmp_path / "start.py"]
    assert (jobs == "1") == (not children)
    wait_until(lambda: not any(map(is_running, children)), told=lambda: "processes stayed behind")


def test_what_was_ignored_stays_ignored(tmp_path: Path) -> None:
    out = tmp_path / "place" / "set"
    arguments = ("phantom", "-o", str(out), "-n", "2", "--slices", "4-4")
    process = start(tmp_path, *arguments, sighup="signal.SIG_IGN")
    try:
        wait_for_work(out.parent)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGHUP)
        _, told = process.communicate(timeout=120)
    finally:
        process.kill()
    assert (process.returncode, told) == (0, "")
    assert (out / "cases.csv").is_file()
