"""Second copies of an image, and images that share a UID although they are different ones.

A SOP Instance UID should name one image. Careless tools give the same one to several, so that only the
pixels can tell: a copy has the same header and the same pixels. A series that was stored again under another
Series Instance UID is a copy as a whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import permutations

from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.reading.dicom.frame import Frame
from MTINetLib.reading.dicom.header import Header
from MTINetLib.reading.dicom.pixels import stored_pixels


def without_copies(frames: Sequence[Frame]) -> tuple[list[Frame], list[Frame]]:
    """The frames without second copies of the same image, and those copies.

    Pixels are looked at only where images share a UID. Different images that share one are marked.
    """
    named = _named(frames, range(len(frames)))
    once = set(range(len(frames)))
    for own in named:
        once -= set(own) - set(_different(frames, own))
    once -= _in_copied_series(frames, once)
    ambiguous = {index for own in _named(frames, once) for index in own}
    unique = [
        replace(frames[index], ambiguous_uid=True) if index in ambiguous else frames[index]
        for index in sorted(once)
    ]
    return unique, [frame for index, frame in enumerate(frames) if index not in once]


def pixel_digest(frame: Frame) -> bytes | None:
    """Of the stored values; None where they cannot be read."""
    try:
        pixels = stored_pixels([frame])[0]
    except (InputError, MissingResourceError):
        return None
    return sha256(pixels.astype(pixels.dtype.newbyteorder("<"), copy=False).tobytes()).digest()


def _named(frames: Sequence[Frame], indices: Iterable[int]) -> list[list[int]]:
    """The numbers of frames that share a UID."""
    named: dict[tuple[str, int], list[int]] = defaultdict(list)
    for index in sorted(indices):
        frame = frames[index]
        if frame.instance_uid:
            named[(frame.instance_uid, frame.number)].append(index)
    return [own for own in named.values() if len(own) > 1]


def _in_copied_series(frames: Sequence[Frame], indices: set[int]) -> set[int]:
    """The numbers of all images of series that lie in another series as well, image by image.

    One image alone proves nothing: the empty slices of two phases are alike.
    """
    series: dict[str, set[int]] = defaultdict(set)
    for index in indices:
        series[frames[index].series_uid].add(index)
    found_again: dict[tuple[str, str], set[int]] = defaultdict(set)
    for own in _named(frames, indices):
        for alike in _equal(frames, own):
            for one, other in permutations(reversed(alike), 2):
                found_again[(frames[one].series_uid, frames[other].series_uid)].add(one)
    gone: set[str] = set()
    for (copy, source), found in found_again.items():
        if source not in gone and found == series[copy]:
            gone.add(copy)
    return {index for uid in gone for index in series[uid]}


def _equal(frames: Sequence[Frame], indices: Sequence[int]) -> list[list[int]]:
    """The numbers of frames that are one image, whatever their series."""
    described: dict[Hashable, list[int]] = defaultdict(list)
    for index in indices:
        described[_described(frames[index])[1:]].append(index)
    equal: dict[tuple[Hashable, bytes | None], list[int]] = defaultdict(list)
    for words, own in described.items():
        for index in own if len(own) > 1 else ():
            equal[(words, pixel_digest(frames[index]))].append(index)
    return [own for (_, digest), own in equal.items() if digest is not None]


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


def _described(frame: Frame) -> tuple[Hashable, ...]:
    """What copies of one image have in common besides their pixels; the series first."""
    header = Header(frame.dataset)
    words = tuple(header.text(keyword) for keyword in ("SeriesDescription", "SeriesNumber", "ProtocolName"))
    place = (frame.position, frame.orientation, frame.spacing_mm, frame.size)
    return (frame.series_uid, words, place, frame.kind, frame.times, frame.slope, frame.intercept)
