"""Workers in processes of their own that are killed, and a scheduler that goes away."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.certificate import make_certificate
from support.cohort_tasks import fate, studies
from support.waiting import wait_until

from MTINetLib.cohort import cluster
from MTINetLib.cohort.cluster import SchedulerTls, batch_workers, local_workers, plan_here, workers_of
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


@contextmanager
def running_scheduler(place: Path, *more: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A scheduler and two workers, each a process of its own, with ``more`` words on its command line."""
    told = place / "scheduler.json"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    start = [sys.executable, "-m"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment, "cwd": place}
    commands = [
        [*start, "distributed.cli.dask_scheduler", "--no-dashboard", "--port", "0"],
        *[[*start, "distributed.cli.dask_worker", "--no-nanny", "--nthreads", "1", "--no-dashboard"]] * 2,
    ]
    words = ["--host", "127.0.0.1", "--scheduler-file", str(told), *more]
    processes = [subprocess.Popen([*command, *words], **quiet) for command in commands]  # type: ignore[call-overload]
    try:
        wait_until(lambda: told.is_file() and told.read_text().endswith("}"))
        yield processes[0], json.loads(told.read_text())["address"]
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    with running_scheduler(tmp_path) as running:
        yield running


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


def test_workers_that_speak_tls_take_those_whom_they_trust_and_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ours", "strange"):
        (tmp_path / name).mkdir()
    ours, strange = make_certificate(tmp_path / "ours"), make_certificate(tmp_path / "strange")
    own = SchedulerTls(ours.certificate, ours.certificate, ours.key)
    words = ["--tls-ca-file", ours.certificate, "--tls-cert", ours.certificate, "--tls-key", ours.key]
    with running_scheduler(tmp_path, "--protocol", "tls", *map(str, words)) as (_, address):
        assert address.startswith("tls://")
        with workers_of(address, own) as workers:
            workers.client.wait_for_workers(2)
            names = ["meets-1", "meets-2"]
            finished = list(run_studies(workers, studies(*names), work_in(tmp_path), repr, fate))
            assert sorted(one.study.name for one in finished) == names
        monkeypatch.setattr(cluster, "_START_S", 4)
        stranger = SchedulerTls(ours.certificate, strange.certificate, strange.key)
        misled = SchedulerTls(strange.certificate, ours.certificate, ours.key)
        for wrong in (stranger, misled, None):
            said = f"No Dask scheduler answers at {address}.*certificates"
            with pytest.raises(MissingResourceError, match=said), workers_of(address, wrong):
                pass
    with pytest.raises(InputError, match="cannot be used: name PEM files that belong together"):
        SchedulerTls(ours.certificate, ours.certificate, strange.key)


def test_no_scheduler_and_no_worker_end_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def half_made(*_: object, **__: object) -> None:
        raise AssertionError("a Client that cannot connect is never made")

    monkeypatch.setattr(cluster, "_START_S", 0.2)
    monkeypatch.setattr("distributed.Client", half_made)
    for address in ("tcp://127.0.0.1:1", "nonsense://x"):
        said = f"No Dask scheduler answers at {address}"
        with pytest.raises(MissingResourceError, match=said), workers_of(address):
            pass


def test_a_scheduler_is_asked_inside_a_running_loop_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async def inside() -> None:
        with pytest.raises(MissingResourceError) as raised, workers_of("tcp://127.0.0.1:1"):
            pass
        assert isinstance(raised.value.__cause__, OSError)

    monkeypatch.setattr(cluster, "_START_S", 0.2)
    asyncio.run(inside())


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


@pytest.mark.skipif(sys.platform == "win32", reason="batch systems run shell scripts")
def test_jobs_of_slurm_do_the_work_and_end_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("dask_jobqueue", reason="not installed: python -m pip install dask-jobqueue")
    programs = tmp_path / "programs"
    programs.mkdir()
    submit = f'nohup sh "$1" >>{tmp_path}/jobs.log 2>&1 & echo "Submitted job $!" | tee -a {tmp_path}/began'
    end = f'echo "$1" >>{tmp_path}/ended; pkill -P "$1"; kill "$1" 2>/dev/null; true'
    for name, line in (("sbatch", submit), ("scancel", end)):
        (programs / name).write_text(f"#!/bin/sh\n{line}\n")
        (programs / name).chmod(0o700)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    file = tmp_path / "jobs.yaml"
    file.write_text(f"slurm: {{cores: 1, memory: 2 GB, interface: lo, python: {sys.executable}}}\n")
    with batch_workers(file, 2) as workers:
        workers.client.wait_for_workers(2)
        names = ["meets-1", "meets-2"]
        finished = list(run_studies(workers, studies(*names), work_in(tmp_path), repr, fate))
        assert sorted(one.study.name for one in finished) == names
        told = workers.client.run(lambda: __import__("dask").config.get("distributed.worker.memory.pause"))
        assert set(told.values()) == {False}
    began = [line.split()[-1] for line in (tmp_path / "began").read_text().splitlines()]
    assert sorted((tmp_path / "ended").read_text().split()) == sorted(began)
    file.write_text("slurm: {cores: 1}\n")
    with pytest.raises(InputError, match="cannot be used"), batch_workers(file, 2):
        pass
