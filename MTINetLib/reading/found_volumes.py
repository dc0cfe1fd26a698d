"""What was found where the user pointed: the volumes, and an account of the files that were not used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from MTINetLib.reading.source_volume import SourceVolume


@dataclass(frozen=True)
class FileProblem:
    """A file that could not be used, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class FoundVolumes:
    """What a folder, an archive or a file holds.

    Args:
        source: what the user named.
        problems: files that look like images and cannot be used.
        skipped: how many files are something else.
        copies: how many second copies of the same image were left out.
        set_aside: the DICOM objects among the skipped files, by what they are.
        temporary: whether the files that the volumes are read from go when the input is closed.
    """

    source: Path
    volumes: tuple[SourceVolume, ...]
    problems: tuple[FileProblem, ...] = ()
    skipped: int = 0
    copies: int = 0
    set_aside: Mapping[str, int] = field(default_factory=dict)
    temporary: bool = False
