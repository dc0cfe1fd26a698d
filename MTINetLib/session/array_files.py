"""Arrays for the worker, written in pieces that do not hold up the main thread."""

from __future__ import annotations

import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import MissingResourceError
from MTINetLib.presentation.statements import error_of

#: A piece of 4 MB is written in a few milliseconds.
_PIECE_BYTES = 4 << 20


@contextmanager
def temporary_file(folder: Path, name: str) -> Iterator[Path]:
    """The path of an array that goes when it is no longer needed."""
    path = folder / f"{name}-{uuid.uuid4().hex[:12]}.npy"
    try:
        yield path
    finally:
        with suppress(OSError):  # Windows: the worker may have it open; the folder goes at the end
            path.unlink(missing_ok=True)


def write_array(path: Path, array: npt.NDArray[Any]) -> Generator[None, None, None]:
    """Write ``array`` [K, ...] as .npy, some slices a step.

    Raises:
        MissingResourceError: the disk is full.
    """
    whole = np.atleast_1d(array)
    kind = whole.dtype if whole.dtype.kind in "iub" else np.dtype(np.float32)
    step = max(1, _PIECE_BYTES * len(whole) // max(1, whole.size * kind.itemsize))
    try:
        with path.open("wb") as file:
            header = {
                "descr": np.lib.format.dtype_to_descr(kind),
                "fortran_order": False,
                "shape": whole.shape,
            }
            np.lib.format.write_array_header_1_0(file, header)
            for start in range(0, len(whole), step):
                file.write(np.ascontiguousarray(whole[start : start + step], dtype=kind).tobytes())
                yield
    except OSError as error:
        raise error_of(MissingResourceError, "volume_not_handed_over", reason=error.strerror) from error
