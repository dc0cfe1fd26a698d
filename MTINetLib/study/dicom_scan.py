"""One pass over the headers of a folder: which files hold MR images, and which do not."""

from __future__ import annotations

import logging
import os
import struct
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from MTINetLib.errors import InputError
from MTINetLib.progress import Progress
from MTINetLib.study.dicom_frame import Frame, PixelPlace, frames_of
from MTINetLib.study.dicom_header import Header, tag_of

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
    "PerFrameFunctionalGroupsSequence", "SpecificCharacterSet",
)  # fmt: skip
_TAGS = [tag_of(keyword) for keyword in (*KEPT_KEYWORDS, *_SORTING_KEYWORDS)]
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
    paths = _files_below(folder)
    frames: list[Frame] = []
    problems: list[FileProblem] = []
    others: Counter[str] = Counter()
    progress.start("Reading headers", len(paths))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for done, path in enumerate(paths, start=1):
            try:
                frames.extend(_frames_of_file(path, others))
            except _UnusableError as error:
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
    except _UnusableError:
        return None


class _UnusableError(Exception):
    """A DICOM file that cannot be used; the text is the reason."""


def _files_below(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise InputError(f"There is no file or folder {folder}.")
    found: list[Path] = []
    for parent, folders, files in os.walk(folder):
        folders.sort()
        found.extend(Path(parent) / name for name in files)
    return sorted(found)


def _frames_of_file(path: Path, others: Counter[str], most: int | None = None) -> list[Frame]:
    try:
        with path.open("rb") as stream:
            head = stream.read(132)
            if not _looks_like_dicom(head):
                return []
            stream.seek(0)
            dataset = pydicom.dcmread(stream, stop_before_pixels=True, specific_tags=_TAGS, force=True)
            header = Header(dataset)
            if not _is_mr_image(header, others):
                return []
            _screen(header)
            frames = list(islice(frames_of(header, _pixel_place(header, path, stream)), most))
    except _UnusableError:
        raise
    except OSError as error:
        raise _UnusableError(f"cannot be read ({error.strerror or type(error).__name__})") from error
    except ValueError as error:
        raise _UnusableError(str(error)) from error
    # A damaged header may raise anything inside pydicom: all of it is one clear reason.
    except Exception as error:
        raise _UnusableError(f"damaged DICOM header ({type(error).__name__})") from error
    return frames


def _looks_like_dicom(head: bytes) -> bool:
    if head[128:132] == b"DICM":
        return True
    # Old files without a preamble begin with group 0002 or 0008, element number below 0x20.
    return len(head) == 132 and head[:4] in _FIRST_TAGS


_FIRST_TAGS = {struct.pack("<HH", 0x0008, element) for element in (0x0000, 0x0001, 0x0005, 0x0008, 0x0016)}


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
        raise _UnusableError(f"says it has {rows} x {columns} pixels")
    if not 0 < frames <= _MOST_FRAMES:
        raise _UnusableError(f"says it has {frames} frames")
    if bits not in (8, 16, 32):
        raise _UnusableError(f"says it has {bits} bits a pixel")
    if "PerFrameFunctionalGroupsSequence" not in header and frames > 1:
        raise _UnusableError("several frames without functional groups (no position per frame)")


def _frame_count(header: Header) -> int:
    return int(header.number("NumberOfFrames") or 1)


def _pixel_place(header: Header, path: Path, stream: BinaryIO) -> PixelPlace:
    """Where the pixels begin; the stream stands at the pixel data element of an uncompressed file."""
    meta = getattr(header.dataset, "file_meta", None) or Dataset()
    syntax = meta.get("TransferSyntaxUID") or ImplicitVRLittleEndian
    order = _NATIVE.get(syntax)
    bits = header.integer("BitsAllocated")
    dtype = f"{order or '<'}{'i' if header.integer('PixelRepresentation') else 'u'}{bits // 8}"
    stored = header.integer("BitsStored", bits)
    if order is None:
        return PixelPlace(path, None, dtype, stored)
    start = stream.read(12)
    if len(start) < 12 or struct.unpack(f"{order}HH", start[:4]) != (0x7FE0, 0x0010):
        return PixelPlace(path, None, dtype, stored, problem="has no pixel data")
    implicit = syntax == ImplicitVRLittleEndian
    length = struct.unpack(f"{order}I", start[4:8] if implicit else start[8:12])[0]
    offset = stream.tell() - (4 if implicit else 0)
    wanted = header.integer("Rows") * header.integer("Columns") * _frame_count(header) * bits // 8
    if length < wanted or os.fstat(stream.fileno()).st_size < offset + wanted:
        return PixelPlace(path, None, dtype, stored, problem="is truncated")
    return PixelPlace(path, offset, dtype, stored)


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
