"""The program itself: its help, its start, and how usage errors end."""

from __future__ import annotations

import subprocess
import sys

import pytest

import MTINetLib
from MTINetLib.cli import run

COMMANDS = ("analyze", "inspect", "phantom", "import", "check", "train", "evaluate", "bench", "demo", "info")
#: What takes long to import and belongs inside the commands.
HEAVY = ("torch", "numpy", "SimpleITK", "pydicom", "scipy", "matplotlib", "slicer", "vtk", "rich")


def test_the_help_names_every_command_and_the_intended_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"\n  {name}" in text for name in COMMANDS)
    assert "Research use only" in " ".join(text.split())


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 0
    shown = capsys.readouterr().out
    run(["--help"])
    assert shown == capsys.readouterr().out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_its_options(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"Usage: mtinet {name}")
    for line in text.splitlines():
        if line.startswith("  -"):
            assert len(line.split()) > 1, f"{line} has no word of help"


def test_the_version_is_the_library_s(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"mtinet {MTINetLib.__version__}\n"


def test_the_program_starts_without_anything_heavy() -> None:
    code = "import sys, MTINetLib.cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not set(HEAVY) & set(loaded.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bogus"], "No such command 'bogus'"),
        (["analyze"], "Missing option '--out'"),
        (["analyze", "in", "-o", "out", "--fast"], "--fast"),
        (["phantom", "-o", "out", "--cases", "many"], "--cases"),
        (["train"], "Missing"),
    ],
)
def test_a_wrong_option_is_one_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("mtinet: ")
    assert words in told.err
    assert told.err.count("\n") == 1
    assert "--help" in told.err


def test_the_module_runs_as_the_program_does() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "MTINetLib.cli", "analyze", "nowhere", "-o", "out"],
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 2
    assert ended.stderr == "mtinet: nowhere does not exist; name a folder or .zip archive of one study.\n"
