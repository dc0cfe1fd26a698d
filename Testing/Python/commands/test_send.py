"""mtinet send: the account, the exit code, and what ends it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pynetdicom import AE, AllStoragePresentationContexts, evt
from support.dicom_results import IDENTITY, write_results
from support.orthanc import free_port

from MTINetLib.cli import run
from MTINetLib.report.sending import c_store, objects


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    write_results(folder)
    return folder / "dicom"


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c_store, "Patience", lambda: objects.Patience(2, 0.0))


@pytest.fixture
def statuses() -> list[int]:
    """What the archive answers, one object after the other; 0 when it is empty."""
    return []


@pytest.fixture
def port(statuses: list[int]) -> Iterator[int]:
    entity, free = AE("ARCHIVE"), free_port()
    entity.supported_contexts = AllStoragePresentationContexts
    entity.add_supported_context("1.2.840.10008.1.1")
    store = (evt.EVT_C_STORE, lambda event: statuses.pop(0) if statuses else 0)
    server = entity.start_server(("127.0.0.1", free), block=False, evt_handlers=[store])
    yield free
    server.shutdown()


def to(port: int) -> list[str]:
    return ["--to", f"127.0.0.1:{port}", "--aec", "ARCHIVE"]


def test_each_object_is_told_of_and_all_arriving_is_success(
    results: Path, port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["send", str(results), *to(port)]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert "3 objects arrived." in told.out
    for name in ("segmentation.dcm", "measurements.dcm", "report.dcm", "Segmentation", "Report as PDF"):
        assert name in told.out
    assert [value for value in IDENTITY.values() if value in told.out] == []


def test_one_that_does_not_arrive_is_a_failure_that_names_it(
    results: Path, port: int, statuses: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    statuses += [0, 0xC000]
    assert run(["send", str(results), *to(port)]) == 2
    told = capsys.readouterr()
    assert told.err.startswith("mtinet: 1 of 3 objects did not arrive")
    lines = {line.split()[0]: line for line in told.out.splitlines() if ".dcm" in line}
    assert "yes" in lines["measurements.dcm"]
    assert "no: the archive could not make sense" in lines["report.dcm"]


def test_an_archive_that_is_not_there_is_said(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["send", str(results), *to(free_port())]) == 2
    told = capsys.readouterr()
    assert "3 of 3 objects did not arrive" in told.err
    assert "nothing listens" in " ".join(told.out.split())


def test_breaking_off_says_what_had_arrived(
    results: Path, port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = c_store._send

    def interrupted(item: objects.ObjectToSend, *rest: object) -> objects.Outcome:
        if item.name == "report.dcm":
            raise KeyboardInterrupt
        return real(item, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(c_store, "_send", interrupted)
    assert run(["send", str(results), *to(port)]) == 130
    told = capsys.readouterr()
    assert told.err == "mtinet: Cancelled: 1 of 3 objects had arrived.\n"
    assert told.out.count("not sent") == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Say where to"),
        (["--to", "127.0.0.1:104"], "--aec NAME"),
        (["--to", "127.0.0.1", "--aec", "A"], "host:port"),
        (["--to", "127.0.0.1:104", "--aec", "A", "--dicomweb", "https://a"], "either"),
        (["--to", "127.0.0.1:104", "--aec", "A", "--ca", "x.pem"], "add --tls"),
        (["--to", "127.0.0.1:104", "--aec", "A", "--credentials", "x"], "belongs to --dicomweb"),
        (["--dicomweb", "https://a", "--aec", "A"], "belong to --to"),
        (["--dicomweb", "a"], "needs an address"),
    ],
)
def test_wrong_words_are_refused_before_anything_is_sent(
    results: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["send", str(results), *arguments]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1


def test_a_folder_without_dicom_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.txt").write_text("dear reader")
    assert run(["send", str(tmp_path), *to(104)]) == 2
    assert "holds no DICOM objects" in capsys.readouterr().err
    assert run(["send", str(tmp_path / "gone"), *to(104)]) == 2
    assert "does not exist" in capsys.readouterr().err
