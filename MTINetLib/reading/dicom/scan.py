"""One pass over the headers of a folder: which files hold MR images, and which do not."""

from __future__ import annotations

import logging
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import islice
from pathlib import Path

from MTINetLib.progress import Progress, Stage
from MTINetLib.reading.dicom.copies import without_copies
from MTINetLib.reading.dicom.encoding import Encoding
from MTINetLib.reading.dicom.frame import AttributeProblemError, Frame, frames_of
from MTINetLib.reading.dicom.frame_counts import FrameCounts
from MTINetLib.reading.dicom.header import Header, tag_of
from MTINetLib.reading.dicom.kind import is_no_object, why_no_image
from MTINetLib.reading.dicom.open import DicomFile, UnusableError, read_elements
from MTINetLib.reading.dicom.place import Stored, pixel_place
from MTINetLib.reading.dicom.scale import PRIVATE_TAGS, BentTableError
from MTINetLib.reading.folder_files import files_below, system_words
from MTINetLib.reading.found_volumes import FileProblem

_LOG = logging.getLogger(__name__)

#: Attributes that a volume's headers keep by keyword, as they stand in its first image.
KEPT_KEYWORDS = (
    "SeriesDescription", "ProtocolName", "SeriesNumber", "ImageType", "ScanOptions", "SequenceName",
    "ScanningSequence", "SequenceVariant", "MRAcquisitionType", "RepetitionTime", "EchoTime", "FlipAngle",
    "ContrastBolusAgent", "ContrastBolusStartTime", "ContrastBolusAgentPhase", "NumberOfTemporalPositions",
    "DiffusionBValue", "Manufacturer", "FrameOfReferenceUID", "AcquisitionNumber", "ImageComments",
    "StudyInstanceUID",
)  # fmt: skip
_SORTING_KEYWORDS = (
    "SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "Modality", "PatientID",
    "PatientName", "StudyDate", "StudyDescription", "SeriesDate", "AcquisitionDate", "ContentDate",
    "AcquisitionTime", "AcquisitionDateTime", "ContentTime", "SeriesTime", "TriggerTime",
    "TemporalPositionIdentifier", "TemporalPositionTimeOffset", "InstanceNumber", "ImagePositionPatient",
    "ImageOrientationPatient", "PixelSpacing", "SliceThickness", "SpacingBetweenSlices", "EchoNumbers",
    "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "BitsAllocated", "BitsStored",
    "PixelRepresentation", "RescaleSlope", "RescaleIntercept", "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence", "SpecificCharacterSet", "ModalityLUTSequence",
    "LossyImageCompression", "PhotometricInterpretation",
)  # fmt: skip
_TAGS = [*(tag_of(keyword) for keyword in (*KEPT_KEYWORDS, *_SORTING_KEYWORDS)), *PRIVATE_TAGS]
_LARGEST_SIDE = 4096


@dataclass(frozen=True)
class ScanResult:
    """What a folder holds: MR slice images, files with problems, and all files that were looked at.

    ``set_aside`` counts the DICOM objects that are no MR images, by what they are; ``copies`` has the path of
    each second copy of an image.
    """

    frames: tuple[Frame, ...]
    problems: tuple[FileProblem, ...]
    files: tuple[Path, ...]
    set_aside: Mapping[str, int]
    copies: tuple[Path, ...]


def scan(folder: Path, progress: Progress) -> ScanResult:
    """Read the headers of every file below ``folder`` (or of one file), in the order of their names.

    Raises:
        InputError: the folder does not exist or cannot be listed.
    """
    paths, unlisted = files_below(folder)
    return scan_files(paths, progress, [FileProblem(path, reason) for path, reason in unlisted])


def scan_files(paths: Sequence[Path], progress: Progress, known: Sequence[FileProblem] = ()) -> ScanResult:
    """As :func:`scan`, of files that are known; ``known`` are problems that came up before."""
    problems = [*known]
    frames: list[Frame] = []
    others: Counter[str] = Counter()
    progress.start(Stage.READING_HEADERS, len(paths))
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
    unique, copies = without_copies(frames)
    places = tuple(frame.place.path for frame in copies)
    _LOG.debug("%d files: %d slices, %d not readable", len(paths), len(unique), len(problems))
    return ScanResult(tuple(unique), tuple(problems), tuple(paths), dict(sorted(others.items())), places)


def first_frame(path: Path) -> Frame | None:
    """The first slice image of one file; None if it is no MR image that can be used."""
    try:
        return first_image(path)
    except UnusableError:
        return None


def first_image(path: Path) -> Frame | None:
    """As :func:`first_frame`; None if the file is something else than an MR image.

    Raises:
        UnusableError: it looks like one and cannot be used.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return next(iter(_frames_of_file(path, Counter(), most=1)), None)


def _frames_of_file(path: Path, others: Counter[str], most: int | None = None) -> list[Frame]:
    def read(stream: BytesIO, encoding: Encoding) -> list[Frame]:
        header = Header(read_elements(stream, encoding, _TAGS))
        if is_no_object(header, encoding.sop_class):
            return []
        reason = why_no_image(header, encoding.sop_class)
        if reason is not None:
            set_aside.append(reason)
            return []
        _screen(header)
        stored = Stored.of(file, stream, encoding)
        place, counts = pixel_place(header, path, stream, encoding, stored)
        usable = counts.usable()
        frames = islice(frames_of(header, place), usable if most is None else min(usable, most))
        return [_with_counts(frame, counts) for frame in frames]

    set_aside: list[str] = []
    try:
        with DicomFile(path) as file:
            found = file.parse(read) or []
        others.update(set_aside[-1:])
        return found
    except UnusableError:
        raise
    except OSError as error:
        raise UnusableError(f"cannot be read ({system_words(error)})") from error
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


def _with_counts(frame: Frame, counts: FrameCounts) -> Frame:
    place = frame.place
    if place.problem is None and counts.held is not None and frame.number >= counts.held:
        place = replace(place, problem=counts.shortage)
    return replace(frame, place=place, flag=counts.flag)


def _screen(header: Header) -> None:
    """Refuse sizes that no MR image has before anything is allocated for them."""
    rows, columns = header.integer("Rows"), header.integer("Columns")
    bits = header.integer("BitsAllocated")
    if not (0 < rows <= _LARGEST_SIDE and 0 < columns <= _LARGEST_SIDE):
        raise UnusableError(f"says it has {rows} x {columns} pixels")
    if bits not in (8, 16, 32):
        raise UnusableError(f"says it has {bits} bits a pixel")
