"""Studies of a DICOMweb archive: found page by page, fetched ahead, and what goes wrong on the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.certificate import make_certificate
from support.dicomweb_server import WebService, running_service
from support.worklist import noisy_study

from MTINetLib.cohort import web_archive
from MTINetLib.cohort.cohort_study import CohortStudy, study_from_json
from MTINetLib.cohort.fetch import FetchedStudies
from MTINetLib.cohort.find_studies import find_studies
from MTINetLib.cohort.supply import Ready
from MTINetLib.cohort.web_archive import WebSource, query_of
from MTINetLib.cohort.web_studies import studies_of_archive
from MTINetLib.errors import InputError, MissingResourceError, MTINetError
from MTINetLib.phantom.dicom_writer import write_study_as_dicom
from MTINetLib.report.sending.objects import Patience
from MTINetLib.report.sending.secure import tls_context
from MTINetLib.report.sending.stow import WebArchive
from MTINetLib.study.phase import FOUR_PHASES

pytest.importorskip("dicomweb_client", reason="not installed: python -m pip install dicomweb-client")
ALL = ({"StudyDate": "19000101-"},)
SECRET = "kept secret"


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("web")
    for number in (1, 2, 3):
        write_study_as_dicom(
            root / str(number), noisy_study(number), patient_id=f"id{number}", study_seed=number
        )
    return root


@pytest.fixture
def service(images: Path) -> Iterator[WebService]:
    with running_service() as running:
        running.add(images)
        yield running


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def patience(pauses: list[float]) -> Patience:
    return Patience(attempts=3, sleep=pauses.append)


def source_at(url: str, authorization: str | None = None, **pem: Path) -> WebSource:
    tls = tls_context(pem.get("ca"), pem.get("cert"), pem.get("key"))
    return WebSource(WebArchive(url, tls, authorization), ALL)


def fetched(
    service: WebService, out: Path, patience: Patience, studies: tuple[CohortStudy, ...] | None = None
) -> list[tuple[Ready, list[bytes]]]:
    """All studies, each with the bytes of its files, one at a time."""
    source, found = source_at(service.url), []
    waiting = studies_of_archive(source, patience=patience) if studies is None else studies
    with FetchedStudies(waiting, source, out, patience) as supply:
        while supply.left:
            ready = supply.next(1)
            if ready is None:
                time.sleep(0.01)
                continue
            found.append((ready, sorted(Path(file).read_bytes() for file in ready.sent.files)))
            supply.done(ready.study)
    assert not [path for path in out.rglob("*") if path.is_file()]
    return found


def test_studies_have_the_names_that_they_have_in_a_tree(
    service: WebService, images: Path, patience: Patience
) -> None:
    found = studies_of_archive(source_at(service.url), patience=patience)
    tree = find_studies(images, FOUR_PHASES).studies
    assert {(one.name, one.count) for one in found} == {(one.name, one.count) for one in tree}
    assert "id1" not in "".join(one.name + one.place for one in found)


@pytest.mark.parametrize(("page", "server"), [(5, 1000), (1000, 5), (4, 3)])
def test_a_page_ends_anywhere(
    service: WebService, patience: Patience, monkeypatch: pytest.MonkeyPatch, page: int, server: int
) -> None:
    monkeypatch.setattr(web_archive, "PAGE", page)
    service.pages = server
    service.tells_counts = False
    found = studies_of_archive(source_at(service.url), patience=patience)
    assert [one.count for one in found] == [32, 32, 32]


def test_what_comes_is_what_is_stored_and_nothing_of_it_stays(
    service: WebService, images: Path, patience: Patience, tmp_path: Path
) -> None:
    got = fetched(service, tmp_path, patience)
    stored = {
        str(n): sorted(path.read_bytes() for path in (images / str(n)).rglob("*.dcm")) for n in (1, 2, 3)
    }
    assert sorted(files for _ready, files in got) == sorted(stored.values())
    kept = study_from_json(got[0][0].sent.as_json())
    assert kept == replace(got[0][0].study, files=())


def test_no_more_is_fetched_ahead_than_is_worked_on(
    service: WebService, patience: Patience, tmp_path: Path
) -> None:
    source = source_at(service.url)
    studies = studies_of_archive(source, patience=patience)
    with FetchedStudies(studies, source, tmp_path, patience) as supply:
        while supply.next(1) is None:
            time.sleep(0.01)
        time.sleep(0.1)
        assert len(service.fetched()) == 1
        supply.next(1)
        while len(service.fetched()) < 2:
            time.sleep(0.01)


def once(fault: tuple[int, int], where: str) -> Callable[[str], tuple[int, int] | None]:
    left = [fault]
    return lambda path: left.pop() if left and where in path and "?" not in path else None


@pytest.mark.parametrize("fault", [(0, 20_000), (500, 0), (503, 0), (0, 0)])
def test_a_study_that_did_not_come_whole_is_fetched_again(
    service: WebService, patience: Patience, tmp_path: Path, pauses: list[float], fault: tuple[int, int]
) -> None:
    service.fault = once(fault, "/series/")
    got = fetched(service, tmp_path, patience)
    assert [len(files) for _ready, files in got] == [32, 32, 32]
    assert pauses == [1.0]


def test_fewer_images_than_the_archive_has_told_are_a_failure(
    service: WebService, images: Path, patience: Patience, tmp_path: Path
) -> None:
    studies = studies_of_archive(source_at(service.url), patience=patience)
    first = next(iter(service.series))
    told = service._told
    service._told = lambda study, series, paths: told(  # type: ignore[method-assign]
        study, series, [*paths, paths[0]] if (study, series) == first else paths
    )
    got = fetched(service, tmp_path, patience, studies)
    problems = [ready.problem for ready, _files in got if ready.problem]
    assert problems == ["The archive sent 32 of 33 images."]


def test_a_study_that_is_gone_is_one_study_s_problem(
    service: WebService, patience: Patience, tmp_path: Path
) -> None:
    gone = studies_of_archive(source_at(service.url), patience=patience)[1].place.rpartition("/")[2]
    service.fault = lambda path: (404, 0) if f"/{gone}/series/" in path else None
    got = fetched(service, tmp_path, patience)
    assert [ready.problem for ready, _ in got] == [
        "",
        "The archive does not have the study any more (404).",
        "",
    ]


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (401, InputError, r"refused the credentials \(401\)"),
        (403, InputError, r"refused the credentials \(403\)"),
        (404, InputError, r"no QIDO-RS service at this address \(404\)"),
        (302, InputError, "sends us to another address"),
        (400, InputError, r"does not take the search \(400\)"),
        (503, MissingResourceError, r"cannot answer now \(503\): give the same command again"),
    ],
)
def test_what_ends_a_search_is_one_sentence(
    service: WebService, patience: Patience, status: int, kind: type[MTINetError], said: str
) -> None:
    service.fault = lambda path: (status, 0)
    with pytest.raises(kind, match=said) as error:
        studies_of_archive(source_at(service.url, f"Bearer {SECRET}"), patience=patience)
    assert SECRET not in str(error.value)
    assert len(service.requests) == (3 if status == 503 else 1)


@pytest.mark.parametrize("status", [401, 503])
def test_what_every_study_would_meet_ends_the_run(
    service: WebService, patience: Patience, tmp_path: Path, status: int
) -> None:
    service.fault = lambda path: (status, 0) if "?" not in path else None
    with pytest.raises(MTINetError, match=rf"\({status}\)"):
        fetched(service, tmp_path, patience)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_server_that_is_gone_silent_or_something_else_is_said(
    service: WebService, patience: Patience, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MissingResourceError, match=r"at 127\.0\.0\.1:9 cannot be reached"):
        studies_of_archive(source_at("http://127.0.0.1:9/dicom-web"), patience=patience)
    monkeypatch.setattr(web_archive, "_ANSWER_S", 0.2)
    service.fault = lambda path: time.sleep(1)  # type: ignore[func-returns-value]
    with pytest.raises(MissingResourceError, match="did not answer"):
        studies_of_archive(source_at(service.url), patience=patience)
    service.fault = lambda path: None
    service.search = lambda study, query: "a page"  # type: ignore[assignment, method-assign, return-value]
    with pytest.raises(InputError, match="no QIDO-RS service"):
        studies_of_archive(source_at(service.url), patience=patience)


def test_credentials_go_into_the_header_and_nowhere_else(
    service: WebService, patience: Patience, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = source_at(service.url, f"Bearer {SECRET}")
    studies_of_archive(source, patience=patience)
    assert {one["Authorization"] for one in service.headers} == {f"Bearer {SECRET}"}
    assert SECRET not in repr(source)
    said = capfd.readouterr()
    assert said.out == said.err == ""


def test_tls_checks_both_sides(images: Path, patience: Patience, tmp_path: Path) -> None:
    for name in ("archive", "ours"):
        (tmp_path / name).mkdir()
    archive, ours = make_certificate(tmp_path / "archive"), make_certificate(tmp_path / "ours")
    with running_service(archive.server(ask=ours.certificate)) as service:
        service.add(images / "1")
        pem = {"ca": archive.certificate, "cert": ours.certificate, "key": ours.key}
        assert len(studies_of_archive(source_at(service.url, **pem), patience=patience)) == 1
        with pytest.raises(InputError, match="is not trusted"):
            studies_of_archive(source_at(service.url), patience=patience)
        with pytest.raises(MTINetError, match="The archive"):
            studies_of_archive(source_at(service.url, ca=archive.certificate), patience=patience)


@pytest.mark.parametrize("text", ["PatientID", "PatientID=", "Nonsense=1", "=1", "PatientID=1&Nothing=2", ""])
def test_a_query_names_attributes_and_values(text: str) -> None:
    with pytest.raises(InputError, match="no attribute of DICOM with a value") as error:
        query_of(text)
    assert "=1 " not in str(error.value)


def test_a_query_may_join_conditions_and_use_tags() -> None:
    assert query_of("PatientID=a b & 00080020=2024") == {"PatientID": "a b", "00080020": "2024"}


def test_a_query_that_finds_nothing_and_none_at_all_are_said(service: WebService, patience: Patience) -> None:
    archive: Any = source_at(service.url).archive
    with pytest.raises(InputError, match="no MR studies for --query"):
        studies_of_archive(WebSource(archive, ({"PatientID": "nobody"},)), patience=patience)
    with pytest.raises(InputError, match="which studies of the archive with --query"):
        WebSource(archive, ())


def test_several_queries_give_each_study_once(service: WebService, patience: Patience) -> None:
    queries = ({"PatientID": "id1"}, {"PatientID": "id1", "StudyDate": "2024"}, {"PatientID": "id3"})
    found = studies_of_archive(WebSource(source_at(service.url).archive, queries), patience=patience)
    assert [one.count for one in found] == [32, 32]
