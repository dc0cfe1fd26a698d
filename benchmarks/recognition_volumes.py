"""Made-up studies for the recognition benchmark: DICOM headers as scanners fill them, and simple pixels.

Headers go the whole way through the reader (``reading/dicom/frame.py`` onwards); only the files are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from MTINetLib.reading.dicom.frame import Frame, PixelPlace, frames_of
from MTINetLib.reading.dicom.header import Header
from MTINetLib.reading.dicom.read import volumes_of_frames
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.study import Volume

SHAPE = (6, 24, 32)
_SPACING = (7.0, 8.0, 9.0)
_AXIAL = ["1", "0", "0", "0", "1", "0"]
#: Rise of vessels and organs over the pre-contrast phase, by kind of volume.
_RISE = {
    "pre": (0, 0),
    "early arterial": (600, 5),
    "arterial": (900, 20),
    "portal venous": (450, 130),
    "delayed": (300, 100),
    "hepatobiliary": (80, 170),
}


@dataclass(frozen=True)
class Shown:
    """One volume of a made-up study.

    ``kind`` is the truth; ``after_s`` its time after the start of the bolus.
    """

    kind: str
    description: str
    after_s: float
    image_type: tuple[str, ...] = ("ORIGINAL", "PRIMARY", "OTHER")
    echo_ms: float = 1.6
    slices: int = SHAPE[0]


@dataclass(frozen=True)
class Tags:
    """How the headers of a study are filled.

    Args:
        times: which attributes of time are true: ``acquisition`` (and all others), ``content`` or ``series``
            (the others stand still), ``constant`` (none, all stand still) or ``none`` (all are missing).
        start_s: time of day of the bolus in seconds.
        agent: volumes that name the contrast agent: ``none``, ``post`` or ``all``.
        bolus: ContrastBolusStartTime: ``none``, ``right`` or ``wrong``.
        agent_phase: ContrastBolusAgentPhase is filled.
        series: ``one each``, or what tells the time points of one series apart: ``identifier``,
            ``acquisition`` (AcquisitionTime) or ``instance`` (nothing but InstanceNumber).
        numbers: SeriesNumber: ``right`` (as acquired) or ``none``.
    """

    times: str = "acquisition"
    start_s: float = 36_000.0
    agent: str = "post"
    bolus: str = "none"
    agent_phase: bool = False
    series: str = "one each"
    numbers: str = "right"


def made_volumes(
    shown: Sequence[Shown], tags: Tags, telling: bool
) -> tuple[list[SourceVolume], dict[int, Shown]]:
    """The volumes as the reader finds them, and what each really is, by ``id``.

    Args:
        telling: the pixels enhance as in a patient; otherwise they tell nothing.
    """
    frames: list[Frame] = []
    for number, one in enumerate(shown):
        frames.extend(_frames(one, number, len(shown), tags))
    found: list[SourceVolume] = []
    truth: dict[int, Shown] = {}
    for volume in volumes_of_frames(frames):
        one = shown[int(volume.instance_uids[0].split(".")[1])]
        pixels = _pixels(one.kind if telling else "", one.slices, len(found))
        made = replace(volume, read=lambda pixels=pixels: pixels)  # type: ignore[misc]
        found.append(made)
        truth[id(made)] = one
    return found, truth


def _frames(one: Shown, number: int, count: int, tags: Tags) -> Iterator[Frame]:
    header = Header(_header(one, number, count, tags))
    place = PixelPlace(Path("made-up"), None, "<u2", 16)
    first = next(iter(frames_of(header, place)))
    for k in range(one.slices):
        instance = float(k * count + number + 1)
        yield replace(
            first,
            instance_uid=f"2.{number}.{k}",
            position=(-110.0, -95.0, 12.0 + k * _SPACING[0]),
            times=replace(first.times, instance_number=instance),
        )


def _header(one: Shown, number: int, count: int, tags: Tags) -> Dataset:
    data = Dataset()
    data.SpecificCharacterSet = "ISO_IR 192"
    data.Modality, data.SOPClassUID = "MR", "1.2.840.10008.5.1.4.1.1.4"
    together = tags.series != "one each"
    data.StudyInstanceUID, data.SeriesInstanceUID = "2.1", "2.2.1" if together else f"2.2.{number + 1}"
    data.SeriesDescription, data.ImageType = one.description, list(one.image_type)
    if tags.numbers == "right":
        data.SeriesNumber = "5" if together else str(5 + number)
    data.EchoTime, data.RepetitionTime, data.ScanningSequence = f"{one.echo_ms:g}", "4", "GR"
    data.ImagePositionPatient, data.ImageOrientationPatient = ["0", "0", "0"], _AXIAL
    data.PixelSpacing, data.SliceThickness = [f"{_SPACING[1]:g}", f"{_SPACING[2]:g}"], f"{_SPACING[0]:g}"
    data.Rows, data.Columns, data.BitsAllocated = SHAPE[1], SHAPE[2], 16
    _fill_times(data, one, tags)
    _fill_contrast(data, one, tags)
    if together:
        data.NumberOfTemporalPositions = str(count)
        if tags.series == "identifier":
            data.TemporalPositionIdentifier = str(number + 1)
    return data


def _fill_times(data: Dataset, one: Shown, tags: Tags) -> None:
    """Of the date, only the day of the study: a clock that passes midnight begins anew."""
    if tags.times == "none":
        return
    data.StudyDate = data.SeriesDate = data.AcquisitionDate = data.ContentDate = "20240105"
    right, still = _clock(tags.start_s + one.after_s), _clock(tags.start_s - 900.0)
    data.AcquisitionTime = right if tags.times == "acquisition" else still
    data.ContentTime = right if tags.times in ("acquisition", "content") else still
    data.SeriesTime = right if tags.times in ("acquisition", "series") else still


def _fill_contrast(data: Dataset, one: Shown, tags: Tags) -> None:
    post = one.kind not in ("pre", "other")
    if tags.agent == "all" or (tags.agent == "post" and post):
        data.ContrastBolusAgent = "Gadobutrol"
    if tags.bolus != "none":
        data.ContrastBolusStartTime = _clock(tags.start_s if tags.bolus == "right" else tags.start_s + 7200.0)
    if tags.agent_phase:
        terms = {"pre": "PRE_CONTRAST", "other": "", "hepatobiliary": "DELAYED"}
        kind = one.kind.removeprefix("early ")
        data.ContrastBolusAgentPhase = terms.get(kind, kind.upper().replace(" ", "_"))


def _clock(seconds: float) -> str:
    total = seconds % 86_400
    return f"{int(total) // 3600:02d}{int(total) // 60 % 60:02d}{total % 60:09.6f}"


@lru_cache(maxsize=256)
def _pixels(kind: str, slices: int, seed: int) -> Volume:
    """An oval body with an organ and vessels that enhance as ``kind`` says; without a kind, not at all."""
    k, j, i = np.indices((slices, *SHAPE[1:]))
    _, rows, columns = SHAPE
    body = ((j - rows / 2) / (0.45 * rows)) ** 2 + ((i - columns / 2) / (0.45 * columns)) ** 2 < 1
    organ = body & (i < 0.5 * columns)
    vessels = body & (((i - 0.6 * columns) ** 2 + (j - 0.6 * rows) ** 2) < 6)
    vessel_rise, organ_rise = _RISE.get(kind, (0, 0))
    noise = np.random.default_rng(seed).integers(0, 8, k.shape)
    made = noise + 300 * body + 60 * organ + 5 * k * body + vessel_rise * vessels + organ_rise * organ
    return np.asarray(made, dtype=np.float32)
