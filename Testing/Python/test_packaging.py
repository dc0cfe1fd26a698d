"""The pins, the set-up and what is committed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import MTINetLib

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
LARGEST_FILE = 5_000_000


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@lru_cache
def tracked_files() -> tuple[Path, ...]:
    """What git would commit; skips outside a clone."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("this is no git clone")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    names = [name for name in listed.decode().split("\0") if name]
    return tuple(ROOT / name for name in names if (ROOT / name).is_file())


@lru_cache
def tracked_texts() -> dict[str, bytes]:
    contents = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in tracked_files()}
    return {name: data for name, data in contents.items() if b"\0" not in data}


def pins(python: str) -> dict[str, str]:
    """Exact versions of constraints.txt for a Python on Linux, by canonical name."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.5",
        "sys_platform": "linux",
        "platform_machine": "x86_64",
        "platform_system": "Linux",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "os_name": "posix",
    }
    found: dict[str, str] = {}
    for line in text_of("constraints.txt").splitlines():
        if not line or line.startswith("#"):
            continue
        pin = Requirement(line)
        (version,) = [spec.version for spec in pin.specifier if spec.operator == "=="]
        if pin.marker is None or pin.marker.evaluate(environment):
            name = canonicalize_name(pin.name)
            assert name not in found, f"{name} is pinned twice for Python {python}"
            found[name] = version
    return found


def test_the_version_stands_once_and_is_quoted_alike() -> None:
    (version,) = re.findall(r'^version = "(.*)"$', text_of("pyproject.toml"), flags=re.MULTILINE)
    assert version == MTINetLib.__version__ == metadata.version("MTINetLib")
    assert f"version: {version}\n" in text_of("CITATION.cff")
    assert f"## [{version}]" in text_of("CHANGELOG.md")


@pytest.mark.parametrize("python", PYTHONS)
def test_every_requirement_is_pinned_within_its_range(python: str) -> None:
    pinned = pins(python)
    requirements = [Requirement(line) for line in metadata.requires("MTINetLib") or []]
    assert {"torch", "typer", "lightning", "slicer-core", "pytest"} <= {item.name for item in requirements}
    extras = metadata.metadata("MTINetLib").get_all("Provides-Extra")
    for item in requirements:
        places = [{"python_version": python, "extra": extra} for extra in ("", *extras)]
        if item.marker is not None and not any(map(item.marker.evaluate, places)):
            continue  # not for this Python
        version = pinned.get(canonicalize_name(item.name))
        assert version is not None, f"{item.name} is not pinned for Python {python}"
        assert item.specifier.contains(version, prereleases=True), f"{item} does not allow the pin {version}"


@pytest.mark.parametrize("python", PYTHONS)
def test_the_pins_that_the_project_rests_on(python: str) -> None:
    pinned = pins(python)
    assert pinned["torch"] == "2.13.0"
    assert pinned["slicer-core"] == "5.13.31053.0"
    assert pinned["pyside6-essentials"] == "6.8.3"


def test_what_is_installed_here_is_what_is_pinned() -> None:
    """Only for what the pins know: a developer may have more."""
    pinned = pins(f"{sys.version_info.major}.{sys.version_info.minor}")
    for name in ("torch", "numpy", "pydicom", "simpleitk", "typer", "rich"):
        assert metadata.version(name).split("+")[0] == pinned[name]


def test_ci_runs_the_readme_s_test_command() -> None:
    assert "    make test" in text_of("README.md")
    assert "make test" in text_of(".ci/run").splitlines()[-1]
    targets = re.findall(r"^([a-z-]+):", text_of("Makefile"), flags=re.MULTILINE)
    assert {"demo", "test", "model", "bench", "clean"} <= set(targets)
    for command in re.findall(r"^    make ([a-z-]+)", text_of("README.md"), flags=re.MULTILINE):
        assert command in targets


def test_a_wheel_carries_models_schema_and_templates_and_nothing_else(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name.split("/")[0].split("-")[0] for name in names} == {"MTINetLib", "mtinetlib"}
    assert {"MTINetLib/findings.schema.json", "MTINetLib/py.typed", "MTINetLib/cli.py"} <= names
    models = ROOT / "Resources" / "Models"
    for path in models.rglob("*"):
        if path.is_file():
            assert f"MTINetLib/Resources/Models/{path.relative_to(models).as_posix()}" in names
    for path in (ROOT / "MTINetLib" / "report" / "templates").iterdir():
        assert f"MTINetLib/report/templates/{path.name}" in names


def test_every_text_has_unix_line_endings() -> None:
    assert [name for name, data in tracked_texts().items() if b"\r" in data] == []


def test_every_text_ends_with_a_newline() -> None:
    assert [name for name, data in tracked_texts().items() if data and not data.endswith(b"\n")] == []


def test_only_models_are_large() -> None:
    large = [path for path in tracked_files() if path.stat().st_size > LARGEST_FILE]
    assert all((ROOT / "Resources" / "Models") in path.parents for path in large), large
    assert sum(path.stat().st_size for path in tracked_files()) < 100_000_000


def test_no_path_of_a_developer_s_machine_is_committed() -> None:
    # Put together here, so that this file does not hold them.
    places = [b"/" + name + b"/" for name in (b"work", b"root", b"home", b"Users", b"tmp/bash")]
    found = [
        f"{name}:{number}"
        for name, data in tracked_texts().items()
        if not name.endswith("static/niivue.js")  # others built it, and it stays as it is
        for number, line in enumerate(data.splitlines(), start=1)
        if any(re.search(rb"(?<![\w.<$~-])" + re.escape(place), line) for place in places)
    ]
    assert found == []


def test_no_index_or_local_file_is_pinned() -> None:
    text = text_of("constraints.txt")
    assert "://" not in text
    assert " @ " not in text
    assert not re.search(r"^-", text, flags=re.MULTILINE)


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a POSIX shell")
@pytest.mark.parametrize("name", ["setup", "system-packages", "update-constraints", "make-model"])
def test_the_shell_scripts_parse(name: str) -> None:
    subprocess.run(["sh", "-n", str(ROOT / "scripts" / name)], check=True)


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a POSIX shell")
def test_setting_up_an_unknown_group_is_refused() -> None:
    ended = subprocess.run(["sh", str(ROOT / "scripts" / "setup"), "dmeo"], capture_output=True, text=True)
    assert ended.returncode == 2
    assert "unknown group 'dmeo'" in ended.stderr
