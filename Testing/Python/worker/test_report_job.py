from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from support.made_analysis import made_analysis, made_study
from support.worker_study import open_study

from MTINetLib.errors import Cancelled, InputError, MissingResourceError
from MTINetLib.findings import to_dict
from MTINetLib.worker.client import WorkerClient
from MTINetLib.worker.messages import Report, Reported

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
        client.wait(client.submit("report", asked), timeout_s=60)
    client.wait(client.submit("report", {**asked, "overwrite": True}), timeout_s=60)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["curves.csv", "lesions.csv", "notes.txt"]


def test_an_unknown_format_is_named(client: WorkerClient, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'odt'"):
        client.wait(client.submit("report", request(client, tmp_path / "r", formats=["odt"])), timeout_s=60)


def test_a_full_disk_leaves_nothing_and_is_one_sentence(faulty: WorkerClient, tmp_path: Path) -> None:
    asked = request(faulty, tmp_path / "report")
    faulty.wait(faulty.submit("full_disk", {"names": ["report.html"]}))
    with pytest.raises(MissingResourceError, match="disk is full: nothing was written to"):
        faulty.wait(faulty.submit("report", asked), timeout_s=60)
    assert list(tmp_path.iterdir()) == []
    # Another format does not meet the full disk: the worker lives on.
    faulty.wait(faulty.submit("report", {**asked, "formats": ["csv"]}), timeout_s=60)


def test_a_cancelled_report_leaves_nothing(client: WorkerClient, tmp_path: Path) -> None:
    asked = request(client, tmp_path / "report", formats=["pdf", "html", "csv", "json", "labels"])
    for moment in (0.02, 0.3, 0.6):
        call = client.submit("report", asked)
        start = time.monotonic()
        while time.monotonic() < start + moment:
            client.poll()
        start = time.monotonic()
        client.cancel(call)
        if call.finished:
            shutil.rmtree(tmp_path / "report")
            continue
        with pytest.raises(Cancelled):
            client.wait(call)
        assert time.monotonic() - start < 1.0
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
    files = Reported.from_dict(client.wait(client.submit("report", asked), timeout_s=60)).files
    assert all(Path(file).is_file() for file in files)
    client.close()
    assert [path.name for path in odd.iterdir()] == ["Bericht"]
