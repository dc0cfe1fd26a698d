"""mtinet listen as a program: killed in the middle it loses nothing, and its results reach a real archive."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pydicom
import pytest
from support.dicom_node import SCANNER, dcmsend, write_study
from support.orthanc import TITLE as ARCHIVE
from support.orthanc import free_port, running_orthanc
from support.small_models import random_model
from support.waiting import wait_until

from MTINetLib.cli import run
from MTINetLib.listener.folder import NodeFolder


@contextmanager
def listening(folder: Path, port: int, *more: str) -> Iterator[subprocess.Popen[str]]:
    words = ["listen", "-o", str(folder), "--port", str(port), "--address", "127.0.0.1", "--reserve", "0"]
    words += ["--from", f"{SCANNER}@127.0.0.1", "--device", "cpu", "--precision", "fp32", *more]
    process = subprocess.Popen(
        [sys.executable, "-m", "MTINetLib.cli", *words],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until_it_listens(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if "Listening" in line:
            return
    raise AssertionError("it ended before it listened")


def kill_the_process_that_analyzes(node: subprocess.Popen[str]) -> None:
    """Dask's nanny starts it by spawn."""
    psutil = pytest.importorskip("psutil")
    below = psutil.Process(node.pid).children(recursive=True)
    (worker,) = [one for one in below if "spawn_main" in " ".join(one.cmdline())]
    worker.kill()


@pytest.mark.slow
def test_a_killed_node_sends_the_results_at_its_next_start_also_when_its_worker_is_killed(
    tmp_path: Path,
) -> None:
    model, files = tmp_path / "model", write_study(tmp_path / "images", 5)
    random_model(model)
    node, port = tmp_path / "node", free_port()
    with listening(node, port, "--model", str(model), "--quiet", "600") as process:
        until_it_listens(process)
        assert dcmsend(port, files) == 0
        process.kill()
    (study,) = NodeFolder(node).studies()
    assert study.count() == len(files)
    with running_orthanc(tmp_path) as archive:
        to = f"{ARCHIVE}@127.0.0.1:{archive.dicom}"
        more = ("--model", str(model), "--quiet", "0", "--forward", to)
        with listening(node, free_port(), *more) as process:
            until_it_listens(process)
            kill_the_process_that_analyzes(process)
            wait_until(lambda: study.state().delivered or study.state().problem)
            process.kill()
            assert process.stderr is not None
            lines = process.stderr.read().splitlines()
        assert study.state().problem == ""
        assert [line for line in lines if study.name not in line and "Listening" not in line] == []
        sent = {str(pydicom.dcmread(file).SOPInstanceUID) for file in (study.results / "dicom").iterdir()}
        instances = [archive.get(f"/instances/{name}") for name in archive.get("/instances")]
        there = {instance["MainDicomTags"]["SOPInstanceUID"] for instance in instances}
        assert there == sent
        assert len(sent) >= 2, "a report as SR and as PDF, whatever was found"
        (found,) = archive.get("/studies")
        uid = archive.get(f"/studies/{found}")["MainDicomTags"]["StudyInstanceUID"]
        assert uid == pydicom.dcmread(files[0]).StudyInstanceUID


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--from", "SCANNER"], "--from SCANNER names no DICOM node"),
        (["--from", "S@127.0.0.1", "--forward", "PACS@host"], "--forward PACS@host names no DICOM node"),
        (["--from", "S@127.0.0.1", "--aet", "A" * 17], "is no application entity title"),
        (["--from", "S@127.0.0.1", "--model", "nowhere"], "nowhere"),
    ],
)
def test_what_cannot_be_used_ends_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    assert run(["listen", "-o", str(tmp_path / "node"), *words]) == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1
    assert not (tmp_path / "node").exists()
