"""Where the panels' Designer files and icons lie."""

from __future__ import annotations

from pathlib import Path

#: MTINetLib lies beside Resources in the source tree and in the installed extension.
_ROOT = Path(__file__).resolve().parent.parent.parent


def resource(*parts: str) -> Path:
    """A file under Resources/, such as ``resource("UI", "StudyPanel.ui")``.

    Raises:
        FileNotFoundError: it is not there; the installation is broken.
    """
    path = _ROOT.joinpath("Resources", *parts)
    if not path.is_file():
        raise FileNotFoundError(f"{'/'.join(parts)} is missing from the extension: install it again.")
    return path
