"""What really is one series: a Series Instance UID may stand for several, and several for one volume.

Archives and anonymisers give new UIDs to halves of a series, or one UID to all series of a study.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace

from MTINetLib.reading.dicom.copies import pixel_digest
from MTINetLib.reading.dicom.frame import Frame
from MTINetLib.reading.dicom.geometry import position_numbers, spacing_problem, stack_shape
from MTINetLib.reading.dicom.header import Header
from MTINetLib.reading.dicom.repair import repair_of
from MTINetLib.reading.dicom.volumes import Stack

#: Two phases of a liver do not begin within this time of each other (s).
_SAME_TIME_S = 2.0
_SERIES_WORDS = ("SeriesNumber", "SeriesDescription", "ProtocolName")
#: What the parts of one acquisition have in common besides their geometry.
_SAME_WORDS = (
    "SeriesDescription", "ProtocolName", "FrameOfReferenceUID", "RepetitionTime", "FlipAngle",
    "ContrastBolusAgent", "ContrastBolusAgentPhase",
)  # fmt: skip


def series_of(frames: Sequence[Frame]) -> list[list[Frame]]:
    """The images by series. One UID with several numbers or descriptions stands for several series."""
    by_uid: dict[str, list[Frame]] = defaultdict(list)
    for frame in frames:
        by_uid[frame.series_uid].append(frame)
    return [part for own in by_uid.values() for part in _by_words(own)]


def _by_words(frames: list[Frame]) -> list[list[Frame]]:
    parts: dict[tuple[str, ...], list[Frame]] = defaultdict(list)
    for frame in frames:
        parts[_words(frame, _SERIES_WORDS)].append(frame)
    if len(parts) < 2 or any(not any(words) for words in parts):
        return [frames]
    most = max(Counter(position_numbers(frames)).values())
    # More parts than images at one position: the words count slices, they do not tell series apart.
    return list(parts.values()) if len(parts) <= most else [frames]


def joined_stacks(stacks: Sequence[Stack]) -> list[Stack]:
    """The stacks, those put together that are parts of one acquisition under several series UIDs.

    Parts have the same description, sequence and frame of reference, lie in one line at different
    positions, and have the same series number or the same time of acquisition, while neither contradicts.
    """
    alike: dict[Hashable, list[int]] = defaultdict(list)
    for index, stack in enumerate(stacks):
        if stack.problem is None:
            alike[_family(stack)].append(index)
    whole: dict[int, Stack] = {}
    gone: set[int] = set()
    for family in alike.values():
        for group in _groups(stacks, family):
            made = _together([stacks[index] for index in group])
            if made is not None:
                whole[min(group)] = made
                gone.update(group)
    return [
        whole.get(index, stack) for index, stack in enumerate(stacks) if index in whole or index not in gone
    ]


def _words(frame: Frame, keywords: Sequence[str]) -> tuple[str, ...]:
    header = Header(frame.dataset)
    return tuple(header.text(keyword) for keyword in keywords)


def _family(stack: Stack) -> Hashable:
    first = stack.frames[0]
    place = tuple(round(value, 2) for value in (*first.size, *first.spacing_mm, *first.orientation))
    return (_words(first, _SAME_WORDS), first.kind, place, first.times.temporal_position, stack.time_point)


def _groups(stacks: Sequence[Stack], family: Sequence[int]) -> Iterator[list[int]]:
    """What may be parts of one acquisition, by time where it is known, and by series number."""
    by_number: dict[str, list[int]] = defaultdict(list)
    for index in family:
        by_number[_number(stacks[index])].append(index)
    telling = _times_tell(stacks)
    if telling and all(_span(stacks[index]) is not None for index in family):
        for group in _at_one_time(stacks, family):
            if _fits([stacks[index] for index in group]):
                yield group
            else:
                numbers: dict[str, list[int]] = defaultdict(list)
                for index in group:
                    numbers[_number(stacks[index])].append(index)
                yield from (own for number, own in numbers.items() if number)
        return
    for number, own in by_number.items():
        if number:
            yield own


def _number(stack: Stack) -> str:
    return Header(stack.frames[0].dataset).text("SeriesNumber")


def _span(stack: Stack) -> tuple[float, float] | None:
    times = [frame.times.acquisition_s for frame in stack.frames]
    known = [time for time in times if time is not None]
    return (min(known), max(known)) if len(known) == len(times) else None


def _times_tell(stacks: Sequence[Stack]) -> bool:
    """Whether clocks move at all in this study; those that stand still say nothing."""
    spans = [span for span in map(_span, stacks) if span is not None]
    return bool(spans) and max(end for _, end in spans) - min(start for start, _ in spans) > _SAME_TIME_S


def _at_one_time(stacks: Sequence[Stack], family: Sequence[int]) -> list[list[int]]:
    spans = {index: _span(stacks[index]) or (0.0, 0.0) for index in family}
    groups: list[list[int]] = []
    end = float("-inf")
    for index in sorted(family, key=lambda index: spans[index]):
        start, last = spans[index]
        if start - end > _SAME_TIME_S:
            groups.append([])
            end = last
        groups[-1].append(index)
        end = max(end, last)
    return groups


def _fits(parts: Sequence[Stack]) -> bool:
    return len(parts) > 1 and _union(parts) is not None


def _together(parts: Sequence[Stack]) -> Stack | None:
    """One stack of the parts; None where they are no parts of one volume."""
    if not _fits(parts):
        return None
    union = _union(parts)
    assert union is not None
    series = len({frame.series_uid for frame in union})
    numbers = {_number(part) for part in parts}
    spans = [_span(part) for part in parts]
    same = ["description"]
    if len(numbers) == 1 and "" not in numbers:
        same.append("series number")
    if all(spans):
        same.append("acquisition time")
    said = f"put together from {series} series with slices at different places and the same {_listed(same)}"
    dropped = sum(len(part.frames) + part.dropped for part in parts) - len(union)
    return replace(parts[0], frames=tuple(union), dropped=dropped, joined=said)


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _union(parts: Sequence[Stack]) -> list[Frame] | None:
    """The slices of all parts along their normal, one a position; None where they contradict each other."""
    if len({part.frames[0].series_uid for part in parts}) < len(parts):
        return None
    frames = [frame for part in parts for frame in part.frames]
    at: dict[int, list[Frame]] = defaultdict(list)
    for frame, position in zip(frames, position_numbers(frames), strict=True):
        at[position].append(frame)
    if len(at) <= max(len(part.frames) for part in parts):
        return None
    if any(not _same_pixels(own) for own in at.values() if len(own) > 1):
        return None
    union = [at[position][0] for position in sorted(at)]
    if len(union) < 3 or spacing_problem(union) is None or repair_of(union) is not None:
        return union
    shape = stack_shape(union)
    # A slice that is missing between the parts is said of the whole; anything else is no volume.
    return union if shape.has_gaps and not shape.tilted else None


def _same_pixels(frames: Sequence[Frame]) -> bool:
    digests: list[bytes | None] = [pixel_digest(frame) for frame in frames]
    return None not in digests and len(set(digests)) == 1
