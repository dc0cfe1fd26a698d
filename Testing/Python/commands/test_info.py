"""mtinet info tells what is there, and what is missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import MTINetLib
from MTINetLib.cli import run


@pytest.fixture
def _only_this_model(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTINET_MODELS", str(model))


@pytest.mark.usefixtures("_only_this_model")
def test_json_tells_versions_devices_and_models_with_their_sums(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["info", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["mtinet"] == MTINetLib.__version__
    assert told["packages"]["torch"]
    assert told["devices"][0]["device"] == "cpu"
    listed = {item["folder"]: item for item in told["models"]}[str(model)]
    assert f"{listed['sha256']}  model.safetensors" in (model / "SHA256SUMS").read_text()
    assert told["intended_use"].startswith("Research use only")


@pytest.mark.usefixtures("_only_this_model")
def test_people_read_the_same_in_tables(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["info"]) == 0
    text = capsys.readouterr().out
    assert "Devices" in text
    assert "random-small" in text
    for word in ("Phases", "portal_venous", "delayed", "Classes", "hcc", "hemangioma"):
        assert word in text


def test_without_torch_it_says_so_and_still_tells_the_rest(tmp_path: Path) -> None:
    """A torch that does not load stands before the real one."""
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise OSError('libtorch_cpu.so: cannot open')\n")
    root = str(Path(MTINetLib.__file__).resolve().parent.parent)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), root])}
    ended = subprocess.run(
        [sys.executable, "-m", "MTINetLib.cli", "info", "--json"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert told["mtinet"] == MTINetLib.__version__
    assert told["packages"]["numpy"]
    assert any("torch cannot be used" in problem for problem in told["problems"])
