"""Who may ask the server for what."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from MTINetLib.errors import InputError
from MTINetLib.page_server.server import PageServer


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    (folder / "studies" / "one" / "page").mkdir(parents=True)
    (folder / "summary.html").write_text("<p>é</p>", encoding="utf-8")
    (folder / "studies" / "one" / "findings.json").write_text("{}")
    (tmp_path / "secret.txt").write_text("secret")
    return folder


def make(folder: Path) -> None:
    if folder.name != "one":
        raise InputError("Its images are gone.")
    (folder / "page" / "findings.js").write_text("mtinetTake(1);\n")


@pytest.fixture
def server(out: Path) -> Iterator[PageServer]:
    with PageServer(out, 0, make=make) as server:
        yield server


def ask(
    server: PageServer, path: str, method: str = "GET", host: str | None = None
) -> tuple[int, bytes, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.putrequest(method, path, skip_host=True)
        connection.putheader("Host", f"127.0.0.1:{server.port}" if host is None else host)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())
    finally:
        connection.close()


def under(server: PageServer, file: str) -> str:
    return urlsplit(server.url(file)).path


def test_a_file_of_the_folder_is_served_as_what_it_is(server: PageServer) -> None:
    status, body, headers = ask(server, under(server, "summary.html"))
    assert (status, body.decode()) == (200, "<p>é</p>")
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    status, body, headers = ask(server, under(server, "summary.html?x=1"), "HEAD")
    assert (status, body, headers["Content-Length"]) == (200, b"", "9")


@pytest.mark.parametrize(
    "file",
    [
        "../secret.txt",
        "%2e%2e/secret.txt",
        "studies/../../secret.txt",
        "..%5csecret.txt",
        "..%2fsecret.txt",
        "linked.txt",
        "linked/secret.txt",
        "C:/secret.txt",
        "/etc/passwd",
        "studies",
        "studies/",
        "",
        "nothing.html",
        "a%00b",
    ],
)
def test_nothing_outside_is_served_and_no_folder_is_listed(server: PageServer, out: Path, file: str) -> None:
    try:
        (out / "linked.txt").symlink_to(out.parent / "secret.txt")
        (out / "linked").symlink_to(out.parent)
    except OSError:
        pytest.skip("this system makes no links for everybody")
    status, body, _ = ask(server, under(server, file))
    assert status == 404
    assert b"secret" not in body.replace(file.encode(), b"")


def test_without_the_secret_or_under_another_name_nothing_is_served(server: PageServer) -> None:
    path = under(server, "summary.html")
    assert ask(server, "/summary.html")[0] == 404
    assert ask(server, "/x" + path[1:])[0] == 404
    assert ask(server, path, host="evil.example")[0] == 403
    assert ask(server, path, host="")[0] == 403
    assert ask(server, path, host=f"localhost:{server.port}")[0] == 200
    assert ask(server, path, "POST")[0] == 501
    assert ask(server, path, "PUT")[0] == 501


def test_a_missing_page_is_made_or_its_sentence_is_handed_over(server: PageServer, out: Path) -> None:
    status, body, _ = ask(server, under(server, "studies/one/page/findings.js"))
    assert (status, body) == (200, b"mtinetTake(1);\n")
    other = out / "studies" / "two"
    (other / "page").mkdir(parents=True)
    (other / "findings.json").write_text("{}")
    status, body, _ = ask(server, under(server, "studies/two/page/findings.js"))
    assert (status, body) == (200, b'mtinetTake({"problem": "Its images are gone."});\n')
    assert ask(server, under(server, "studies/three/page/findings.js"))[0] == 404


def test_each_start_has_an_address_of_its_own_and_a_port_in_use_is_told(
    server: PageServer, out: Path
) -> None:
    with PageServer(out, 0, make=make) as other:
        assert under(other, "x") != under(server, "x")
        assert ask(other, under(server, "summary.html"))[0] == 404
    with pytest.raises(InputError, match=f"The port {server.port} is in use"):
        PageServer(out, server.port, make=make)
