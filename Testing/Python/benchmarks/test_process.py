"""Running a program and watching its memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.waiting import wait_until
from support.worker_study import is_gone, kill

from benchmarks.process import CutShort, run_process
from MTINetLib.errors import MTINetError


def test_wall_time_counts_from_before_the_process_to_its_end() -> None:
    run = run_process(["-c", "import time; time.sleep(0.3)"], failed="no")
    assert run.seconds >= 0.3


def test_peak_memory_sees_what_was_freed_again() -> None:
    pytest.importorskip("psutil")
    hold = "import time; block = bytearray(b'x') * 200_000_000; {drop}time.sleep(1.5)"
    small = run_process(["-c", "import time; time.sleep(1.5)"], failed="no").peak_rss_gb
    freed = run_process(["-c", hold.format(drop="time.sleep(1.5); del block; ")], failed="no").peak_rss_gb
    assert small is not None
    assert freed is not None
    assert 0.18 < freed - small < 0.3


def test_peak_memory_counts_the_processes_that_it_starts() -> None:
    pytest.importorskip("psutil")
    child = "import time; block = bytearray(b'x') * 150_000_000; time.sleep(1.5)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    peak = run_process(["-c", parent], failed="no").peak_rss_gb
    assert peak is not None
    assert peak > 0.15


def test_a_program_that_fails_is_an_error_with_its_last_words() -> None:
    with pytest.raises(MTINetError, match=r"It broke \(exit code 3\): why"):
        run_process(
            ["-c", "import sys; print('first\\nwhy', file=sys.stderr); sys.exit(3)"], failed="It broke"
        )


def test_a_program_that_hangs_is_ended_with_what_it_started_in_sessions_of_its_own(tmp_path: Path) -> None:
    pytest.importorskip("psutil")
    child = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"
    parent = (
        "import subprocess, sys, time; "
        f"subprocess.Popen([sys.executable, '-c', {child!r}, sys.argv[1]], start_new_session=True); "
        "time.sleep(600)"
    )
    with pytest.raises(CutShort, match=r"^not done after 12 s, ended$"):  # time to start two processes
        run_process(["-c", parent, str(tmp_path / "pid")], failed="no", seconds=12.0)
    pid = int((tmp_path / "pid").read_text(encoding="utf-8"))
    wait_until(lambda: is_gone(pid))


def test_a_program_whose_words_are_held_open_by_another_still_ends(tmp_path: Path) -> None:
    child = "import time; time.sleep(600)"
    parent = (
        f"import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {child!r}]); "
        "open(sys.argv[1], 'w').write(str(child.pid))"
    )
    try:
        run_process(["-c", parent, str(tmp_path / "pid")], failed="no", seconds=120.0)  # not cut short
        assert not is_gone(int((tmp_path / "pid").read_text(encoding="utf-8")))
    finally:
        kill(int((tmp_path / "pid").read_text(encoding="utf-8")))
