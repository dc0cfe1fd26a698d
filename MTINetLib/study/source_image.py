"""Where one slice of a volume was stored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SourceImage:
    """A DICOM file, or one frame of it.

    Args:
        path: may tell of the patient, so it is never logged, shown or kept with results.
        frame: 1-based number in a multi-frame file, None in a single-frame one.
    """

    path: Path
    frame: int | None = None
