"""Workers in processes of their own that are killed, and a scheduler that goes away."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cohort_tasks import fate, studies
from support.waiting import wait_until

from MTINetLib.cohort import cluster
from MTINetLib.cohort.cluster import batch_workers, local_workers, plan_here, workers_of
from MTINetLib.cohort.run import refuse_other_workers, run_studies
from MTINetLib.cohort.work import Work
from MTINetLib.errors import InputError, MissingResourceError

pytest.importorskip("distributed")


def work_in(out: Path) -> Work:
    return Work(str(out), "model", "")


def tries(out: Path, name: str) -> list[str]:
    return (out / f"{name}.tries").read_text().splitlines()


def test_a_killed_worker_is_replaced_and_its_study_tried_again_twice(tmp_path: Path) -> None:
    names = ("a", "always-killed", "defect", "b")
    with local_workers(plan_here(1, "cpu")) as workers:
        finished = list(run_studies(workers, studies(*names), work_in(tmp_path), repr, fate))
    outcomes = {one.study.name: one.outcome for one in finished}
    assert [*outcomes] == [*names]
    assert {name for name, outcome in outcomes.items() if outcome.problem} == {"always-killed", "defect"}
    assert "was ended 3 times" in outcomes["always-killed"].problem
    assert outcomes["defect"].problem == "ZeroDivisionError('told by a test')"
    killed = tries(tmp_path, "always-killed")
    assert len(set(killed)) == 3
    assert tries(tmp_path, "a") == killed[:1]
    assert len({*tries(tmp_path, "b"), *killed}) == 4


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A scheduler and two workers, each a process of its own, that talk over TCP."""
    place = tmp_path / "scheduler.json"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    start = [sys.executable, "-m"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment, "cwd": tmp_path}
    commands = [
        [*start, "distributed.cli.dask_scheduler", "--no-dashboard", "--port", "0"],
        *[[*start, "distributed.cli.dask_worker", "--no-nanny", "--nthreads", "1", "--no-dashboard"]] * 2,
    ]
    host = ["--host", "127.0.0.1", "--scheduler-file", str(place)]
    processes = [subprocess.Popen([*command, *host], **quiet) for command in commands]  # type: ignore[call-overload]
    try:
        wait_until(lambda: place.is_file() and place.read_text().endswith("}"))
        import json

        yield processes[0], json.loads(place.read_text())["address"]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_two_workers_of_a_scheduler_elsewhere_share_the_studies_and_its_end_is_a_sentence(
    scheduler: tuple[subprocess.Popen[bytes], str], tmp_path: Path
) -> None:
    process, address = scheduler
    with workers_of(address) as workers:
        workers.client.wait_for_workers(2)
        with pytest.raises(InputError, match=r"The worker tcp.* does not see model: the workers need"):
            refuse_other_workers(workers, work_in(tmp_path))
        (tmp_path / "model").mkdir()
        refuse_other_workers(workers, Work(str(tmp_path), str(tmp_path / "model"), ""))
        names = ["meets-1", "meets-2", "a", "b"]  # the first two end only if each has a worker
        finished = list(run_studies(workers, studies(*names), work_in(tmp_path), repr, fate))
        assert sorted(one.study.name for one in finished) == sorted(names)
        at_work = run_studies(workers, studies("g", "slow"), work_in(tmp_path), repr, fate)
        assert next(at_work).study.name == "g"
        process.kill()
        with pytest.raises(MissingResourceError, match=r"scheduler of \d workers? of tcp.* went away"):
            next(at_work)


def test_no_scheduler_and_no_worker_end_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_START_S", 0.2)
    for address in ("tcp://127.0.0.1:1", "nonsense://x"):
        said = f"No Dask scheduler answers at {address}"
        with pytest.raises(MissingResourceError, match=said), workers_of(address):
            pass


def test_jobs_are_described_by_a_file_and_need_a_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "jobs.yaml"
    with pytest.raises(InputError, match="no readable YAML"), batch_workers(file, 2):
        pass
    file.write_text("cloud: {cores: 2}\n")
    with pytest.raises(InputError, match="needs one key, one of slurm, pbs"), batch_workers(file, 2):
        pass
    file.write_text("slurm: {cores: 2, memory: 8 GB}\n")
    monkeypatch.setitem(sys.modules, "dask_jobqueue", None)
    said = "needs the package dask-jobqueue"
    with pytest.raises(MissingResourceError, match=said), batch_workers(file, 2):
        pass
