"""Arrays as files of the private folder."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import InputError
from MTINetLib.presentation.statements import error_of


def save_array(folder: Path, name: str, array: npt.NDArray[Any]) -> str:
    """Write an array into a folder under a new name; its absolute path."""
    path = folder / f"{name}-{uuid.uuid4().hex[:12]}.npy"
    try:
        with path.open("wb") as file:
            np.save(file, array, allow_pickle=False)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return str(path)


def load_array(path: Path) -> npt.NDArray[Any]:
    """An array of the private folder, mapped where its layout allows it.

    Raises:
        InputError: it is not there or no array.
    """
    try:
        array: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise error_of(InputError, "array_unreadable", file=path.name) from error
    return array
