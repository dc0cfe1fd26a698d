"""Save the scene as one .mrb file that Slicer opens, and read it back."""

from __future__ import annotations

import logging
import uuid
from pathlib import Path
from typing import Any

from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.scene.slicer_core import slicer_module

_log = logging.getLogger(__name__)


def save_scene(path: Path) -> None:
    """Write the whole scene as a bundle; an older file of that name is replaced only by a whole new one.

    Raises:
        MissingResourceError: the file could not be written, for example because the disk is full.
    """
    slicer = slicer_module()
    beside = path.with_name(f"{uuid.uuid4().hex}.mrb")
    messages = slicer.vtkMRMLMessageCollection()
    try:
        written = slicer.mrmlScene.WriteToMRB(str(beside), None, messages)
        if not written or not beside.is_file():
            _log.warning("the scene bundle failed: %s", _text(messages))
            raise MissingResourceError(f"{path} could not be written: check the disk space and permissions.")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def load_scene(path: Path) -> None:
    """Close the scene of this process and open a bundle in its place.

    Raises:
        InputError: the file is missing or no scene bundle.
    """
    slicer = slicer_module()
    if not path.is_file() or not slicer.mrmlScene.ReadFromMRB(str(path), True):
        raise InputError(f"{path} is not a scene bundle that can be opened.")


def _text(messages: Any) -> str:
    return "; ".join(messages.GetNthMessageText(n) for n in range(messages.GetNumberOfMessages()))
