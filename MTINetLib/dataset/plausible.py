"""What can be read in a dataset and yet cannot be meant: masks of organs, lesions in air, one study twice."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MTINetLib.dataset.folder import LESIONS_FILE
from MTINetLib.phases.signal_levels import signal_levels
from MTINetLib.study.grid import Grid
from MTINetLib.study.lesion_class import NO_LESIONS
from MTINetLib.study.study import Volume

_PARTS = re.compile(r"\d+|[^\W\d_]+")
#: A lesion larger than this, that holds another label, is the liver (mL); one larger than the next is rare.
_ORGAN_ML, _RARE_ML = 400.0, 1000.0
#: The same as parts of the body in view, for small bodies and short stacks; and what no lesion can take.
_ORGAN_SHARE, _RARE_SHARE, _MOST_SHARE = 0.08, 0.12, 0.6
#: So much of a label's surface lies in the larger one if it is a part of it.
_INSIDE = 0.5
#: So dark is air, in parts of the way to the body; so much of a lesion may lie in it.
_AIR, _MOST_IN_AIR = 0.15, 0.5
#: Neighbours that share a face within a slice [k, j, i].
_WITHIN_SLICE = np.zeros((3, 3, 3), dtype=bool)
_WITHIN_SLICE[1] = ndimage.generate_binary_structure(2, 1)


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


def class_problems(labels: Set[int], case_class: str, told: Mapping[int, str]) -> tuple[list[str], list[str]]:
    """Problems and warnings of the labels that a mask holds, next to what the tables say of them."""
    problems, warnings = [], []
    if not labels and case_class != "none":
        problems.append(f"The class is {case_class}, but the mask is empty; use the class none.")
    if labels and case_class == "none":
        problems.append("The class is none, but the mask holds lesions.")
    for label in sorted(set(told) - labels):
        problems.append(f"{LESIONS_FILE} names lesion {label}, which the mask does not hold.")
    unnamed = sorted(labels - set(told)) if told else []
    if unnamed:
        numbers = ", ".join(str(label) for label in unnamed)
        warnings.append(
            f"{LESIONS_FILE} does not name lesion {numbers} of the mask; it counts as {case_class}."
        )
    return problems, warnings


def mask_problems(
    labels: npt.NDArray[np.uint8], grid: Grid, volume: Volume | None = None
) -> tuple[list[str], list[str]]:
    """Problems and warnings of a label map: organs among the lesions, lesions in the air around the body.

    Args:
        volume: the portal venous phase on the same grid, without which nothing is compared with the body.
    """
    sizes = np.bincount(labels.ravel(), minlength=2)
    millilitres = sizes * float(np.prod(grid.spacing)) / 1000.0
    air = None if volume is None else _air(volume)
    body = max(1, labels.size if air is None else int(np.count_nonzero(~air)))
    problems, warnings = [], []
    for label in np.flatnonzero(sizes[1:]) + 1:
        size = f"{millilitres[label]:.0f} mL"
        share = 0.0 if volume is None else sizes[label] / body
        large = millilitres[label] > _ORGAN_ML or share > _ORGAN_SHARE
        held = _held(labels, int(label)) if large else None
        if air is not None and float(air[labels == label].mean()) > _MOST_IN_AIR:
            problems.append(
                f"Lesion {label} of the mask lies outside the body; check that the mask is of this study."
            )
        elif held is not None:
            problems.append(
                f"Label {label} of the mask has {size} and label {held} lies in it: it seems to be "
                "the liver; keep the lesions only, numbered from 1."
            )
        elif share > _MOST_SHARE:
            problems.append(
                f"Label {label} of the mask takes {share:.0%} of the body in view, as no lesion does; keep "
                "the lesions only, numbered from 1."
            )
        elif millilitres[label] > _RARE_ML or share > _RARE_SHARE:
            part = f", {share:.0%} of the body in view" if volume is not None else ""
            warnings.append(f"Lesion {label} has {size}{part}; check that it is no organ.")
    return problems, warnings


def _air(volume: Volume) -> npt.NDArray[np.bool_] | None:
    """Where the air around the body lies; None where none is seen.

    It reaches the edge of its slice: a cyst is as dark, but lies inside the body.
    """
    levels = signal_levels(volume)
    if levels.air is None:
        return None
    limit = max(levels.air + 2 * levels.air_spread, levels.smallest + _AIR * levels.reach)
    pieces, count = ndimage.label(volume <= limit, structure=_WITHIN_SLICE)
    at_edge = np.zeros(count + 1, dtype=bool)
    for edge in (pieces[:, 0], pieces[:, -1], pieces[:, :, 0], pieces[:, :, -1]):
        at_edge[edge] = True
    at_edge[0] = False
    return np.asarray(at_edge[pieces])


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
    for names in _near([case.patient for case in cases]):
        warnings.append(f"The patients {names} count as different; write them alike if they are one.")
    for names in _near([case.case for case in cases]):
        warnings.append(f"The cases {names} differ in writing only; check that no study stands here twice.")
    classes = set().union(*(case.classes for case in cases)) - {NO_LESIONS, ""}
    warnings += _misspelt(cases, classes)
    if len(classes) == 1:
        warnings.append(f"All lesions are of the class {classes.pop()}: no class can be told from another.")
    return problems, warnings


def _misspelt(cases: Sequence[NamedCase], classes: set[str]) -> Iterator[str]:
    """Any name is a class, so one that a single case has, and that is nearly another's, may be a slip."""
    for name in sorted(classes):
        holders = [case.case for case in cases if name in case.classes]
        others = [other for other in sorted(classes - {name}) if sum(other in c.classes for c in cases) > 1]
        near = get_close_matches(name, others, n=1, cutoff=0.8)
        if len(holders) == 1 and near:
            yield f"Only the case {holders[0]} has a lesion of the class {name}; is it {near[0]}, misspelt?"


def _near(names: Sequence[str]) -> Iterator[str]:
    """Names that are written almost alike, as ``'P-7' and 'p07'``."""
    near: dict[str, set[str]] = defaultdict(set)
    for name in names:
        near[_plain(name)].add(name)
    for written in near.values():
        if len(written) > 1:
            yield " and ".join(repr(name) for name in sorted(written))


def _plain(name: str) -> str:
    """A name without what people write now one way, now another: case, blanks, signs, leading zeros.

    Numbers stay apart: ``1-11`` is not ``11-1``, nor is it ``111``.
    """
    parts = _PARTS.findall(unicodedata.normalize("NFKC", name).casefold())
    plain = ""
    for part in parts:
        number = part.isdecimal()
        between = "." if number and plain[-1:].isdecimal() else ""
        plain += between + (part.lstrip("0") or "0" if number else part)
    return plain or name


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
