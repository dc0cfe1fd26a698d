"""Which volumes of a DICOM study are the series over time, and which are something else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from MTINetLib.errors import InputError
from MTINetLib.reading.candidates import candidates_among
from MTINetLib.reading.source_volume import SourceVolume

#: So many volumes of one series are a dynamic one, of whatever weighting.
_DYNAMIC = 3
_MOST_NAMED = 12
#: What the images of one dynamic acquisition have in common, also where they are several series.
_SAME = ("RepetitionTime", "EchoTime", "FlipAngle")

_Chosen = tuple[list[SourceVolume], tuple[str, ...]]


def chosen_volumes(volumes: Sequence[SourceVolume], only: str | None = None) -> _Chosen:
    """The volumes of the series, and a line for each that was left out.

    A series of three or more time points is taken, with other volumes of the same grid and sequence, such as
    the one before contrast; where there is none, the volumes that may be phases of a dynamic T1 study.

    Args:
        only: a series by its number, its UID, or a part of its description.

    Raises:
        InputError: there are several such series, or none of that name; the sentence lists them.
    """
    if only is not None:
        named = [volume for volume in volumes if _is_called(volume, only)]
        if not named:
            raise InputError(f"There is no series '{only}'; there are {_listed(volumes)}.")
        return named, _left_out(volumes, named, "")
    series: dict[tuple[str | None, str], list[SourceVolume]] = defaultdict(list)
    for volume in volumes:
        if volume.time_point is not None:
            series[volume.series_uid, volume.description].append(volume)
    dynamic = [own for own in series.values() if len(own) >= _DYNAMIC]
    candidates, others = candidates_among(volumes)
    if len(dynamic) > 1:
        dynamic = [own for own in dynamic if own[0] in candidates] or dynamic
    if len(dynamic) > 1:
        raise InputError(
            f"There are {len(dynamic)} dynamic series ({_listed([own[0] for own in dynamic])}): say which "
            "one with --series."
        )
    if dynamic:
        own = dynamic[0]
        chosen = [volume for volume in volumes if volume in own or _belongs(volume, own[0])]
        return chosen, _left_out(volumes, chosen, "another grid or sequence")
    reasons = {id(item.volume): item.reason for item in others}
    said = [f"{volume.name}: {reasons[id(volume)]}" for volume in volumes if id(volume) in reasons]
    return candidates or list(volumes), tuple(said) if candidates else ()


def _is_called(volume: SourceVolume, word: str) -> bool:
    number = volume.headers.get("SeriesNumber")
    told = word.strip().lower()
    return told in (str(number), volume.series_uid) or (bool(told) and told in volume.description.lower())


def _belongs(volume: SourceVolume, to: SourceVolume) -> bool:
    """Of the same grid and sequence, and known to be so: flip angles differ where T1 is mapped."""
    own, other = ([one.headers.get(word) for word in _SAME] for one in (volume, to))
    same_kind = volume.headers.get("ImageType") == to.headers.get("ImageType")
    return None not in own and own == other and same_kind and volume.grid.matches(to.grid)


def _left_out(volumes: Sequence[SourceVolume], chosen: Sequence[SourceVolume], why: str) -> tuple[str, ...]:
    rest = [volume.name for volume in volumes if volume not in chosen]
    return tuple(f"{name}: {why}" if why else name for name in rest)


def _listed(volumes: Sequence[SourceVolume]) -> str:
    names = dict.fromkeys(
        f"'{volume.description or 'without description'}' (number {volume.headers.get('SeriesNumber')})"
        for volume in volumes
    )
    return ", ".join(list(names)[:_MOST_NAMED]) + (", ..." if len(names) > _MOST_NAMED else "")
