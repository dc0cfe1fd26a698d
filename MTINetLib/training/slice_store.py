"""Training slices on disk: one folder a case, memory-mapped, so that data larger than memory trains too."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import InputError
from MTINetLib.models.neighbours import with_neighbours
from MTINetLib.study.anatomy import UNKNOWN_ORGAN
from MTINetLib.study.lesion_class import NO_LESIONS, OTHER, in_usual_order

PHASES_FILE = "phases.npy"
LABELS_FILE = "labels.npy"
ANATOMY_FILE = "anatomy.npy"
INDEX_FILE = "index.json"

#: Class of a lesion whose class nobody told; it trains segmentation and curve, not the class head.
UNKNOWN_CLASS = -1


@dataclass(frozen=True)
class SliceLesion:
    """A lesion where a slice cuts it: its label in the mask, its class index, its area in pixels.

    One that is not ``seen`` has no image in a phase there and trains the segmentation alone.
    """

    label: int
    class_index: int
    area_px: int
    seen: bool = True


@dataclass(frozen=True)
class SliceEntry:
    """One slice: number of its case in the store, position in the case, lesions (largest first)."""

    case: int
    z: int
    lesions: tuple[SliceLesion, ...]


@dataclass(frozen=True)
class CaseNotes:
    """What was seen when a case was prepared.

    Args:
        labels: of the mask; the smallest lesions may be lost in slices of another size.
        doubts: warnings and flags of ``mtinet check`` about images and mask.
        image: digest of the portal venous volume, empty where nobody took it.
    """

    labels: tuple[int, ...] = ()
    doubts: tuple[str, ...] = ()
    image: str = ""


_NO_NOTES = CaseNotes()


@dataclass(frozen=True)
class StoredCase:
    """A prepared case: ``folder`` holds float16 phases [Z, P, S, S] and uint8 labels [Z, S, S].

    Where it has an anatomy map, that lies there as uint8 [Z, S/2, S/2], as fine as networks answer.

    Args:
        scale: (low, high) in scanner units of normalised 0 and 1.
        areas: per slice, area in pixels by lesion label.
        classes: name of the class by lesion label.
        images, truth: digests of the slices, and of labels and classes; empty where nobody took them.
        notes: of its preparation.
        has_anatomy: whether it has an anatomy map.
        unseen: per slice, lesions of which a phase has no image there: they train the segmentation alone.
        gain: that the phases are multiplied by, where a model's liver sets the scale.
        mixed_in: whether it comes from the studies that are mixed in, see sampling.py.
    """

    case: str
    patient: str
    case_class: str
    folder: Path
    pixel_mm: float
    scale: tuple[float, float]
    areas: tuple[dict[int, int], ...]
    classes: dict[int, str]
    images: str = ""
    truth: str = ""
    notes: CaseNotes = _NO_NOTES
    has_anatomy: bool = False
    unseen: tuple[tuple[int, ...], ...] = ()
    gain: float = 1.0
    mixed_in: bool = False

    @property
    def lesion_classes(self) -> frozenset[str]:
        """Names of the classes of its lesions."""
        return frozenset(self.classes.values()) - {NO_LESIONS}

    def entries(self, number: int, classes: Sequence[str]) -> list[SliceEntry]:
        """The case's slices.

        Args:
            number: its place in the store.
            classes: those to be told apart; a lesion of none of them is ``other`` where that is one.
        """
        index = {name: place for place, name in enumerate(classes)}
        unknown = index.get(OTHER, UNKNOWN_CLASS)
        places = {label: index.get(name, unknown) for label, name in self.classes.items()}
        unseen = self.unseen or ((),) * len(self.areas)
        return [
            SliceEntry(number, z, tuple(_lesions(of_slice, places, hidden)))
            for z, (of_slice, hidden) in enumerate(zip(self.areas, unseen, strict=True))
        ]


def _lesions(areas: dict[int, int], places: dict[int, int], unseen: Sequence[int]) -> list[SliceLesion]:
    by_size = sorted(areas.items(), key=lambda item: (-item[1], item[0]))
    return [
        SliceLesion(label, places.get(label, UNKNOWN_CLASS), area, label not in unseen)
        for label, area in by_size
    ]


class SliceStore:
    """The prepared cases and their pixels. Files are mapped on first use, in each process by itself.

    Args:
        classes: to be told apart, in the order of the class indices; None takes all of the cases.
    """

    def __init__(self, cases: Sequence[StoredCase], classes: Sequence[str] | None = None) -> None:
        self.cases = tuple(cases)
        found = in_usual_order(name for case in cases for name in case.lesion_classes)
        self.classes = found if classes is None else tuple(classes)
        self.entries = tuple(
            entry for number, case in enumerate(cases) for entry in case.entries(number, self.classes)
        )
        self._maps: dict[tuple[int, str], npt.NDArray[Any]] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_maps": {}}

    def phases(self, entry: SliceEntry, neighbours: int = 0) -> npt.NDArray[np.float16]:
        """Normalised phases of a slice and its neighbours, [P (1 + 2 neighbours), S, S]."""
        read = with_neighbours(self._map(entry.case, PHASES_FILE), [entry.z], neighbours)[0]
        gain = self.cases[entry.case].gain
        return read if gain == 1.0 else read * np.float16(gain)  # type: ignore[no-any-return]

    def labels(self, entry: SliceEntry) -> npt.NDArray[np.uint8]:
        """Lesion labels of a slice, [S, S], read-only."""
        return self._map(entry.case, LABELS_FILE)[entry.z]  # type: ignore[no-any-return]

    def anatomy(self, entry: SliceEntry) -> npt.NDArray[np.uint8]:
        """Organs of a slice, [S/2, S/2]; unknown throughout for a case without an anatomy map."""
        if self.cases[entry.case].has_anatomy:
            return self._map(entry.case, ANATOMY_FILE)[entry.z]  # type: ignore[no-any-return]
        side = self._map(entry.case, LABELS_FILE).shape[1] // 2
        return np.full((side, side), UNKNOWN_ORGAN, dtype=np.uint8)

    def of_patients(self, patients: set[str]) -> SliceStore:
        """The part of the store that belongs to these patients."""
        return SliceStore([case for case in self.cases if case.patient in patients], self.classes)

    def telling_apart(self, classes: Sequence[str]) -> SliceStore:
        """The same cases with other classes."""
        return SliceStore(self.cases, classes)

    def with_mixed_in(self, other: SliceStore) -> SliceStore:
        """The same classes and cases, and behind them those of another store, to be mixed in.

        Raises:
            InputError: one of these is a study of this store too.
        """
        mine = {case.images: case for case in self.cases if case.images}
        for case in other.cases:
            if case.images in mine:
                raise InputError(
                    f"The study {case.case} that is mixed in is {mine[case.images].case} of the dataset; "
                    "take it out of one of the two, or it would be trained on and judged by."
                )
        mixed = [replace(case, mixed_in=True) for case in other.cases]
        return SliceStore([*self.cases, *mixed], self.classes)

    def _map(self, case: int, name: str) -> npt.NDArray[Any]:
        key = (case, name)
        if key not in self._maps:
            self._maps[key] = np.load(self.cases[case].folder / name, mmap_mode="r")
        return self._maps[key]


def write_case(
    folder: Path,
    phases: npt.NDArray[np.float32],
    labels: npt.NDArray[Any],
    pixel_mm: float,
    scale: tuple[float, float],
    notes: CaseNotes = _NO_NOTES,
    anatomy: npt.NDArray[np.uint8] | None = None,
    unseen: Sequence[Sequence[int]] = (),
) -> None:
    """Write one case's files; the index comes last and says that the case is whole.

    Args:
        phases: normalised, [Z, P, S, S]. float16 keeps 3 digits, far finer than the noise of MR.
        labels: [Z, S, S], at most 255 lesions.
        anatomy: [Z, S/2, S/2], see study/anatomy.py; None where it is not known.
        unseen: as in StoredCase.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept_phases = np.clip(phases, -10, 50).astype(np.float16)
    kept_labels = labels.astype(np.uint8)
    np.save(folder / PHASES_FILE, kept_phases)
    np.save(folder / LABELS_FILE, kept_labels)
    truth = [_digest(kept_labels)]
    if anatomy is not None:
        np.save(folder / ANATOMY_FILE, anatomy)
        truth.append(_digest(anatomy))
    index = {
        "pixel_mm": pixel_mm,
        "scale": list(scale),
        "areas": [_areas(of_slice) for of_slice in labels],
        "unseen": [list(of_slice) for of_slice in unseen],
        "images": _digest(kept_phases),
        "truth": " ".join(truth),
        "has_anatomy": anatomy is not None,
        "notes": asdict(notes),
    }
    (folder / INDEX_FILE).write_text(json.dumps(index), encoding="utf-8")


def read_case_index(folder: Path) -> dict[str, Any]:
    """All of a written case but its names and classes, ready for StoredCase."""
    index = json.loads((folder / INDEX_FILE).read_text(encoding="utf-8"))
    return {
        "pixel_mm": float(index["pixel_mm"]),
        "scale": tuple(index["scale"]),
        "areas": tuple({int(label): area for label, area in one.items()} for one in index["areas"]),
        "unseen": tuple(tuple(one) for one in index["unseen"]),
        "images": str(index["images"]),
        "truth": str(index["truth"]),
        "notes": _notes(index["notes"]),
        "has_anatomy": bool(index["has_anatomy"]),
    }


def _notes(index: dict[str, Any]) -> CaseNotes:
    return CaseNotes(tuple(index["labels"]), tuple(index["doubts"]), str(index["image"]))


def _digest(array: npt.NDArray[Any]) -> str:
    content = np.ascontiguousarray(array)
    return hashlib.sha256(repr(content.shape).encode() + content.tobytes()).hexdigest()[:32]


def _areas(labels: npt.NDArray[Any]) -> dict[str, int]:
    values, counts = np.unique(labels, return_counts=True)
    return {str(int(value)): int(count) for value, count in zip(values, counts, strict=True) if value > 0}
