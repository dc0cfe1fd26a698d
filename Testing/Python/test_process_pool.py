"""Processes that share the processors, and that say how they died."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import pool_tasks

from MTINetLib import process_pool
from MTINetLib.errors import Cancelled, MissingResourceError
from MTINetLib.process_pool import run_in_processes, threads_here, usable_cores


@pytest.mark.parametrize(("cores", "processes", "each"), [(16, 2, 8), (2, 2, 1), (1, 2, 1)])
def test_processes_times_threads_are_no_more_than_the_processors(
    monkeypatch: pytest.MonkeyPatch, cores: int, processes: int, each: int
) -> None:
    monkeypatch.setattr(process_pool, "usable_cores", lambda: cores)
    told = [answer for _, answer in run_in_processes(pool_tasks.threads, range(4), processes, title=str)]
    assert {answer["sitk"] for answer in told} == {each}
    assert {answer["variable"] for answer in told} == {str(each)}
    assert {answer["alignment"] for answer in told} == {min(3, each)}
    if each == 1:
        # The one that works, the one that watches the parent, and SimpleITK's, which sleep.
        assert max(answer["alive"] for answer in told) <= 4


def test_every_task_is_answered_with_its_number() -> None:
    assert dict(run_in_processes(pool_tasks.fate, list("abcde"), 2, title=str)) == dict(enumerate("abcde"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("killed", "worked on case killed was killed from outside .* memory"),
        ("crashed", r"worked on case crashed crashed \(signal 11, SIGSEGV\)"),
        ("exited", r"worked on case exited ended by itself \(exit code 7\)"),
    ],
)
def test_a_process_that_dies_says_how_and_at_what(what: str, told: str) -> None:
    with pytest.raises(MissingResourceError, match=told):
        list(run_in_processes(pool_tasks.fate, ["slow", what], 2, title=lambda task: f"case {task}"))
    assert not multiprocessing.active_children()


def test_an_error_comes_back_as_it_is() -> None:
    with pytest.raises(ValueError, match="told by a test"):
        list(run_in_processes(pool_tasks.fate, ["refused", "slow"], 2, title=str))


def test_a_module_that_cannot_be_imported_is_named() -> None:
    def elsewhere(task: object) -> None: ...

    elsewhere.__module__ = "no_such_module_of_mine"
    with pytest.raises(ImportError, match="no_such_module_of_mine"):
        list(run_in_processes(elsewhere, [1, 2], 2, title=str))


def test_a_script_without_a_main_guard_is_told(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(
        "from support import pool_tasks\n"
        "from MTINetLib.process_pool import run_in_processes\n"
        "print(list(run_in_processes(pool_tasks.fate, ['a', 'b'], 2, title=str)))\n"
    )
    root = Path(__file__).resolve().parents[2]
    paths = os.pathsep.join([str(root), str(root / "Testing")])
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "needs `if __name__ == '__main__':`" in done.stderr


def test_the_work_looks_up_often_and_ends_when_it_is_told_to() -> None:
    looked = []

    def look_up() -> None:
        looked.append(True)
        if len(looked) > 15:
            raise Cancelled

    with pytest.raises(Cancelled):
        list(run_in_processes(pool_tasks.fate, ["slow", "slow"], 2, title=str, look_up=look_up))
    assert not multiprocessing.active_children()


def test_outside_a_pool_the_processors_are_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(process_pool.THREADS_VARIABLE, raising=False)
    assert threads_here(1000) == usable_cores()
    monkeypatch.setenv(process_pool.THREADS_VARIABLE, "2")
    assert threads_here(1000) == 2
