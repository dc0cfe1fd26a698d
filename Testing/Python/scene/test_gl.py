from __future__ import annotations

import subprocess
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
def test_without_opengl_this_process_lives_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window class that cannot be made must end the child only."""
    monkeypatch.setenv("VTK_DEFAULT_OPENGL_WINDOW", "vtkOSOpenGLRenderWindow")
    monkeypatch.setenv("VTK_OSMESA_LIBRARY", "none")
    possible, sentence = gl.rendering_is_possible()
    assert isinstance(possible, bool)
    assert sentence.endswith(".")


def test_the_answer_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def run(*_: Any, **__: Any) -> SimpleNamespace:
        calls.append(1)
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", run)
    assert gl.rendering_is_possible()[0]
    assert gl.rendering_is_possible()[0]
    assert len(calls) == 1
