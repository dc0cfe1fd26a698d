from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from support.made_analysis import made_analysis, made_study
from support.waiting import wait_until
from support.worker_study import is_gone, open_study

from MTINetLib.errors import Cancelled, InputError, MissingResourceError
from MTINetLib.findings import to_dict
from MTINetLib.worker.client import Call, WorkerClient
from MTINetLib.worker.requests import Report, Reported

STUDY = made_study()
MADE = made_analysis(STUDY)


def request(client: WorkerClient, out: Path, **changes: object) -> dict[str, object]:
    open_study(client, STUDY)
    labels = client.folder / "report-labels.npy"
    np.save(labels, MADE.labels)
    values = Report("study", str(labels), None, to_dict(MADE.findings), str(out), ("html", "json"))
    return {**values.to_dict(), **changes}


def test_the_formats_asked_for_are_written_with_the_readers_words(
    client: WorkerClient, tmp_path: Path
) -> None:
    out = tmp_path / "Befund Müller-Lüdenscheidt (2)"
    asked = request(client, out, comment="Kontrolle in 3 Monaten.", reader="Dr. Ärztin")
    files = Reported.from_dict(client.wait(client.submit("report", asked), timeout_s=120)).files
    assert [Path(file).name for file in files] == ["report.html", "findings.json"]
    html = (out / "report.html").read_text("utf-8")
    assert "Kontrolle in 3 Monaten." in html
    assert "Dr. Ärztin" in html
    assert sorted(path.name for path in out.iterdir()) == ["findings.json", "report.html"]


def test_a_folder_in_use_is_refused_unless_it_may_be_replaced(client: WorkerClient, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    asked = request(client, tmp_path, formats=["csv"])
    with pytest.raises(InputError, match="not empty"):
        client.wait(client.submit("report", asked), timeout_s=120)
    client.wait(client.submit("report", {**asked, "overwrite": True}), timeout_s=120)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["curves.csv", "lesions.csv", "notes.txt"]


def test_an_unknown_format_is_named(client: WorkerClient, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'odt'"):
        client.wait(client.submit("report", request(client, tmp_path / "r", formats=["odt"])), timeout_s=120)


def test_a_full_disk_leaves_nothing_and_is_one_sentence(faulty: WorkerClient, tmp_path: Path) -> None:
    asked = request(faulty, tmp_path / "report", formats=["json"])
    faulty.wait(faulty.submit("full_disk", {"names": ["findings.json"]}))
    with pytest.raises(MissingResourceError, match="disk is full: nothing was written to"):
        faulty.wait(faulty.submit("report", asked), timeout_s=120)
    assert list(tmp_path.iterdir()) == []
    # Another format does not meet the full disk: the worker lives on.
    faulty.wait(faulty.submit("report", {**asked, "formats": ["csv"]}), timeout_s=120)


def stuck(faulty: WorkerClient, out: Path, how: str) -> Call:
    """A report into ``out`` that will not go on by itself in its midst."""
    asked = request(faulty, out, formats=["json", "csv", "labels"])
    faulty.wait(faulty.submit("stuck_writing", {"name": "curves.csv", "how": how}))
    return faulty.submit("report", asked)


def is_begun(parent: Path) -> bool:
    """Whether the first file of a report is there, in the hidden folder; then so is the claim."""
    return bool(list(parent.glob(".mtinet-*/findings.json"))) and bool(list(parent.glob(".mtinet-*.lock")))


def test_a_cancelled_report_ends_by_itself_and_leaves_nothing(patient: WorkerClient, tmp_path: Path) -> None:
    call = stuck(patient, tmp_path / "report", "sleeps")
    wait_until(lambda: is_begun(tmp_path), patient.poll)
    pid = patient.pid
    patient.cancel(call)
    with pytest.raises(Cancelled):
        patient.wait(call)
    assert list(tmp_path.iterdir()) == []
    patient.wait(patient.submit("tell", {}))
    assert patient.pid == pid, "it was not killed"


def test_a_worker_that_dies_in_a_report_leaves_nothing_of_it(faulty: WorkerClient, tmp_path: Path) -> None:
    call = stuck(faulty, tmp_path / "Stapel 7" / "new" / "report", "dies")
    with pytest.raises(MissingResourceError, match="ended in the middle of its work"):
        faulty.wait(call)
    assert list(tmp_path.iterdir()) == []


def test_a_cancel_that_must_kill_the_worker_leaves_nothing_of_the_report(
    faulty: WorkerClient, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / ".mtinet-0123456789ab").mkdir()  # of another run
    call = stuck(faulty, tmp_path / "report", "hangs")
    wait_until(lambda: (faulty.folder / "hangs").exists(), faulty.poll)
    assert is_begun(tmp_path)
    faulty.cancel(call)
    with pytest.raises(Cancelled):
        faulty.wait(call)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".mtinet-0123456789ab", "notes.txt"]


def test_a_client_that_is_closed_in_a_report_leaves_nothing_of_it(
    faulty: WorkerClient, tmp_path: Path
) -> None:
    stuck(faulty, tmp_path / "report", "hangs")
    wait_until(lambda: (faulty.folder / "hangs").exists(), faulty.poll)
    assert is_begun(tmp_path)
    faulty.close()
    assert list(tmp_path.iterdir()) == []


def test_a_worker_whose_client_was_killed_in_a_report_leaves_nothing_of_it(
    faulty: WorkerClient, tmp_path: Path
) -> None:
    stuck(faulty, tmp_path / "report", "sleeps")
    wait_until(lambda: is_begun(tmp_path), faulty.poll)
    pid = faulty.pid
    assert pid is not None
    assert faulty._held._private is not None
    faulty._held._private._lock.release()  # as the system does when the client is killed
    wait_until(lambda: is_gone(pid))
    assert list(tmp_path.iterdir()) == []


def test_everything_works_in_a_temporary_folder_with_spaces_and_letters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = tmp_path / "Mein Ordner ß – 肝臓"
    odd.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(odd))
    client = WorkerClient()
    asked = request(client, odd / "Bericht", formats=["csv", "labels"])
    assert client.folder.is_relative_to(odd.resolve())
    files = Reported.from_dict(client.wait(client.submit("report", asked), timeout_s=120)).files
    assert all(Path(file).is_file() for file in files)
    client.close()
    assert [path.name for path in odd.iterdir()] == ["Bericht"]
