"""The pages of docs/: they build without a warning and without a network, and nothing is left out of them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

#: Sphinx, in a process that reaches no other machine.
_BUILD = """
import socket, sys
def refuse(*_, **__):
    raise OSError("the pages are made without a network")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
from sphinx.cmd.build import main
sys.exit(main(sys.argv[1:]))
"""


def built(out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("sphinx", reason="the pages need the extra docs, on Python 3.11 and newer")
    arguments = ["-q", "-W", "--keep-going", "-b", "html", "-d", str(out / "doctrees"), *options]
    return subprocess.run(
        [sys.executable, "-c", _BUILD, *arguments, str(DOCS), str(out / "html")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("docs")
    ended = built(out)
    assert ended.returncode == 0, ended.stderr[-3000:]
    return out / "html"


def test_the_pages_build_without_a_warning_and_without_a_network(pages: Path) -> None:
    assert (pages / "index.html").is_file()


@pytest.mark.parametrize("reader", ["radiologist", "researcher", "python", "integrator", "developer"])
def test_each_reader_has_a_page(pages: Path, reader: str) -> None:
    assert f"{reader}.html" in (pages / "index.html").read_text(encoding="utf-8")
    assert (pages / f"{reader}.html").is_file()


def test_the_page_of_every_room_is_among_them(pages: Path) -> None:
    rooms = [path.parent.name for path in (ROOT / "MTINetLib").glob("*/README.md")]
    assert len(rooms) > 10
    assert [room for room in rooms if not (pages / "generated" / "rooms" / f"{room}.html").is_file()] == []


def test_the_pictures_are_those_of_the_repository_and_reach_the_pages(pages: Path) -> None:
    named = set(re.findall(r"\.\./Resources/Screenshots/([a-z]+\.png)", texts()))
    assert {"study.png", "findings.png", "views.png", "correct.png", "report.png"} <= named
    assert named <= {path.name for path in (pages / "_images").iterdir()}
    drawn = [path for path in DOCS.rglob("*") if path.suffix in {".png", ".jpg", ".svg"}]
    assert [path for path in drawn if DOCS / "tables" not in path.parents] == [], "a command draws these"


def test_the_schema_of_the_findings_lies_beside_the_pages(pages: Path) -> None:
    import json

    from MTINetLib.findings import findings_schema

    assert json.loads((pages / "findings.schema.json").read_text(encoding="utf-8")) == findings_schema()


def test_a_broken_reference_fails_the_build(tmp_path: Path) -> None:
    """The build is as strict as it says."""
    pytest.importorskip("sphinx", reason="the pages need the extra docs, on Python 3.11 and newer")
    (tmp_path / "conf.py").write_text(
        "extensions = ['myst_parser']\nexclude_patterns = ['html', 'doctrees']\n"
    )
    (tmp_path / "index.md").write_text("# A page\n\n[nowhere](nothing.md)\n")
    ended = subprocess.run(
        [sys.executable, "-c", _BUILD, "-q", "-W", "-b", "html", str(tmp_path), str(tmp_path / "html")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode != 0
    assert "nothing.md" in ended.stderr


def test_every_decision_has_a_number_of_its_own_and_is_short() -> None:
    decisions = sorted(path for path in (DOCS / "decisions").glob("*.md") if path.name != "index.md")
    numbers = [path.name[:4] for path in decisions]
    assert len(numbers) == len(set(numbers)) > 10
    for path in decisions:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", path.name), path.name
        assert lines[0].startswith(f"# {int(path.name[:4])}. "), path.name
        assert len(lines) <= 40, path.name


def test_the_tests_that_the_page_of_claims_names_are_there() -> None:
    page = (ROOT / "Testing" / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"`(Python/[^`]+)`", page)
    assert len(named) > 8
    assert [name for name in named if not any((ROOT / "Testing").glob(name))] == []


@pytest.mark.parametrize("page", ["radiologist.md", "researcher.md", "integrator.md"])
def test_every_command_that_a_page_names_is_one_with_these_options(page: str) -> None:
    from typer.main import get_command

    from MTINetLib.cli import app

    commands = get_command(app).commands  # type: ignore[attr-defined]
    text = (DOCS / page).read_text(encoding="utf-8")
    for name, rest in re.findall(r"^    mtinet ([a-z-]+)(.*)$", text, flags=re.MULTILINE):
        known = {
            option
            for parameter in commands[name].params
            for option in (*parameter.opts, *parameter.secondary_opts)
        }
        used = set(re.findall(r"(?<!\S)\[?(--?[a-z][a-z-]*)", rest.partition("#")[0]))
        assert used <= known, f"{page}: mtinet {name}{rest}"


def texts() -> str:
    return "".join(path.read_text(encoding="utf-8") for path in DOCS.glob("*.md"))
