"""Save the scene as one .mrb file that Slicer opens, and read it back."""

from __future__ import annotations

import logging
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.slicer_core import slicer_module

_log = logging.getLogger(__name__)


def save_scene(scene: Scene, path: Path) -> None:
    """Write the whole scene as a bundle; an older file of that name is replaced only by a whole new one.

    Raises:
        MissingResourceError: the file could not be written, for example because the disk is full.
    """
    # The folder inside the bundle takes the file's name, so that is the final one from the start.
    beside = path.absolute().with_name(f".mtinet-{uuid.uuid4().hex[:12]}") / path.name
    messages = slicer_module().vtkMRMLMessageCollection()
    try:
        beside.parent.mkdir()
        with _same_working_folder():
            written = scene.mrml.WriteToMRB(str(beside), None, messages)
        if not written or not beside.is_file():
            _log.warning("the scene bundle failed: %s", _text(messages))
            raise MissingResourceError(f"{path} could not be written: check the disk space and permissions.")
        beside.replace(path)
    except OSError as error:
        raise MissingResourceError(f"{path} could not be written: {error.strerror}.") from error
    finally:
        shutil.rmtree(beside.parent, ignore_errors=True)


def load_scene(scene: Scene, path: Path) -> None:
    """Close what the scene holds and open a bundle in its place.

    Raises:
        InputError: the file is missing or no scene bundle.
    """
    whole = path.absolute()
    with _same_working_folder():
        opened = whole.is_file() and scene.mrml.ReadFromMRB(str(whole), True)
    if not opened:
        raise InputError(f"{path} is not a scene bundle that can be opened.")


@contextmanager
def _same_working_folder() -> Iterator[None]:
    """Bundles are packed in a working folder of their own, which is left set and may be deleted then."""
    before = Path.cwd()
    try:
        yield
    finally:
        os.chdir(before)


def _text(messages: Any) -> str:
    return "; ".join(messages.GetNthMessageText(n) for n in range(messages.GetNumberOfMessages()))
