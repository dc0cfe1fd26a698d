from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from MTINetLib.scene import gl


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    gl.rendering_is_possible.cache_clear()
    yield
    gl.rendering_is_possible.cache_clear()


@pytest.mark.parametrize("code", [-11, 3, 1])
def test_a_probe_that_dies_names_the_packages(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=code))
    possible, sentence = gl.rendering_is_possible()
    assert not possible
    assert "libegl1 libgl1-mesa-dri" in sentence


def test_a_probe_that_hangs_counts_as_no(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: Any, **__: Any) -> None:
        raise subprocess.TimeoutExpired("python", 120)

    monkeypatch.setattr(subprocess, "run", hang)
    assert not gl.rendering_is_possible()[0]


@pytest.mark.viewer
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="EGL is how Linux renders without a display")
def test_without_a_driver_only_the_child_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    monkeypatch.setenv("__EGL_VENDOR_LIBRARY_FILENAMES", "/nonexistent")
    possible, sentence = gl.rendering_is_possible()
    assert not possible
    assert "apt-get install libegl1" in sentence


def test_the_answer_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def run(*_: Any, **__: Any) -> SimpleNamespace:
        calls.append(1)
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", run)
    assert gl.rendering_is_possible()[0]
    assert gl.rendering_is_possible()[0]
    assert len(calls) == 1
