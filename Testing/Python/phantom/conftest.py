"""A label map of a liver, written and worked out once."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.liver_map import write_liver_map


@pytest.fixture(scope="session")
def maps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one label map, liver.nii.gz."""
    folder = tmp_path_factory.mktemp("livers")
    write_liver_map(folder)
    return folder
