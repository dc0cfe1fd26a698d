"""One pass over the headers of a folder: which files hold MR images, and which do not."""

from __future__ import annotations

import logging
import os
import struct
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import islice
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from MTINetLib.errors import InputError
from MTINetLib.progress import Progress
from MTINetLib.study.dicom_frame import AttributeProblemError, Frame, PixelPlace, frames_of
from MTINetLib.study.dicom_header import Header, tag_of
from MTINetLib.study.dicom_open import DicomFile, UnusableError
from MTINetLib.study.dicom_scale import PRIVATE_TAGS, BentTableError
from MTINetLib.study.dicom_screen import COMPRESSED

_LOG = logging.getLogger(__name__)

#: Attributes that a volume's headers keep by keyword, as they stand in its first image.
KEPT_KEYWORDS = (
    "SeriesDescription", "ProtocolName", "SeriesNumber", "ImageType", "ScanOptions", "SequenceName",
    "ScanningSequence", "SequenceVariant", "MRAcquisitionType", "RepetitionTime", "EchoTime", "FlipAngle",
    "ContrastBolusAgent", "ContrastBolusStartTime", "ContrastBolusAgentPhase", "NumberOfTemporalPositions",
    "DiffusionBValue", "Manufacturer", "FrameOfReferenceUID", "AcquisitionNumber", "ImageComments",
)  # fmt: skip
_SORTING_KEYWORDS = (
    "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Modality", "PatientID",
    "PatientName", "StudyDate", "StudyDescription", "SeriesDate", "AcquisitionDate", "ContentDate",
    "AcquisitionTime", "AcquisitionDateTime", "ContentTime", "SeriesTime", "TriggerTime",
    "TemporalPositionIdentifier", "TemporalPositionTimeOffset", "InstanceNumber", "ImagePositionPatient",
    "ImageOrientationPatient", "PixelSpacing", "SliceThickness", "SpacingBetweenSlices", "EchoNumbers",
    "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "BitsAllocated", "BitsStored",
    "PixelRepresentation", "RescaleSlope", "RescaleIntercept", "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence", "SpecificCharacterSet", "ModalityLUTSequence",
    "LossyImageCompression",
)  # fmt: skip
_TAGS = [*(tag_of(keyword) for keyword in (*KEPT_KEYWORDS, *_SORTING_KEYWORDS)), *PRIVATE_TAGS]
_NATIVE = {ImplicitVRLittleEndian: "<", ExplicitVRLittleEndian: "<", ExplicitVRBigEndian: ">"}
_LARGEST_SIDE = 4096
_MOST_FRAMES = 50_000


@dataclass(frozen=True)
class FileProblem:
    """A file that could not be used, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class ScanResult:
    """What a folder holds: MR slice images, files with problems, and how many files are something else."""

    frames: tuple[Frame, ...]
    problems: tuple[FileProblem, ...]
    file_count: int
    other_modalities: tuple[str, ...]
    copies: int


def scan(folder: Path, progress: Progress) -> ScanResult:
    """Read the headers of every file below ``folder`` (or of one file), in the order of their names.

    Raises:
        InputError: the folder does not exist or cannot be listed.
    """
    paths, problems = _files_below(folder)
    frames: list[Frame] = []
    others: Counter[str] = Counter()
    progress.start("Reading headers", len(paths))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for done, path in enumerate(paths, start=1):
            try:
                frames.extend(_frames_of_file(path, others))
            except UnusableError as error:
                problems.append(FileProblem(path, str(error)))
            if done % 16 == 0 or done == len(paths):
                progress.update(done)
    progress.finish()
    unique, copies = _without_copies(frames)
    _LOG.debug("%d files: %d slices, %d not readable", len(paths), len(unique), len(problems))
    return ScanResult(tuple(unique), tuple(problems), len(paths), tuple(sorted(others)), copies)


def first_frame(path: Path) -> Frame | None:
    """The first slice image of one file; None if it is no MR image that can be used."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return next(iter(_frames_of_file(path, Counter(), most=1)), None)
    except UnusableError:
        return None


def _files_below(folder: Path) -> tuple[list[Path], list[FileProblem]]:
    """All files in the order of their names, and folders that cannot be listed; links to folders are left."""
    if not folder.is_dir():
        if not os.path.lexists(folder):
            raise InputError(f"There is no file or folder {folder}.")
        return [folder], []
    found: list[Path] = []
    problems: list[FileProblem] = []

    def note(error: OSError) -> None:
        problems.append(FileProblem(Path(error.filename), f"cannot be listed ({_system_words(error)})"))

    for parent, folders, files in os.walk(folder, onerror=note):
        folders.sort()
        found.extend(Path(parent) / name for name in files)
    return sorted(found), problems


def _frames_of_file(path: Path, others: Counter[str], most: int | None = None) -> list[Frame]:
    def read(stream: BytesIO, inflated: int | None) -> list[Frame]:
        dataset = pydicom.dcmread(stream, stop_before_pixels=True, specific_tags=_TAGS, force=True)
        header = Header(dataset)
        if not _is_mr_image(header, others):
            return []
        _screen(header)
        return list(islice(frames_of(header, _pixel_place(header, path, stream, file.size, inflated)), most))

    try:
        with DicomFile(path) as file:
            return file.parse(read) or []
    except UnusableError:
        raise
    except OSError as error:
        raise UnusableError(f"cannot be read ({_system_words(error)})") from error
    except BentTableError as error:
        raise UnusableError(
            "has a modality look-up table that is not a straight line, so its values are not linear in the "
            "signal"
        ) from error
    except AttributeProblemError as error:
        raise UnusableError(str(error)) from error
    # A damaged header may raise anything inside pydicom: all of it is one clear reason.
    except Exception as error:
        raise UnusableError(f"damaged DICOM header ({type(error).__name__})") from error


def _system_words(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _is_mr_image(header: Header, others: Counter[str]) -> bool:
    if "Rows" not in header or header.integer("SamplesPerPixel", 1) != 1:
        return False
    modality = header.text("Modality")
    if modality != "MR":
        others[modality or "unknown"] += 1
        return False
    return True


def _screen(header: Header) -> None:
    """Refuse sizes that no MR image has before anything is allocated for them."""
    rows, columns, frames = header.integer("Rows"), header.integer("Columns"), _frame_count(header)
    bits = header.integer("BitsAllocated")
    if not (0 < rows <= _LARGEST_SIDE and 0 < columns <= _LARGEST_SIDE):
        raise UnusableError(f"says it has {rows} x {columns} pixels")
    if not 0 < frames <= _MOST_FRAMES:
        raise UnusableError(f"says it has {frames} frames")
    if bits not in (8, 16, 32):
        raise UnusableError(f"says it has {bits} bits a pixel")
    if "PerFrameFunctionalGroupsSequence" not in header and frames > 1:
        raise UnusableError("several frames without functional groups (no position per frame)")


def _frame_count(header: Header) -> int:
    return int(header.number("NumberOfFrames") or 1)


def _pixel_place(header: Header, path: Path, stream: BytesIO, size: int, inflated: int | None) -> PixelPlace:
    """Where the pixels begin; the stream stands at the pixel data element.

    Args:
        size: of the file.
        inflated: of what a deflated file unpacks to, None for others.
    """
    meta = getattr(header.dataset, "file_meta", None) or Dataset()
    syntax = meta.get("TransferSyntaxUID") or ImplicitVRLittleEndian
    packed = syntax not in _NATIVE
    order = _NATIVE.get(syntax, "<")
    bits = header.integer("BitsAllocated")
    kind = f"{order}{'i' if header.integer('PixelRepresentation') else 'u'}{bits // 8}"
    place = PixelPlace(path, None, kind, min(header.integer("BitsStored", bits), bits))
    if packed and syntax not in COMPRESSED:
        name = syntax.name if isinstance(syntax, UID) else "unknown"
        return replace(place, problem=f"is stored in a way that cannot be read ({name})")
    start = stream.read(12)
    if len(start) < 12 or struct.unpack(f"{order}HH", start[:4]) != (0x7FE0, 0x0010):
        return replace(place, problem="has no pixel data")
    if place.bits_stored == 0:
        return replace(place, problem="says it has no bits stored")
    if packed:
        return place
    implicit = syntax == ImplicitVRLittleEndian
    length = struct.unpack(f"{order}I", start[4:8] if implicit else start[8:12])[0]
    offset = stream.tell() - (4 if implicit else 0)
    wanted = header.integer("Rows") * header.integer("Columns") * _frame_count(header) * bits // 8
    if length < wanted or (size if inflated is None else inflated) < offset + wanted:
        return replace(place, problem="is truncated")
    return replace(place, offset=offset if inflated is None else None)


def _without_copies(frames: Iterable[Frame]) -> tuple[list[Frame], int]:
    """The frames without second copies of the same instance, and the number of copies."""
    seen: set[tuple[str, int]] = set()
    unique = []
    count = 0
    for frame in frames:
        count += 1
        key = (frame.instance_uid, frame.number)
        if not frame.instance_uid or key not in seen:
            seen.add(key)
            unique.append(frame)
    return unique, count - len(unique)
