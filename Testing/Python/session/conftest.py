"""For the tests of the session: an empty scene, one worker for a file, a small model."""

from __future__ import annotations

from typing import Any

import pytest
from support.slicer_scene import empty_scene


@pytest.fixture
def slicer() -> Any:
    """Slicer over an empty scene."""
    return empty_scene()
