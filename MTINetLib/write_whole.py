"""Files and folders that appear whole or not at all: written beside their place and moved there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from MTINetLib.unfinished import Begun, noted


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Where to write, in the folder of ``path``; at the end of the block it takes the place of ``path``.

    After an error ``path`` is as it was. The suffix is that of ``path``.
    """
    beside = _beside(path)
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """The same for a folder that is not there yet; the block makes it. It is noted while it is unfinished."""
    beside = _beside(path)
    with noted(Begun.TREE, beside):
        try:
            yield beside
            beside.replace(path)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def _beside(path: Path) -> Path:
    return path.with_name(f".part-{os.getpid()}-{path.name}")
