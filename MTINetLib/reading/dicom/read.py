"""Reads a folder of DICOM files, in any nesting and under any names, as volumes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from MTINetLib.errors import InputError
from MTINetLib.progress import Progress, Silent
from MTINetLib.reading.dicom.frame import Frame
from MTINetLib.reading.dicom.header import SECONDS_PER_DAY, Header, to_number
from MTINetLib.reading.dicom.one_scale import on_one_scale
from MTINetLib.reading.dicom.scan import ScanResult, scan
from MTINetLib.reading.dicom.series import joined_stacks, series_of
from MTINetLib.reading.dicom.volumes import stacks_of_series, volume_of_stack
from MTINetLib.reading.found_volumes import FoundVolumes
from MTINetLib.reading.other_files import WHAT_IS_READ, is_archive, not_read, what_of_archive
from MTINetLib.reading.source_volume import SourceVolume

_MOST_SERIES_NAMED = 4


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


def open_dicom_folder(folder: Path, progress: Progress | None = None) -> FoundVolumes:
    """Like :func:`read_dicom_folder`, with an account of the files that were not used."""
    return dicom_volumes(folder, scan(folder, progress or Silent()))


def dicom_volumes(folder: Path, found: ScanResult) -> FoundVolumes:
    """The volumes of a folder that was scanned.

    Raises:
        InputError: as :func:`read_dicom_folder`.
    """
    if not found.frames:
        raise InputError(_nothing_found(folder, found))
    _refuse_mixtures(folder, found.frames)
    volumes = volumes_of_frames(found.frames)
    troubled = {problem.path for problem in found.problems if not problem.path.is_dir()}
    used = {frame.place.path for frame in found.frames} | troubled | set(found.copies)
    return FoundVolumes(
        source=folder,
        volumes=volumes,
        problems=found.problems,
        skipped=len(found.files) - len(used),
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
    if not found.files:
        return f"The folder {folder} is empty; give a folder with the DICOM images of one study."
    if found.problems:
        path, reason = found.problems[0].path, found.problems[0].reason
        if path == folder:
            return f"The DICOM file {path} cannot be used: {reason}."
        return f"None of the DICOM files in {folder} can be used; the first is {path}: {reason}."
    if found.set_aside:
        kinds = ", ".join(found.set_aside)
        return f"The DICOM files in {folder} hold no MR images (only {kinds}); give a folder with liver MRI."
    if found.files == (folder,):
        return not_read(folder)
    packed = next((path for path in found.files if is_archive(path)), None)
    if packed is not None:
        return f"There are no images in {folder}, but the archive {packed}: {what_of_archive(packed)}."
    files = "1 file" if len(found.files) == 1 else f"{len(found.files)} files"
    return f"There are no DICOM images among the {files} in {folder}; give {WHAT_IS_READ}."


def study_and_patient(frame: Frame) -> tuple[str, str]:
    """Study Instance UID, and the patient's ID or else name: what tells studies apart; empty if unknown."""
    header = Header(frame.dataset)
    return header.text("StudyInstanceUID"), header.text("PatientID") or header.text("PatientName")


def _refuse_mixtures(folder: Path, frames: Iterable[Frame]) -> None:
    """One patient, one study; the sentence tells studies apart without saying whose they are."""
    studies: dict[tuple[str, str], list[Frame]] = defaultdict(list)
    for frame in frames:
        studies[study_and_patient(frame)].append(frame)
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
