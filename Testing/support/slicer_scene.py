"""Tests that need the MRML scene of slicer-core, or its pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from MTINetLib.scene.scene import Scene


def empty_scene() -> Scene:
    """A new scene; the test is skipped, with the reason, where slicer-core is missing."""
    pytest.importorskip("slicer", reason="slicer-core is not installed: pip install 'MTINetLib[viewer]'")
    from MTINetLib.scene.slicer_core import new_scene

    return new_scene()


def rendering_or_skip() -> None:
    """Skip, naming the missing packages, where this machine cannot render."""
    from MTINetLib.scene.gl import rendering_is_possible

    possible, why_not = rendering_is_possible()
    if not possible:
        pytest.skip(why_not)
