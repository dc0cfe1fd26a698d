"""The annotation file of LLD-MMRI: true geometry, class and boxes by patient and series.

Its structure is taken from what its authors and the makers of the masks publish with it:
https://github.com/LMMMEng/LLD-MMRI2023 (main/README.md, main/preprocess/crop_roi.py, issue 6: the thickness
of a slice is not the distance between slices, which a later annotation file adds as ``slice_spacing``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from MTINetLib.errors import InputError
from MTINetLib.importers.found import Box, LeftOut
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import Phase

FILE_NAMES = ("Annotation.json", "LLD_MMRI_Annotation.json", "LLD_MMRI_Annotation_full.json")
#: By the number of the category.
CLASSES = ("hemangioma", "icc", "abscess", "metastasis", "cyst", "fnh", "hcc")
PHASES = {
    "C-pre": Phase.PRE,
    "C+A": Phase.ARTERIAL,
    "C+V": Phase.PORTAL_VENOUS,
    "C+Delay": Phase.DELAYED,
}
NO_DISTANCE = (
    "the annotation gives no slice_spacing for the {phase} phase, only the thickness of its slices, which is "
    "another thing: take the annotation file that the authors sent later"
)


@dataclass(frozen=True)
class Series:
    """One phase of one patient.

    Args:
        spacing: i, j, k in mm; None where the annotation does not give the distance of slices.
        origin: LPS mm of the first voxel; None where it is not given.
        category: 0 to 6, -1 where it is kept secret, None where it is missing.
        boxes: of its lesions.
    """

    study_uid: str
    series_uid: str
    spacing: tuple[float, float, float] | None
    origin: tuple[float, float, float] | None
    category: int | None
    boxes: tuple[Box, ...]

    def grid(self, header: Grid, phase: Phase) -> Grid:
        """The true grid of the file with this header.

        Raises:
            LeftOut: the annotation does not tell it.
        """
        if self.spacing is None:
            raise LeftOut(NO_DISTANCE.format(phase=phase.title))
        return Grid(header.shape, self.spacing, self.origin or header.origin, header.direction)

    @property
    def class_name(self) -> str:
        """Empty where the category is kept secret or missing."""
        known = self.category is not None and 0 <= self.category < len(CLASSES)
        return CLASSES[self.category] if known and self.category is not None else ""


Annotation = Mapping[str, Mapping[Phase, Series]]


def find_annotation(source: Path) -> Path | None:
    """The annotation file in a download, in its usual places."""
    places = (source / folder / name for folder in ("labels", ".", "..") for name in FILE_NAMES)
    return next((path for path in places if path.is_file()), None)


def read_annotation(path: Path) -> Annotation:
    """The four phases of each patient.

    Raises:
        InputError: the file cannot be read or has another structure.
    """
    try:
        patients = json.loads(path.read_text(encoding="utf-8-sig"))["Annotation_info"]
        return {patient: dict(map(_series, _of_four(entries))) for patient, entries in patients.items()}
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise InputError(
            f"{path} is no annotation file of LLD-MMRI ({type(error).__name__}: {error}); it begins with "
            "Annotation_info and holds the series of each patient."
        ) from error


def _of_four(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [entry for entry in entries if entry["phase"] in PHASES]


def _series(entry: dict[str, Any]) -> tuple[Phase, Series]:
    lesions = entry["annotation"]["lesion"]
    categories = [lesion.get("category") for lesion in lesions.values()]
    distance = entry.get("slice_spacing")
    in_plane = entry["pixel_spacing"]
    origin = entry.get("origin")
    return PHASES[entry["phase"]], Series(
        str(entry["studyUID"]),
        str(entry["seriesUID"]),
        (float(in_plane[0]), float(in_plane[1]), float(distance)) if distance else None,
        (float(origin[0]), float(origin[1]), float(origin[2])) if origin else None,
        None if not categories or categories[0] is None else int(categories[0]),
        tuple(box for lesion in lesions.values() for box in _box(lesion)),
    )


def _box(lesion: dict[str, Any]) -> list[Box]:
    """The box of a lesion; where only its slices have one, around them all."""
    boxes = lesion.get("bbox") or {}
    whole = boxes.get("3D_box")
    parts = boxes.get("2D_box") or []
    category = lesion.get("category")
    lesion_class = CLASSES[category] if isinstance(category, int) and category in range(len(CLASSES)) else ""
    if whole:
        corners = [[float(whole[f"{axis}_{end}"]) for axis in "zyx"] for end in ("min", "max")]
    elif parts:
        slices = [float(part["slice_idx"]) for part in parts]
        corners = [
            [end(slices), *(end(float(part[f"{axis}_{word}"]) for part in parts) for axis in "yx")]
            for word, end in (("min", min), ("max", max))
        ]
    else:
        return []
    return [Box((*corners[0],), (*corners[1],), lesion_class)]  # type: ignore[arg-type]
