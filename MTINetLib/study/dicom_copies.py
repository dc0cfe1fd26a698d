"""Second copies of an image, and images that share a UID although they are different ones.

A SOP Instance UID should name one image. Careless tools give the same one to several, so that only the
pixels can tell: a copy has the same header and the same pixels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import replace
from hashlib import sha256

from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.study.dicom_frame import Frame
from MTINetLib.study.dicom_header import Header
from MTINetLib.study.dicom_pixels import stored_pixels


def without_copies(frames: Sequence[Frame]) -> tuple[list[Frame], list[Frame]]:
    """The frames without second copies of the same image, and those copies.

    Pixels are looked at only where images share a UID. Different images that share one are marked.
    """
    named: dict[tuple[str, int], list[int]] = defaultdict(list)
    for index, frame in enumerate(frames):
        if frame.instance_uid:
            named[(frame.instance_uid, frame.number)].append(index)
    dropped: set[int] = set()
    ambiguous: set[int] = set()
    for indices in named.values():
        if len(indices) > 1:
            kept = _different(frames, indices)
            dropped.update(set(indices) - set(kept))
            ambiguous.update(kept if len(kept) > 1 else ())
    unique = [
        replace(frame, ambiguous_uid=True) if index in ambiguous else frame
        for index, frame in enumerate(frames)
        if index not in dropped
    ]
    return unique, [frames[index] for index in sorted(dropped)]


def pixel_digest(frame: Frame) -> bytes | None:
    """Of the stored values; None where they cannot be read."""
    try:
        pixels = stored_pixels([frame])[0]
    except (InputError, MissingResourceError):
        return None
    return sha256(pixels.astype(pixels.dtype.newbyteorder("<"), copy=False).tobytes()).digest()


def _different(frames: Sequence[Frame], indices: Sequence[int]) -> list[int]:
    """The numbers of the frames that are different images; of copies the first that can be read."""
    alike: dict[Hashable, list[int]] = defaultdict(list)
    for index in indices:
        alike[_described(frames[index])].append(index)
    kept: list[int] = []
    for own in alike.values():
        if len(own) == 1:
            kept += own
            continue
        seen: dict[bytes | None, int] = {}
        for index in own:
            seen.setdefault(pixel_digest(frames[index]), index)
        # One that is damaged is taken for a copy of the whole one.
        whole = [index for digest, index in seen.items() if digest is not None]
        kept += whole or own[:1]
    return kept


def _described(frame: Frame) -> Hashable:
    """What copies of one image have in common besides their pixels."""
    header = Header(frame.dataset)
    words = tuple(header.text(keyword) for keyword in ("SeriesDescription", "SeriesNumber", "ProtocolName"))
    place = (frame.position, frame.orientation, frame.spacing_mm, frame.size)
    return (frame.series_uid, words, place, frame.kind, frame.times, frame.slope, frame.intercept)
