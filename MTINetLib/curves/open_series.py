"""Opens what the user named as a series over time: DICOM, one file of several volumes, or a list of files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from MTINetLib.curves.choose_volumes import chosen_volumes
from MTINetLib.curves.series import Array, SeriesPoint, TimeSeries
from MTINetLib.errors import InputError
from MTINetLib.phases.times import clocks_of
from MTINetLib.progress import Progress, Silent
from MTINetLib.reading.dicom.read import dicom_volumes
from MTINetLib.reading.dicom.scan import scan
from MTINetLib.reading.other_files import is_zip
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.reading.unpack_archive import unpacked
from MTINetLib.reading.volumes.read import SUFFIXES
from MTINetLib.reading.volumes.time_points import FileTimePoints, time_points_of_file
from MTINetLib.reading.volumes.volume_files import is_volume_file

TIMES_UNSURE, DIFFERENT_STUDIES = "times_unsure", "series_of_several_studies"
#: Clocks of one series that are closer than this (s) tell slices apart, not time points.
_SHORTEST_STEP_S = 0.05


@contextmanager
def open_series(
    sources: Sequence[Path], *, only: str | None = None, progress: Progress | None = None
) -> Iterator[TimeSeries]:
    """A series of volumes, until the block ends: voxels are read late, one volume at a time.

    Args:
        sources: a folder or archive of DICOM, or several; or volume files in the order of time, each with one
            volume or several. DICOM is put in order by its own times.
        only: a series by its number, its UID, or a part of its description, where DICOM holds several.

    Raises:
        InputError: nothing usable is there, it is not clear which series is meant, or their order.
    """
    if not sources:
        raise InputError("Name a dynamic series: a folder of DICOM, one 4-D file, or several files.")
    watcher = progress or Silent()
    files = [path for path in sources if path.is_file() and path.name.lower().endswith(SUFFIXES)]
    if files and len(files) < len(sources):
        raise InputError("Give either DICOM or volume files as one series, not both.")
    if files:
        yield _of_files([time_points_of_file(path) for path in files])
        return
    with ExitStack() as kept:
        volumes = [volume for path in sources for volume in _dicom_in(path, watcher, kept)]
        yield _of_dicom(volumes, only)


def _dicom_in(path: Path, progress: Progress, kept: ExitStack) -> Sequence[SourceVolume]:
    if not path.exists():
        raise InputError(f"There is no file or folder {path}.")
    folder = kept.enter_context(unpacked(path, progress)).folder if path.is_file() and is_zip(path) else path
    scanned = scan(folder, progress)
    files = [file for file in scanned.files if is_volume_file(file)]
    if files and not scanned.frames:
        raise InputError(
            f"{path} holds {len(files)} volume files and nothing tells their order in time: name them one by "
            "one in their order."
        )
    return dicom_volumes(path, scanned).volumes


def _of_files(files: Sequence[FileTimePoints]) -> TimeSeries:
    """Times are known of one file only: the clocks of several have no common zero."""
    alone = len(files) == 1
    points = tuple(
        SeriesPoint(
            file.path.name if len(file.times_s) == 1 else f"{file.path.name} #{number}",
            file.grid,
            time if alone else None,
        )
        for file in files
        for number, time in enumerate(file.times_s, start=1)
    )

    def read() -> Iterator[Array]:
        for file in files:
            yield from file.read()

    timed = alone and None not in files[0].times_s
    flags = dict.fromkeys(flag for file in files for flag in file.flags)
    return TimeSeries(points, read, "the index of the sequence" if timed else "", tuple(flags))


def _of_dicom(found: Sequence[SourceVolume], only: str | None) -> TimeSeries:
    volumes, left_out = chosen_volumes(found, only)
    clocks = clocks_of(volumes, _SHORTEST_STEP_S)
    flags = dict.fromkeys(flag for volume in volumes for flag in volume.flags)
    if all(clock is not None for clock in clocks):
        timed = sorted(
            ((clock.seconds, clock.source, clock.reliable, volume)
             for clock, volume in zip(clocks, volumes, strict=True) if clock is not None),
            key=lambda item: item[0],
        )  # fmt: skip
        volumes = [volume for *_, volume in timed]
        times: list[float | None] = [round(seconds - timed[0][0], 3) for seconds, *_ in timed]
        sources = dict.fromkeys(source for _, source, *_ in timed)
        source = " and ".join(word.replace("_", " ") for word in sources)
        flags.update(
            dict.fromkeys(f"{TIMES_UNSURE}:{word}" for _, word, reliable, _ in timed if not reliable)
        )
    else:
        if len({volume.series_uid for volume in volumes}) > 1:
            raise InputError(
                "Nothing in the DICOM files tells in which order the series were taken: name one with "
                "--series, or give the volumes as files in their order."
            )
        times, source = [None] * len(volumes), ""
    if len({volume.headers.get("StudyInstanceUID") for volume in volumes}) > 1:
        flags[DIFFERENT_STUDIES] = None
    points = tuple(
        SeriesPoint(volume.name, volume.grid, time, volume.problem or "")
        for volume, time in zip(volumes, times, strict=True)
    )

    def read() -> Iterator[Array | None]:
        for volume in volumes:
            # Another object, for a volume keeps the voxels that were asked of it.
            yield None if volume.problem else replace(volume).read()

    return TimeSeries(points, read, source, tuple(flags), volumes[0].images, left_out)
