"""What can be read in a dataset and yet cannot be meant: masks of organs, lesions in air, one study twice."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MTINetLib.study.grid import Grid
from MTINetLib.study.signal_levels import signal_levels
from MTINetLib.study.study import Volume

#: A lesion larger than this, that holds another label, is the liver (mL); one larger than the next is rare.
_ORGAN_ML, _RARE_ML = 400.0, 1000.0
#: So much of a label's surface lies in the larger one if it is a part of it.
_INSIDE = 0.5
#: So dark is air, in parts of the way to the body; so much of a lesion may lie in it.
_AIR, _MOST_IN_AIR = 0.15, 0.5


@dataclass(frozen=True)
class NamedCase:
    """What is compared between cases."""

    case: str
    patient: str
    classes: frozenset[str]
    digest: str | None


def image_digest(volume: Volume) -> str:
    """Of the pixels alone, so that another header does not make another image."""
    shape = ",".join(str(count) for count in volume.shape)
    return hashlib.sha256(shape.encode() + np.ascontiguousarray(volume).tobytes()).hexdigest()


def mask_problems(labels: npt.NDArray[np.uint8], grid: Grid) -> tuple[list[str], list[str]]:
    """Problems and warnings of a label map by itself."""
    millilitres = float(np.prod(grid.spacing)) / 1000.0
    volumes = np.bincount(labels.ravel()) * millilitres
    problems, warnings = [], []
    for label in np.flatnonzero(volumes[1:]) + 1:
        size = volumes[label]
        held = _held(labels, int(label)) if size > _ORGAN_ML else None
        if held is not None:
            problems.append(
                f"Label {label} of the mask has {size:.0f} mL and label {held} lies in it: it seems to be "
                "the liver; keep the lesions only, numbered from 1."
            )
        elif size > _RARE_ML:
            warnings.append(f"Lesion {label} has {size:.0f} mL; check that it is no organ.")
    return problems, warnings


def place_problems(labels: npt.NDArray[np.uint8], volume: Volume) -> Iterator[str]:
    """Lesions that lie in the air around the body of the portal venous phase."""
    levels = signal_levels(volume)
    if levels.air is None:
        return
    dark = volume <= max(levels.air + 2 * levels.air_spread, levels.smallest + _AIR * levels.reach)
    for label in np.unique(labels[labels > 0]):
        if float(dark[labels == label].mean()) > _MOST_IN_AIR:
            yield f"Lesion {label} of the mask lies outside the body; check that the mask is of this study."


def cases_problems(cases: Sequence[NamedCase]) -> tuple[list[str], list[str]]:
    """Problems and warnings that only show between cases."""
    problems, warnings = [], []
    same: dict[str, list[NamedCase]] = defaultdict(list)
    for case in cases:
        if case.digest is not None:
            same[case.digest].append(case)
    for alike in same.values():
        names = " and ".join(case.case for case in alike)
        if len({case.patient for case in alike}) > 1:
            problems.append(
                f"The cases {names} hold the same portal venous image under different patients; a split "
                "would put it on both sides. Give them one patient, or remove one."
            )
        elif len(alike) > 1:
            warnings.append(f"The cases {names} hold the same portal venous image; it counts twice.")
    near: dict[str, set[str]] = defaultdict(set)
    for case in cases:
        near[_plain(case.patient)].add(case.patient)
    for written in near.values():
        if len(written) > 1:
            names = " and ".join(repr(name) for name in sorted(written))
            warnings.append(f"The patients {names} count as different; write them alike if they are one.")
    classes = set().union(*(case.classes for case in cases)) - {"none", ""}
    if len(classes) == 1:
        warnings.append(f"All lesions are of the class {classes.pop()}: no class can be told from another.")
    return problems, warnings


def _plain(name: str) -> str:
    """A name without what people write now one way, now another: case, blanks, signs, leading zeros."""
    kept = "".join(sign if sign.isalnum() else " " for sign in name.casefold())
    digits = "".join(
        f" {sign}" if sign.isdigit() != before.isdigit() else sign for before, sign in _pairs(kept)
    )
    return "".join(part.lstrip("0") or part[:1] for part in digits.split())


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    return zip(" " + text, text, strict=False)


def _held(labels: npt.NDArray[np.uint8], large: int) -> int | None:
    """Another label whose surface mostly lies against the large one."""
    for other in np.unique(labels):
        if other in (0, large):
            continue
        part = labels == other
        around = ndimage.binary_dilation(part) & ~part
        if np.count_nonzero(labels[around] == large) >= _INSIDE * np.count_nonzero(around):
            return int(other)
    return None
