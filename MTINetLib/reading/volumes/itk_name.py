"""Names of files for SimpleITK, which ends the whole process on one that is no text."""

from __future__ import annotations

from pathlib import Path

from MTINetLib.errors import InputError


def itk_name(path: Path) -> str:
    """The path as text.

    Raises:
        InputError: it holds bytes that are no UTF-8, as files of old systems may.
    """
    name = str(path)
    try:
        name.encode("utf-8")
    except UnicodeEncodeError as error:
        shown = name.encode("utf-8", "replace").decode("utf-8")
        raise InputError(
            f"The name {shown} holds bytes that are no letters (not UTF-8): rename the file or folder."
        ) from error
    return name
