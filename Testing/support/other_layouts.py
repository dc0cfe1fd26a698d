"""Datasets of others, written small in their own layouts, from a made-up patient whose truth is known in mm.

A patient is a field of tissue in LPS mm, so that every phase can be sampled on a grid of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK
from scipy import ndimage

from MTINetLib.dataset.check import check_dataset
from MTINetLib.dataset.checked import DatasetCheck
from MTINetLib.dataset.folder import read_dataset
from MTINetLib.dataset.tables import Row, table_rows
from MTINetLib.importers.found import ImportOptions
from MTINetLib.importers.import_dataset import import_dataset
from MTINetLib.importers.imported import Imported
from MTINetLib.importers.kinds import kind_named
from MTINetLib.reading.volumes.read import read_label_map
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.study.resample import resample_labels

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
HEAD_FIRST = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
#: Slices from the head on, as most exams of LLD-MMRI are stored.
GRID = Grid((16, 44, 48), (6.0, 6.0, 7.0), (-141.0, -129.0, 52.0), HEAD_FIRST)
_CURVES = {"hcc": (0.8, 1.9, 1.2, 0.9), "hemangioma": (0.6, 1.1, 1.5, 1.8), "cyst": (0.4, 0.4, 0.4, 0.4)}
_GAIN = (1.0, 1.15, 1.3, 1.25)
_FIELD_MM = 4.0


@dataclass(frozen=True)
class Ball:
    """A lesion: its centre in LPS mm, its radius, and the class whose curve it has."""

    centre: tuple[float, float, float] = (-40.0, 5.0, 0.0)
    radius: float = 22.0
    kind: str = "hcc"


@cache
def _tissue(seed: int) -> np.ndarray:
    """Organs as blobs and vessels, on 4 mm voxels around 0."""
    random = np.random.default_rng(seed)
    shape = (60, 80, 90)
    organs = ndimage.gaussian_filter(random.standard_normal(shape), 3.5)
    levels = np.digitize(organs, np.quantile(organs, [0.25, 0.5, 0.75])) * 55.0 + 150.0
    vessels = ndimage.gaussian_filter(random.standard_normal(shape), 1.6)
    return np.stack([levels, (vessels > np.quantile(vessels, 0.96)) * 1.0])


def _points(grid: Grid) -> np.ndarray:
    return grid.to_lps(np.stack(np.indices(grid.shape), axis=-1).reshape(-1, 3))


def image(
    grid: Grid,
    phase: Phase,
    lesions: Sequence[Ball] = (Ball(),),
    *,
    seed: int = 0,
    moved_mm: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> np.ndarray:
    """What a phase shows on a grid, int16 [K, J, I], when the patient lies ``moved_mm`` further."""
    number = FOUR_PHASES.index(phase)
    lps = _points(grid) - np.array(moved_mm)
    tissue = _tissue(seed)
    index = (lps[:, ::-1] / _FIELD_MM + np.array(tissue.shape[1:]) / 2).T
    levels, vessels = (ndimage.map_coordinates(one, index, order=1, mode="nearest") for one in tissue)
    signal = levels * _GAIN[number] + vessels * (0, 420, 260, 180)[number]
    for lesion in lesions:
        inside = np.linalg.norm(lps - np.array(lesion.centre), axis=1) < lesion.radius
        signal[inside] = 260.0 * _CURVES[lesion.kind][number]
    body = (lps[:, 0] / 125) ** 2 + (lps[:, 1] / 105) ** 2 < 1
    noise = np.random.default_rng(100 * seed + number).normal(0, 6, len(signal))
    shown = np.where(body, signal + noise, np.abs(noise))
    return np.clip(shown, 0, 4000).reshape(grid.shape).astype(np.int16)


def labels(
    grid: Grid, lesions: Sequence[Ball] = (Ball(),), moved_mm: Sequence[float] = (0.0, 0.0, 0.0)
) -> np.ndarray:
    """The lesions, numbered from 1, uint8 [K, J, I]."""
    lps = _points(grid) - np.array(moved_mm)
    found = np.zeros(len(lps), np.uint8)
    for number, lesion in enumerate(lesions, 1):
        found[np.linalg.norm(lps - np.array(lesion.centre), axis=1) < lesion.radius] = number
    return found.reshape(grid.shape)


def liver(grid: Grid) -> np.ndarray:
    """A liver around all lesions, bool [K, J, I]."""
    inside = (
        np.linalg.norm((_points(grid) - np.array([-40.0, 5.0, 0.0])) / np.array([70, 80, 45]), axis=1) < 1
    )
    return inside.reshape(grid.shape)


def write(path: Path, array: np.ndarray, grid: Grid, *, header: Mapping[str, Any] | None = None) -> Path:
    """A file whose header says where the voxels lie, or what ``header`` says instead."""
    made = SimpleITK.GetImageFromArray(array)
    told = {"spacing": grid.spacing, "origin": grid.origin, "direction": grid.direction, **(header or {})}
    made.SetSpacing(told["spacing"])
    made.SetOrigin(told["origin"])
    made.SetDirection(told["direction"])
    path.parent.mkdir(parents=True, exist_ok=True)
    SimpleITK.WriteImage(made, str(path))
    return path


LLD_PHASES = {
    Phase.PRE: "C-pre",
    Phase.ARTERIAL: "C+A",
    Phase.PORTAL_VENOUS: "C+V",
    Phase.DELAYED: "C+Delay",
}
LLD_CLASSES = ("hemangioma", "icc", "abscess", "metastasis", "cyst", "fnh", "hcc")


@dataclass(frozen=True)
class LldPatient:
    """A patient of LLD-MMRI.

    Args:
        starts_mm: how much further towards the head a phase's first slice lies than GRID's.
        breath_mm: how far the patient lies towards the head in a phase.
        header: what all headers say.
    """

    name: str
    category: int = 6
    seed: int = 0
    starts_mm: Mapping[Phase, float] | None = None
    breath_mm: Mapping[Phase, float] | None = None
    radius: float = 22.0

    def grid(self, phase: Phase) -> Grid:
        """Where the slices truly lie: from the head on, one more or less in some phases."""
        start = (self.starts_mm or {}).get(phase, 0.0)
        x, y, z = GRID.origin
        rows = GRID.shape[0] + (2 if start else 0)
        return Grid((rows, *GRID.shape[1:]), GRID.spacing, (x, y, z + start), HEAD_FIRST)

    def moved(self, phase: Phase) -> tuple[float, float, float]:
        return (0.0, 0.0, (self.breath_mm or {}).get(phase, 0.0))

    @property
    def lesions(self) -> tuple[Ball, ...]:
        kind = LLD_CLASSES[self.category] if LLD_CLASSES[self.category] in _CURVES else "cyst"
        return (Ball(radius=self.radius, kind=kind),)

    def image(self, phase: Phase) -> np.ndarray:
        return image(self.grid(phase), phase, self.lesions, seed=self.seed, moved_mm=self.moved(phase))

    def labels(self, phase: Phase) -> np.ndarray:
        return labels(self.grid(phase), self.lesions, self.moved(phase))


def write_lld_masks(
    root: Path, patients: Sequence[LldPatient], *, unit_spacing: Sequence[str] = (), annotate: bool = True
) -> Path:
    """images/, labels/ and the annotation file, as the release with masks has them."""
    for patient in patients:
        for phase, word in LLD_PHASES.items():
            grid = patient.grid(phase)
            header: dict[str, Any] = {"direction": IDENTITY}
            if patient.name in unit_spacing:
                header["spacing"] = (1.0, 1.0, 1.0)
            stem = f"{patient.name}_{patient.category}_{word}"
            write(root / "images" / f"{stem}_0000.nii.gz", patient.image(phase), grid, header=header)
            write(root / "labels" / f"{stem}.nii.gz", patient.labels(phase), grid, header=header)
    if annotate:
        _annotate(root / "LLD_MMRI_Annotation.json", patients)
    return root


def write_lld(
    root: Path, patients: Sequence[LldPatient], *, distance: bool = True, slices: bool = False
) -> Path:
    """The original release: a file a series with voxels of 1 mm, and boxes; ``slices`` has a box a slice."""
    for patient in patients:
        for phase in LLD_PHASES:
            path = root / "images" / patient.name / f"study.{patient.name}" / f"{phase.value}.1.2.nii.gz"
            nothing = {"spacing": (1.0, 1.0, 1.0), "origin": (0.0, 0.0, 0.0), "direction": IDENTITY}
            write(path, patient.image(phase), patient.grid(phase), header=nothing)
    _annotate(root / "labels" / "Annotation.json", patients, distance=distance, slices=slices)
    return root


def _annotate(
    path: Path, patients: Sequence[LldPatient], *, distance: bool = True, slices: bool = False
) -> None:
    entries = {
        patient.name: [_entry(patient, phase, word, distance, slices) for phase, word in LLD_PHASES.items()]
        for patient in patients
    }
    categories = {name: number for number, name in enumerate(LLD_CLASSES)}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"Category_info": categories, "Annotation_info": entries}), encoding="utf-8")


def _entry(patient: LldPatient, phase: Phase, word: str, distance: bool, slices: bool) -> dict[str, Any]:
    grid = patient.grid(phase)
    where = np.argwhere(patient.labels(phase))
    (z0, y0, x0), (z1, y1, x1) = where.min(axis=0).tolist(), where.max(axis=0).tolist()
    flat = {"x_min": x0, "y_min": y0, "x_max": x1, "y_max": y1}
    box = {"3D_box": {**flat, "z_min": z0, "z_max": z1}, "2D_box": []}
    if slices:
        box = {"3D_box": None, "2D_box": [{**flat, "slice_idx": z} for z in range(z0, z1 + 1)]}
    entry = {
        "studyUID": f"study.{patient.name}",
        "seriesUID": f"{phase.value}.1.2",
        "phase": word,
        "pixel_spacing": list(grid.spacing[:2]),
        "slice_thickness": 2 * grid.spacing[2],
        "origin": list(grid.origin),
        "annotation": {"num_targets": 1, "lesion": {"0": {"category": patient.category, "bbox": box}}},
    }
    return {**entry, "slice_spacing": grid.spacing[2]} if distance else entry


def write_phases(folder: Path, names: Mapping[Phase, str], seed: int, lesions: Sequence[Ball]) -> None:
    """A file for each phase, all on GRID."""
    for phase, name in names.items():
        write(folder / name, image(GRID, phase, lesions, seed=seed), GRID)


def import_kind(kind: str, source: Path, out: Path, **options: Any) -> Imported:
    """As ``mtinet import`` does it."""
    return import_dataset(kind_named(kind), source, out, ImportOptions(**options))


def told(result: Imported) -> dict[str, str]:
    """What ``import.csv`` says of each case, all its lines together."""
    lines: dict[str, str] = {}
    for row in table_rows(result.folder / "import.csv", ("case", "outcome", "what")):
        assert isinstance(row, Row)
        case, outcome, what = (row.values[name] for name in ("case", "outcome", "what"))
        lines[case] = f"{lines.get(case, '')}{outcome}: {what}\n"
    return lines


def sound(dataset: Path) -> DatasetCheck:
    """The check of a dataset, in which nothing may be wrong."""
    found = check_dataset(dataset)
    assert found.problems == ()
    assert [case.problems for case in found.cases if case.problems] == []
    return found


def dice(dataset: Path, case: str, truth: np.ndarray, truth_grid: Grid) -> float:
    """How well the mask of a case lies on the truth, which is compared where its voxels lie in mm."""
    (row,) = [one for one in read_dataset(dataset) if one.case == case]
    assert row.mask_path is not None
    mask = read_label_map(row.mask_path)
    there = resample_labels(truth.astype(np.uint8), truth_grid, mask.grid) > 0
    here = mask.array > 0
    return float(2 * (here & there).sum() / (here.sum() + there.sum()))
