"""A cohort of a real archive has the results that a folder tree of the same studies has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import pytest
from support.orthanc import Orthanc, running_orthanc, web_of
from support.worklist import noisy_study

from MTINetLib.cli import run as run_command
from MTINetLib.cohort import web_archive
from MTINetLib.cohort.cluster import Workers, local_workers, plan_here
from MTINetLib.cohort.cohort import Cohort, CohortOrder, Ran
from MTINetLib.cohort.web_archive import WebSource
from MTINetLib.cohort.work import Work
from MTINetLib.models.info import told_info
from MTINetLib.phantom.dicom_writer import write_study_as_dicom
from MTINetLib.progress import Silent
from MTINetLib.report.sending.objects import objects_in
from MTINetLib.report.sending.secure import tls_context
from MTINetLib.report.sending.stow import WebArchive, send_by_stow

pytest.importorskip("distributed")
pytest.importorskip("dicomweb_client", reason="not installed: python -m pip install dicomweb-client")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three studies, one of them without a phase."""
    root = tmp_path_factory.mktemp("tree")
    for number in (1, 2, 3):
        folders = write_study_as_dicom(
            root / str(number), noisy_study(number), patient_id=f"SECRET-{number}", study_seed=number
        )
        if number == 3:
            for path in next(iter(folders.values())).iterdir():
                path.unlink()
    return root


@pytest.fixture(scope="module")
def orthanc(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    with running_orthanc(tmp_path_factory.mktemp("orthanc")) as running:
        there = WebArchive(web_of(running), tls_context(None, None, None))
        assert all(sent.arrived for sent in send_by_stow(objects_in(tree), there))
        yield running


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with local_workers(plan_here(1, "cpu"), processes=False) as there:
        yield there


def run(source: Path | WebSource, out: Path, model: Path, workers: Workers) -> tuple[Ran, list[str]]:
    info, done = told_info(model), []
    ways: dict[str, Any] = {"device": "cpu", "precision": "fp32", "formats": ("json", "csv", "labels")}
    order = CohortOrder(source, out, Work(str(out), str(model), info.sha256, **ways), info)
    with closing(Cohort(order)) as begun:
        ran = begun.run(
            begun.waiting(Silent()),
            lambda: nullcontext(workers),
            in_words=str,
            told=lambda study, problem: done.append(study.name),
        )
    return ran, done


def files_of(out: Path) -> dict[str, bytes]:
    """Every file of the studies' results; what names time and place is left out."""
    found = {}
    for path in sorted((out / "studies").rglob("*")):
        if path.is_file() and path.name != "source.json":
            lines = path.read_bytes().split(b"\n")
            found[path.relative_to(out).as_posix()] = b"\n".join(
                line for line in lines if b"created_utc" not in line
            )
    return found


def test_results_are_those_of_a_tree_and_a_second_run_fetches_nothing(
    orthanc: Orthanc,
    tree: Path,
    tmp_path: Path,
    model: Path,
    workers: Workers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(web_archive, "PAGE", 5)  # eleven series: pages end inside of studies
    archive = WebArchive(web_of(orthanc), tls_context(None, None, None))
    source = WebSource(archive, ({"PatientID": "SECRET-1"}, {"StudyDate": "20000101-"}))
    ran, done = run(source, tmp_path / "web", model, workers)
    alone, _ = run(tree, tmp_path / "tree", model, workers)
    assert (ran.done, len(done)) == (alone.done, 3) == (2, 3)
    assert files_of(tmp_path / "web") == files_of(tmp_path / "tree")
    (problem,) = ran.set_aside.values()
    (of_tree,) = alone.set_aside.values()
    assert problem.reason.replace(problem.study, "it") == of_tree.reason.replace(of_tree.source, "it")
    assert not list((tmp_path / "web").rglob("*.dcm"))
    assert not (tmp_path / "web" / ".unfinished").exists()
    assert "SECRET" not in "".join(path.read_text() for path in (tmp_path / "web").rglob("*.json"))
    before = orthanc.get("/changes?last")["Last"]
    assert run(source, tmp_path / "web", model, workers)[1] == []
    assert orthanc.get("/changes?last")["Last"] == before


def test_the_command_asks_for_a_source_and_takes_no_credentials(
    orthanc: Orthanc,
    tmp_path: Path,
    model: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def said(*words: str) -> str:
        asked = ["cohort", *words, "-o", str(tmp_path / "out"), "--model", str(model), "--device", "cpu"]
        assert run_command(asked) == 2
        return capsys.readouterr().err

    assert "either SOURCE, or --dicomweb" in said()
    assert "either SOURCE, or --dicomweb" in said(str(tmp_path), "--dicomweb", web_of(orthanc))
    assert "belong to --dicomweb" in said(str(tmp_path), "--query", "PatientID=1")
    assert "--query" in said("--dicomweb", web_of(orthanc))
    assert "Leave user and password out" in said("--dicomweb", "https://a:b@c/d", "--query", "PatientID=1")
    assert "no MR studies" in said("--dicomweb", web_of(orthanc), "--query", "PatientID=nobody")
    wrong = f"http://127.0.0.1:{orthanc.http}/nothing"
    assert "no QIDO-RS service" in said("--dicomweb", wrong, "--query", "PatientID=1")
    monkeypatch.setenv("MTINET_DICOMWEB_TOKEN", "kept secret")
    away = said("--dicomweb", "http://archive.invalid/dicom-web", "--query", "PatientID=1")
    assert "unencrypted" in away
    assert "secret" not in away
