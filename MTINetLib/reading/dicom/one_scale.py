"""One scale for the values of all images of a folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from MTINetLib.reading.dicom.frame import Frame


def on_one_scale(frames: Iterable[Frame]) -> tuple[Frame, ...]:
    """The frames with the private scale where all have it; otherwise as displayed, and marked if some do.

    Images that were computed from others (ImageType DERIVED) are not asked.
    """
    known = tuple(frames)
    asked = [frame for frame in known if frame.kind[:1] != ("DERIVED",)]
    if not any(frame.private_line for frame in known):
        return known
    if asked and all(frame.private_line for frame in asked):
        return tuple(
            replace(frame, slope=frame.private_line[0], intercept=frame.private_line[1])
            if frame.private_line
            else frame
            for frame in known
        )
    return tuple(replace(frame, mixed_scale=True) for frame in known)
