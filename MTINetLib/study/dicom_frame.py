"""One slice image of a DICOM file, classic or a frame of an enhanced one, with what sorting needs.

DICOM PS3.3: Image Plane (C.7.6.2), Multi-frame Functional Groups (C.7.6.16), Enhanced MR (C.8.13).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset

from MTINetLib.study.dicom_header import Header

Vector = tuple[float, ...]


@dataclass(frozen=True)
class FrameTimes:
    """All that may tell time points apart; clocks in seconds (since year 1, or of the day without a date)."""

    temporal_position: float | None = None
    time_offset_s: float | None = None
    trigger_s: float | None = None
    acquisition_s: float | None = None
    content_s: float | None = None
    series_s: float | None = None
    acquisition_number: float | None = None
    instance_number: float | None = None


@dataclass(frozen=True)
class PixelPlace:
    """Where a file's pixels lie.

    ``offset`` is None where pydicom has to decode them; ``problem`` ends a sentence that begins with
    the file's name, such as ``is truncated``.
    """

    path: Path
    offset: int | None
    dtype: str
    bits_stored: int
    problem: str | None = None


@dataclass(frozen=True)
class Frame:
    """One slice image.

    ``position`` and ``orientation`` are ImagePositionPatient and ImageOrientationPatient,
    ``spacing_mm`` is PixelSpacing (between rows, between columns), ``size`` is (rows, columns).
    ``kind`` tells apart what was reconstructed from the same acquisition: image type and echo.
    """

    dataset: Dataset
    place: PixelPlace
    number: int
    instance_uid: str
    series_uid: str
    position: Vector
    orientation: Vector
    spacing_mm: Vector
    size: tuple[int, int]
    thickness_mm: float | None
    kind: tuple[str, ...]
    echo_ms: float | None
    times: FrameTimes
    slope: float
    intercept: float


def frames_of(header: Header, place: PixelPlace) -> Iterator[Frame]:
    """The slice images of a file's header.

    Raises:
        ValueError: an attribute that geometry needs is missing or makes no sense; the text names it.
    """
    if "PerFrameFunctionalGroupsSequence" in header:
        yield from _enhanced_frames(header, place)
    else:
        yield _classic_frame(header, place)


def _classic_frame(header: Header, place: PixelPlace) -> Frame:
    series_day = header.day_s("SeriesDate", "StudyDate")
    day = header.day_s("AcquisitionDate") or series_day
    acquired = header.date_time_s("AcquisitionDateTime")
    trigger = header.number("TriggerTime")
    times = FrameTimes(
        temporal_position=header.number("TemporalPositionIdentifier"),
        time_offset_s=header.float_value("TemporalPositionTimeOffset"),
        trigger_s=None if trigger is None else trigger / 1000.0,
        acquisition_s=header.clock_s(day, "AcquisitionTime") if acquired is None else acquired,
        content_s=header.clock_s(header.day_s("ContentDate") or day, "ContentTime"),
        series_s=header.clock_s(series_day, "SeriesTime"),
        acquisition_number=header.number("AcquisitionNumber"),
        instance_number=header.number("InstanceNumber"),
    )
    return Frame(
        dataset=header.dataset,
        place=place,
        number=0,
        instance_uid=header.text("SOPInstanceUID"),
        series_uid=header.text("SeriesInstanceUID"),
        position=_vector(header, "ImagePositionPatient", 3),
        orientation=_vector(header, "ImageOrientationPatient", 6),
        spacing_mm=_vector(header, "PixelSpacing", 2),
        size=(header.integer("Rows"), header.integer("Columns")),
        thickness_mm=header.number("SpacingBetweenSlices") or header.number("SliceThickness"),
        kind=_kind(header.text("ImageType"), header.number("EchoTime"), header.text("EchoNumbers")),
        echo_ms=header.number("EchoTime"),
        times=times,
        slope=_or(header.number("RescaleSlope"), 1.0),
        intercept=_or(header.number("RescaleIntercept"), 0.0),
    )


def _enhanced_frames(header: Header, place: PixelPlace) -> Iterator[Frame]:
    shared = next(header.items("SharedFunctionalGroupsSequence"), Header(Dataset()))
    uid, series = header.text("SOPInstanceUID"), header.text("SeriesInstanceUID")
    size = (header.integer("Rows"), header.integer("Columns"))
    file_number = _or(header.number("InstanceNumber"), 0.0)
    file_time = header.date_time_s("AcquisitionDateTime")
    series_s = header.clock_s(header.day_s("SeriesDate", "StudyDate"), "SeriesTime")
    for number, own in enumerate(header.items("PerFrameFunctionalGroupsSequence")):
        groups = _Groups(own, shared)
        measures = groups.get("PixelMeasuresSequence")
        transform = groups.get("PixelValueTransformationSequence")
        content = groups.get("FrameContentSequence")
        frame_type = groups.get("MRImageFrameTypeSequence").text("FrameType") or header.text("ImageType")
        acquired = content.date_time_s("FrameAcquisitionDateTime")
        trigger = groups.get("CardiacSynchronizationSequence").float_value("NominalCardiacTriggerDelayTime")
        offset = groups.get("TemporalPositionSequence").float_value("TemporalPositionTimeOffset")
        echo = groups.get("MREchoSequence").float_value("EffectiveEchoTime")
        yield Frame(
            dataset=header.dataset,
            place=place,
            number=number,
            instance_uid=uid,
            series_uid=series,
            position=_vector(groups.get("PlanePositionSequence"), "ImagePositionPatient", 3),
            orientation=_vector(groups.get("PlaneOrientationSequence"), "ImageOrientationPatient", 6),
            spacing_mm=_vector(measures, "PixelSpacing", 2),
            size=size,
            thickness_mm=measures.number("SpacingBetweenSlices") or measures.number("SliceThickness"),
            kind=_kind(frame_type, echo, ""),
            echo_ms=echo,
            times=FrameTimes(
                temporal_position=_integer(content, "TemporalPositionIndex"),
                time_offset_s=offset,
                trigger_s=None if trigger is None else trigger / 1000.0,
                acquisition_s=file_time if acquired is None else acquired,
                series_s=series_s,
                acquisition_number=_integer(content, "FrameAcquisitionNumber"),
                # Frames of later files come after those of earlier ones.
                instance_number=file_number * 1e6 + number,
            ),
            slope=_or(transform.number("RescaleSlope"), 1.0),
            intercept=_or(transform.number("RescaleIntercept"), 0.0),
        )


class _Groups:
    """Functional groups of one frame: its own first, then the shared ones."""

    def __init__(self, own: Header, shared: Header) -> None:
        self._places = (own, shared)

    def get(self, keyword: str) -> Header:
        for place in self._places:
            for item in place.items(keyword):
                return item
        return Header(Dataset())


def _integer(header: Header, keyword: str) -> float | None:
    value = header.dataset.get(keyword)
    return None if value is None else float(value)


def _vector(header: Header, keyword: str, length: int) -> Vector:
    value = header.numbers(keyword)
    if len(value) != length:
        raise ValueError(f"{keyword} is missing or incomplete")
    if keyword == "ImageOrientationPatient" and not _is_orthonormal(value):
        raise ValueError(f"{keyword} is not a pair of perpendicular unit vectors")
    if keyword == "PixelSpacing" and min(value) <= 0.0:
        raise ValueError(f"{keyword} is not positive")
    return value


def _is_orthonormal(value: Vector) -> bool:
    row, column = value[:3], value[3:]
    lengths = [sum(item * item for item in vector) for vector in (row, column)]
    across = sum(a * b for a, b in zip(row, column, strict=True))
    return all(abs(length - 1.0) < 0.02 for length in lengths) and abs(across) < 0.01


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _kind(image_type: str, echo_ms: float | None, echo_number: str) -> tuple[str, ...]:
    echo = f"TE {echo_ms:.2f}" if echo_ms is not None else f"echo {echo_number}"
    return (*image_type.upper().split("\\"), echo)
