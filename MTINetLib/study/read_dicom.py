"""Reads a folder of DICOM files, in any nesting and under any names, as volumes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from MTINetLib.errors import InputError
from MTINetLib.progress import Progress, Silent
from MTINetLib.study.dicom_frame import Frame
from MTINetLib.study.dicom_header import SECONDS_PER_DAY, Header, to_number
from MTINetLib.study.dicom_scale import on_one_scale
from MTINetLib.study.dicom_scan import FileProblem, ScanResult, scan
from MTINetLib.study.dicom_series import joined_stacks, series_of
from MTINetLib.study.dicom_volumes import stacks_of_series, volume_of_stack
from MTINetLib.study.source_volume import SourceVolume

_MOST_SERIES_NAMED = 4


@dataclass(frozen=True)
class DicomFolder:
    """What a folder holds.

    ``problems`` are files that look like DICOM and cannot be used; ``skipped`` counts the files that
    are something else, ``set_aside`` the DICOM objects among them, by what they are; ``copies`` counts
    second copies of the same image, which were left out.
    """

    volumes: tuple[SourceVolume, ...]
    problems: tuple[FileProblem, ...]
    skipped: int
    copies: int
    set_aside: Mapping[str, int]


def read_dicom_folder(folder: Path, progress: Progress | None = None) -> list[SourceVolume]:
    """The MR volumes of one patient's study, sorted by series number, acquisition time and time point.

    Headers are read at once, pixels when a volume's ``array`` is asked for. Volumes with missing
    slices or damaged files are listed too, with ``SourceVolume.problem``: they raise when used.

    Args:
        folder: a folder in any nesting, or one DICOM file.

    Raises:
        InputError: nothing usable is there, or the images belong to several studies or patients.
    """
    return list(open_dicom_folder(folder, progress).volumes)


def open_dicom_folder(folder: Path, progress: Progress | None = None) -> DicomFolder:
    """Like :func:`read_dicom_folder`, with an account of the files that were not used."""
    found = scan(folder, progress or Silent())
    if not found.frames:
        raise InputError(_nothing_found(folder, found))
    _refuse_mixtures(folder, found.frames)
    volumes = volumes_of_frames(found.frames)
    troubled = {problem.path for problem in found.problems if not problem.path.is_dir()}
    used = {frame.place.path for frame in found.frames} | troubled | set(found.copies)
    return DicomFolder(
        volumes=volumes,
        problems=found.problems,
        skipped=found.file_count - len(used),
        copies=len(found.copies),
        set_aside=found.set_aside,
    )


def volumes_of_frames(frames: Sequence[Frame]) -> tuple[SourceVolume, ...]:
    """The volumes of one study's slice images, sorted by series number, time point and acquisition time."""
    stacks = [
        stack for own in series_of(on_one_scale(past_midnight(frames))) for stack in stacks_of_series(own)
    ]
    return tuple(sorted(map(volume_of_stack, joined_stacks(stacks)), key=_order))


def _order(volume: SourceVolume) -> tuple[float, float, float]:
    number, time = to_number(volume.headers.get("SeriesNumber")), volume.headers.get("acquisition_s")
    return (number or 0.0, float(volume.time_point or 0), float(time or 0.0))


def _nothing_found(folder: Path, found: ScanResult) -> str:
    if found.file_count == 0:
        return f"The folder {folder} is empty; give a folder with the DICOM images of one study."
    if found.problems:
        name, reason = found.problems[0].path.name, found.problems[0].reason
        return f"None of the DICOM files in {folder} can be used; the first is {name}: {reason}."
    if found.set_aside:
        kinds = ", ".join(found.set_aside)
        return f"The DICOM files in {folder} hold no MR images (only {kinds}); give a folder with liver MRI."
    files = "1 file" if found.file_count == 1 else f"{found.file_count} files"
    return f"There are no DICOM images among the {files} in {folder}; give a folder with DICOM images."


def _refuse_mixtures(folder: Path, frames: Iterable[Frame]) -> None:
    """One patient, one study; the sentence tells studies apart without saying whose they are."""
    studies: dict[tuple[str, str], list[Frame]] = defaultdict(list)
    for frame in frames:
        header = Header(frame.dataset)
        patient = header.text("PatientID") or header.text("PatientName")
        studies[(header.text("StudyInstanceUID"), patient)].append(frame)
    if len(studies) < 2:
        return
    listed = "; ".join(_study_in_words(own) for own in studies.values())
    patients = len({patient for _, patient in studies})
    whose = f" of {patients} patients" if patients > 1 else ""
    number = len({uid for uid, _ in studies})
    count = "1 study" if number == 1 else f"{number} studies"
    raise InputError(
        f"The folder {folder} holds {count}{whose} ({listed}); give a folder with one study of one patient."
    )


def _study_in_words(frames: Sequence[Frame]) -> str:
    """Description, date and series of a study; nothing that names the patient."""
    first = Header(frames[0].dataset)
    series = {frame.series_uid: _text(frame, "SeriesDescription") for frame in frames}
    names = [f"'{name}'" for name in dict.fromkeys(series.values()) if name]
    shown = ", ".join(names[:_MOST_SERIES_NAMED]) + (", ..." if len(names) > _MOST_SERIES_NAMED else "")
    return (
        f"{_text(frames[0], 'StudyDescription') or 'study without description'}, "
        f"{first.text('StudyDate') or 'no date'}, {len(frames)} images in {len(series)} series"
        f"{f' such as {shown}' if shown else ''}"
    )


def _text(frame: Frame, keyword: str) -> str:
    """A text in the file's own character set."""
    return str(frame.dataset.get(keyword) or "").strip()


def past_midnight(frames: Sequence[Frame]) -> Sequence[Frame]:
    """Clocks that do not jump back at midnight: times more than half a day before the last get a day more."""
    known = [frame.times.acquisition_s for frame in frames if frame.times.acquisition_s is not None]
    if not known or not SECONDS_PER_DAY / 2 < max(known) - min(known) < SECONDS_PER_DAY:
        return frames
    limit = max(known) - SECONDS_PER_DAY / 2

    def later(value: float | None) -> float | None:
        return value + SECONDS_PER_DAY if value is not None and value < limit else value

    return [
        replace(
            frame,
            times=replace(
                frame.times,
                acquisition_s=later(frame.times.acquisition_s),
                content_s=later(frame.times.content_s),
                series_s=later(frame.times.series_s),
            ),
        )
        for frame in frames
    ]
