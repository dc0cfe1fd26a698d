"""Writes a small dynamic study in the DICOM layouts that scanners use, with a truth to compare with.

The layouts are written attribute by attribute and share no code with the phantom's own writer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRLittleEndian, MRImageStorage, generate_uid

from MTINetLib.study.grid import Grid

TIMES_S = (0.0, 55.0, 95.0, 215.0)
START_S = 10 * 3600.0
DESCRIPTIONS = ("LAVA PRE", "LAVA ART", "LAVA PV", "LAVA DEL")


@dataclass(frozen=True)
class Truth:
    """Four volumes [4, K, J, I] of whole numbers in the order of time, their grid and times (s)."""

    volumes: npt.NDArray[np.float32]
    grid: Grid
    times_s: tuple[float, ...] = TIMES_S


def oblique_grid(shape: tuple[int, int, int] = (8, 24, 32), angle: float = 0.25) -> Grid:
    """A right-handed grid turned about two axes, spacing 7 x 8 x 9 mm."""
    a, b = np.cos(angle), np.sin(angle)
    about_x = np.array([[1, 0, 0], [0, a, -b], [0, b, a]])
    about_y = np.array([[a, 0, b], [0, 1, 0], [-b, 0, a]])
    direction = tuple(float(value) for value in (about_x @ about_y).ravel())
    return Grid(shape, (7.0, 8.0, 9.0), (-110.5, -95.25, 12.0), direction)  # type: ignore[arg-type]


def make_truth(grid: Grid | None = None, seed: int = 1) -> Truth:
    """An oval body with a large organ and small vessels that enhance as liver and aorta do."""
    grid = grid or oblique_grid()
    k, j, i = np.indices(grid.shape)
    _, rows, columns = grid.shape
    radius = ((j - rows / 2) / (0.45 * rows)) ** 2 + ((i - columns / 2) / (0.45 * columns)) ** 2
    body = radius < 1
    organ = body & (i < 0.5 * columns)
    rng = np.random.default_rng(seed)
    vessels = body & (((i - 0.6 * columns) ** 2 + (j - 0.6 * rows) ** 2) < 6)
    volumes = np.zeros((4, *grid.shape), dtype=np.float32)
    for number, (vessel_rise, organ_rise) in enumerate([(0, 0), (900, 20), (450, 130), (300, 100)]):
        volume = rng.integers(0, 8, grid.shape) + 300 * body + 60 * organ + 5 * k * body
        volumes[number] = volume + vessel_rise * vessels + organ_rise * organ
    return Truth(volumes, grid)


def slice_of(truth: Truth, t: int, k: int, series: str, number: int) -> Dataset:
    """A classic MR image of one slice at one time, without any attribute of time or phase."""
    data = Dataset()
    data.SOPClassUID, data.Modality = MRImageStorage, "MR"
    data.SOPInstanceUID = generate_uid(entropy_srcs=["layout", series, str(t), str(k)])
    _study(data, series)
    data.InstanceNumber = number
    data.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
    axes = truth.grid.direction_matrix
    data.ImageOrientationPatient = [f"{v:.12f}"[:16] for v in (*axes[:, 0], *axes[:, 1])]
    data.ImagePositionPatient = [f"{v:.10f}"[:16] for v in truth.grid.to_lps((k, 0, 0))]
    data.PixelSpacing = [truth.grid.spacing[1], truth.grid.spacing[0]]
    data.SliceThickness = truth.grid.spacing[2]
    data.EchoTime, data.RepetitionTime, data.ScanningSequence = 1.6, 4.0, "GR"
    _pixels(data, truth.volumes[t, k][None])
    return data


def _study(data: Dataset, series: str) -> None:
    data.StudyInstanceUID = generate_uid(entropy_srcs=["layout study"])
    data.SeriesInstanceUID = generate_uid(entropy_srcs=["layout", series])
    data.FrameOfReferenceUID = generate_uid(entropy_srcs=["layout frame"])
    data.PatientID, data.PatientName = "LAYOUT-1", "Layout^Test"
    data.StudyDate = data.SeriesDate = data.AcquisitionDate = data.ContentDate = "20240105"
    data.StudyDescription, data.SeriesDescription = "Liver", ""
    data.SeriesTime = clock(0.0)


def _pixels(data: Dataset, slices: npt.NDArray[np.float32]) -> None:
    data.Rows, data.Columns = slices.shape[1:]
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
    data.PixelData = slices.astype("<u2").tobytes()


def clock(seconds: float, start_s: float = START_S) -> str:
    """A DICOM TM value, ``seconds`` after ``start_s``; it wraps at midnight."""
    total = (start_s + seconds) % 86400
    return f"{int(total) // 3600:02d}{int(total) // 60 % 60:02d}{total % 60:09.6f}"


def save(data: Dataset, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.save_as(path, enforce_file_format=True)


def classic(truth: Truth, change: Callable[[Dataset, int, int], None]) -> list[Dataset]:
    """All slices of all times; ``change(data, t, k)`` makes each one look like its layout."""
    count = truth.grid.shape[0]
    images = []
    for t in range(len(truth.volumes)):
        for k in range(count):
            data = slice_of(truth, t, k, "dynamic", t * count + k + 1)
            change(data, t, k)
            images.append(data)
    return images


def ge_with_identifier(truth: Truth) -> list[Dataset]:
    """(a): one series, time-major, TemporalPositionIdentifier and TriggerTime, constant AcquisitionTime."""

    def change(data: Dataset, t: int, k: int) -> None:
        data.TemporalPositionIdentifier, data.NumberOfTemporalPositions = t + 1, len(truth.volumes)
        data.TriggerTime = truth.times_s[t] * 1000
        data.AcquisitionTime, data.SeriesDescription = clock(0), "LAVA multiphase"

    return classic(truth, change)


def ge_without_identifier(truth: Truth) -> list[Dataset]:
    """(b): as (a) without TemporalPositionIdentifier and TriggerTime."""

    def change(data: Dataset, t: int, k: int) -> None:
        data.NumberOfTemporalPositions, data.AcquisitionTime = len(truth.volumes), clock(0)
        data.SeriesDescription = "LAVA multiphase"

    return classic(truth, change)


def philips_classic(truth: Truth) -> list[Dataset]:
    """(c): one series, slice-major, identifier and TriggerTime, AcquisitionTime of no use."""

    def change(data: Dataset, t: int, k: int) -> None:
        data.InstanceNumber = k * len(truth.volumes) + t + 1
        data.TemporalPositionIdentifier, data.NumberOfTemporalPositions = t + 1, len(truth.volumes)
        data.TriggerTime = truth.times_s[t] * 1000
        data.AcquisitionTime, data.SeriesDescription = clock(0), "dyn THRIVE"

    return classic(truth, change)


def siemens_single_series(truth: Truth) -> list[Dataset]:
    """(g): one series, AcquisitionTime different in every instance."""

    def change(data: Dataset, t: int, k: int) -> None:
        data.AcquisitionTime = clock(truth.times_s[t] + 0.05 * k)
        data.SeriesDescription = "t1_vibe_dyn"

    return classic(truth, change)


def series_per_phase(truth: Truth, descriptions: tuple[str, ...] = DESCRIPTIONS) -> list[Dataset]:
    """(f) and (h): one series per time point, with AcquisitionTime and a description each."""

    def change(data: Dataset, t: int, k: int) -> None:
        data.SeriesInstanceUID = generate_uid(entropy_srcs=["layout", f"series {t}"])
        data.SeriesNumber, data.InstanceNumber = t + 3, k + 1
        data.AcquisitionTime = data.SeriesTime = clock(truth.times_s[t])
        data.SeriesDescription = descriptions[t]

    return classic(truth, change)


def philips_enhanced(truth: Truth) -> list[Dataset]:
    """(d): one multi-frame file, time fastest, TemporalPositionIndex and pixel measures per frame."""
    order = [(t, k) for k in range(truth.grid.shape[0]) for t in range(len(truth.volumes))]
    data = _enhanced(truth, order, "enhanced", 1)
    for frame, (t, _) in zip(data.PerFrameFunctionalGroupsSequence, order, strict=True):
        frame.FrameContentSequence[0].TemporalPositionIndex = t + 1
        frame.FrameContentSequence[0].FrameAcquisitionDateTime = f"20240105{clock(truth.times_s[t])}"
    return [data]


def siemens_enhanced(truth: Truth) -> list[Dataset]:
    """(e): one multi-frame file per time point in one series, told apart by AcquisitionDateTime."""
    files = []
    for t in range(len(truth.volumes)):
        data = _enhanced(truth, [(t, k) for k in range(truth.grid.shape[0])], "enhanced XA", t + 1)
        data.AcquisitionDateTime = f"20240105{clock(truth.times_s[t])}"
        files.append(data)
    return files


def _enhanced(truth: Truth, order: list[tuple[int, int]], series: str, number: int) -> Dataset:
    data = Dataset()
    data.SOPClassUID, data.Modality = EnhancedMRImageStorage, "MR"
    data.SOPInstanceUID = generate_uid(entropy_srcs=["layout", series, str(number)])
    _study(data, series)
    data.InstanceNumber, data.SeriesDescription = number, "e-THRIVE dyn"
    data.ImageType = ["ORIGINAL", "PRIMARY", "PERFUSION", "NONE"]
    data.NumberOfFrames = len(order)
    orientation, echo = Dataset(), Dataset()
    axes = truth.grid.direction_matrix
    orientation.ImageOrientationPatient = [f"{v:.12f}"[:16] for v in (*axes[:, 0], *axes[:, 1])]
    echo.EffectiveEchoTime = 1.6
    shared = Dataset()
    shared.PlaneOrientationSequence, shared.MREchoSequence = Sequence([orientation]), Sequence([echo])
    data.SharedFunctionalGroupsSequence = Sequence([shared])
    data.PerFrameFunctionalGroupsSequence = Sequence([_frame(truth, k) for _, k in order])
    _pixels(data, np.stack([truth.volumes[t, k] for t, k in order]))
    return data


def _frame(truth: Truth, k: int) -> Dataset:
    place, measures, frame = Dataset(), Dataset(), Dataset()
    place.ImagePositionPatient = [f"{v:.10f}"[:16] for v in truth.grid.to_lps((k, 0, 0))]
    measures.PixelSpacing = [truth.grid.spacing[1], truth.grid.spacing[0]]
    measures.SliceThickness = truth.grid.spacing[2]
    frame.PlanePositionSequence, frame.PixelMeasuresSequence = Sequence([place]), Sequence([measures])
    frame.FrameContentSequence = Sequence([Dataset()])
    return frame


LAYOUTS: dict[str, Callable[[Truth], list[Dataset]]] = {
    "a": ge_with_identifier,
    "b": ge_without_identifier,
    "c": philips_classic,
    "d": philips_enhanced,
    "e": siemens_enhanced,
    "f": series_per_phase,
    "g": siemens_single_series,
}


def write_shuffled(folder: Path, images: list[Dataset], seed: int = 7) -> Path:
    """Write images under names whose order tells nothing, some in folders, some without a suffix."""
    order = np.random.default_rng(seed).permutation(len(images))
    for name, index in enumerate(order):
        place = folder / ["", "x", "x/y"][name % 3]
        save(images[int(index)], place / (f"I{name:05d}" if name % 2 else f"I{name:05d}.dcm"))
    return folder
