"""Which lesions a study holds, and where: kinds, sizes, places, outlines, labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import InputError
from MTINetLib.phantom.canvas import Canvas, Space
from MTINetLib.phantom.draws import Rng, Streams, chance
from MTINetLib.phantom.lesion_kinds import KINDS, draw_diameter, draw_kind, paint_lesion
from MTINetLib.phantom.lesions import Seat, draw_outline, find_seat
from MTINetLib.phantom.liver import Liver
from MTINetLib.phantom.patient import Patient
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA, OTHER

#: Kind and diameter in mm of each lesion; the kind may be a class, then one of its kinds is drawn.
Plan = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class LesionShares:
    """How lesions are drawn.

    Args:
        none: part of the studies without any lesion.
        hcc, hemangioma, other: parts of the remaining studies by the class of the main finding; any scale.
        mixed: part of the studies with several lesions that hold a second class.
        cysts: part of the studies that also hold cysts.
        counts: weights of one, two, ... lesions; None draws as many as the kind usually has.
        diameter_mm: smallest and largest lesion.
    """

    none: float
    hcc: float
    hemangioma: float
    other: float
    mixed: float
    cysts: float
    counts: tuple[float, ...] | None
    diameter_mm: tuple[float, float]


def draw_plan(rng: Rng, shares: LesionShares) -> Plan:
    """The lesions of one study."""
    if chance(rng, shares.none):
        return ()
    weights = np.array([shares.hcc, shares.hemangioma, shares.other])
    classes = (HCC, HEMANGIOMA, OTHER)
    main = draw_kind(rng, classes[int(rng.choice(3, p=weights / weights.sum()))])
    counts = np.array(shares.counts or KINDS[main].counts)
    kinds = [main] * (1 + int(rng.choice(len(counts), p=counts / counts.sum())))
    if len(kinds) > 1 and chance(rng, shares.mixed):
        second = draw_kind(rng, _second_class(rng, KINDS[main].lesion_class, weights))
        kinds = [kinds[0], *(second if chance(rng, 0.5) else kind for kind in kinds[1:])]
    if main != "cyst" and shares.other > 0 and chance(rng, shares.cysts):
        kinds += ["cyst"] * int(rng.integers(1, 4))
    return tuple((kind, draw_diameter(rng, kind, shares.diameter_mm)) for kind in kinds)


def _second_class(rng: Rng, main: str, weights: npt.NDArray[np.float64]) -> str:
    left = {
        name: weight
        for name, weight in zip((HCC, HEMANGIOMA, OTHER), weights, strict=True)
        if name != main and weight > 0
    }
    if not left:
        return main
    shares = np.array(list(left.values()))
    return list(left)[int(rng.choice(len(left), p=shares / shares.sum()))]


def seat_lesions(
    rng: Rng, space: Space, liver: Liver, plan: Plan, smallest_mm: float
) -> list[tuple[str, Seat]]:
    """Kinds and places, largest first; a lesion that finds no room is made smaller or left out.

    Raises:
        InputError: the plan names a kind that there is not.
    """
    seats: list[tuple[str, Seat]] = []
    for name, diameter in sorted(plan, key=lambda item: -item[1]):
        kind = _known(rng, name)
        for shrink in (1.0, 0.8, 0.6, 0.4):
            size = max(diameter * shrink, smallest_mm)
            seat = find_seat(rng, space, liver, size, [seat for _, seat in seats])
            if seat is not None:
                seats.append((kind, seat))
                break
    return seats


def _known(rng: Rng, name: str) -> str:
    if name == OTHER:
        return draw_kind(rng, OTHER)
    if name not in KINDS:
        raise InputError(
            f"There are no lesions of the kind '{name}'; choose among {', '.join(KINDS)}, {OTHER}."
        )
    return name


def paint_lesions(
    streams: Streams, canvas: Canvas, patient: Patient, liver: Liver, seats: list[tuple[str, Seat]]
) -> tuple[npt.NDArray[np.uint8], dict[int, str]]:
    """Paint each lesion; the label map [K, J, I] and the kind of every label, the largest lesion first."""
    space = canvas.space
    labels = np.zeros(space.shape, dtype=np.uint8)
    kinds: dict[int, str] = {}
    for number, (kind, seat) in enumerate(seats, start=1):
        rng = streams(f"lesion {number}")
        outline = draw_outline(rng, space, liver, seat, KINDS[kind].form, labels)
        if outline is None or int(outline.mask.sum()) < 3:
            continue
        paint_lesion(rng, canvas, patient, outline, seat, kind)
        label = len(kinds) + 1
        labels[outline.box][outline.mask] = label
        kinds[label] = kind
    return _by_size(labels, kinds)


def _by_size(
    labels: npt.NDArray[np.uint8], kinds: dict[int, str]
) -> tuple[npt.NDArray[np.uint8], dict[int, str]]:
    """Number the lesions anew, the one with most voxels first."""
    sizes = np.bincount(labels.ravel(), minlength=len(kinds) + 1)
    order = sorted(kinds, key=lambda label: (-int(sizes[label]), label))
    table = np.zeros(256, dtype=np.uint8)
    for new, old in enumerate(order, start=1):
        table[old] = new
    return table[labels], {new: kinds[old] for new, old in enumerate(order, start=1)}
