"""One slice image of a DICOM file, classic or a frame of an enhanced one, with what sorting needs.

DICOM PS3.3: Image Plane (C.7.6.2), Multi-frame Functional Groups (C.7.6.16), Enhanced MR (C.8.13).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset

from MTINetLib.reading.dicom.header import Header
from MTINetLib.reading.dicom.scale import Line, display_line, philips_line

Vector = tuple[float, ...]


class AttributeProblemError(Exception):
    """An attribute that geometry needs is missing or makes no sense; the text is the reason."""


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
    agent_phase: float | None = None
    instance_number: float | None = None


@dataclass(frozen=True)
class PixelPlace:
    """Where a file's pixels lie.

    ``offset`` is None where they have to be decoded; ``problem`` ends a sentence that begins with the file's
    name, such as ``is truncated``. ``swapped`` says that the bytes of each 16-bit word are swapped.
    """

    path: Path
    offset: int | None
    dtype: str
    bits_stored: int
    problem: str | None = None
    swapped: bool = False


@dataclass(frozen=True)
class Frame:
    """One slice image.

    ``position`` and ``orientation`` are ImagePositionPatient and ImageOrientationPatient,
    ``spacing_mm`` is PixelSpacing (between rows, between columns), ``size`` is (rows, columns).
    ``kind`` tells apart what was reconstructed from the same acquisition: image type and echo.
    ``slope`` and ``intercept`` lead from stored values to the ones that are used, ``private_line`` to those
    on the scanner's own scale (see scale.py). ``flag`` is a code for what is wrong with the file;
    ``ambiguous_uid``: a different image has the same UID.
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
    private_line: Line | None = None
    mixed_scale: bool = False
    agent_phase: str = ""
    flag: str | None = None
    ambiguous_uid: bool = False


def frames_of(header: Header, place: PixelPlace) -> Iterator[Frame]:
    """The slice images of a file's header.

    Raises:
        AttributeProblemError: an attribute that geometry needs is missing or senseless; it is named.
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
        agent_phase=_agent_order(header.text("ContrastBolusAgentPhase")),
        instance_number=header.number("InstanceNumber"),
    )
    displayed = display_line(header)
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
        slope=displayed[0],
        intercept=displayed[1],
        private_line=philips_line(header, displayed),
        agent_phase=header.text("ContrastBolusAgentPhase"),
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
        displayed = display_line(groups.get("PixelValueTransformationSequence"))
        agent_phase = groups.get("ContrastBolusUsageSequence").text("ContrastBolusAgentPhase")
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
                agent_phase=_agent_order(agent_phase),
                # Frames of later files come after those of earlier ones.
                instance_number=file_number * 1e6 + number,
            ),
            slope=displayed[0],
            intercept=displayed[1],
            private_line=philips_line(own, displayed) or philips_line(shared, displayed),
            agent_phase=agent_phase or header.text("ContrastBolusAgentPhase"),
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
        raise AttributeProblemError(f"{keyword} is missing or incomplete")
    if keyword == "ImageOrientationPatient" and not _is_orthonormal(value):
        raise AttributeProblemError(f"{keyword} is not a pair of perpendicular unit vectors")
    if keyword == "PixelSpacing" and not _SMALLEST_MM <= min(value) <= max(value) <= _LARGEST_MM:
        raise AttributeProblemError(f"{keyword} says pixels of {value[0]:g} x {value[1]:g} mm")
    if keyword == "ImagePositionPatient" and max(abs(item) for item in value) > _FARTHEST_MM:
        raise AttributeProblemError(f"{keyword} lies more than {_FARTHEST_MM / 1000:g} m away")
    return value


#: Pixels and positions of an image of a person.
_SMALLEST_MM, _LARGEST_MM, _FARTHEST_MM = 0.01, 100.0, 100_000.0
#: Defined terms of ContrastBolusAgentPhase (PS3.3 C.8.13.5.11.1) in the order in which they come to pass.
_AGENT_PHASES = (
    "PRE_CONTRAST", "IMMEDIATE", "ARTERIAL", "CAPILLARY", "PORTAL_VENOUS", "VENOUS", "DYNAMIC",
    "POST_CONTRAST", "STEADY_STATE", "DELAYED",
)  # fmt: skip


def _agent_order(term: str) -> float | None:
    return float(_AGENT_PHASES.index(term.upper())) if term.upper() in _AGENT_PHASES else None


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
