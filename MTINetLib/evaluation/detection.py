"""Which true lesion was found by which found lesion.

The rule: a true and a found lesion may be the same when the IoU of their 3-D masks is at least 0.1, and
each lesion has at most one partner; among all one-to-one assignments the one with the largest sum of IoU
is taken. An IoU of 0.1 is the localisation criterion of 3-D lesion detection in the PI-CAI challenge
(Saha et al., Lancet Oncology 25 (2024) 879-887) and of nnDetection (Baumgartner et al., MICCAI 2021);
one-to-one assignment with every second hit counted as false follows Metrics reloaded (Maier-Hein et al.,
Nature Methods 21 (2024) 195-212).

So a lesion found in two pieces is one hit and one false positive (told apart as ``fragment``), and two
lesions found as one are one hit and one miss (told apart as ``merged``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

#: Smallest IoU at which two lesions may be the same.
MATCH_IOU = 0.1

#: Size bands by the longest axial diameter.
SIZE_BANDS: tuple[str, str, str, str] = ("<10 mm", "10-20 mm", "20-50 mm", ">50 mm")

#: A false positive with this share of its voxels inside true lesions is a fragment, not an invention;
#: a miss with this share of its voxels inside found lesions was merged, not overlooked.
_INSIDE = 0.5

Labels = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Match:
    """A true lesion and the found lesion that stands for it, by their labels, with their IoU."""

    truth: int
    found: int
    iou: float


@dataclass(frozen=True)
class Detection:
    """The outcome of one study, by labels.

    Args:
        matches: pairs, by truth label.
        missed: true lesions without a partner; ``merged`` are those of them that lie within a found lesion.
        false_positives: found lesions without a partner; ``fragments`` are those that lie within a true one.
    """

    matches: tuple[Match, ...]
    missed: tuple[int, ...]
    false_positives: tuple[int, ...]
    merged: tuple[int, ...] = ()
    fragments: tuple[int, ...] = ()


def match_lesions(truth: Labels, found: Labels, minimum_iou: float = MATCH_IOU) -> Detection:
    """Match the lesions of two label maps (0 is background) of one shape by the rule of this file."""
    if truth.shape != found.shape:
        raise ValueError(f"the label maps differ in shape: {truth.shape} and {found.shape}")
    table = contingency(truth, found)
    overlap = table.overlap
    ious = table.ious
    # The comparison needs a hair of tolerance: 0.1 is no binary fraction.
    eligible = np.where(ious >= minimum_iou - 1e-12, ious, 0.0) * (overlap > 0)
    rows, columns = linear_sum_assignment(eligible, maximize=True)
    pairs = [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if eligible[r, c] > 0]
    missed = sorted(set(range(len(table.true_labels))) - {r for r, _ in pairs})
    false = sorted(set(range(len(table.found_labels))) - {c for _, c in pairs})
    true_inside = overlap.sum(axis=1) >= _INSIDE * table.true_sizes
    found_inside = overlap.sum(axis=0) >= _INSIDE * table.found_sizes
    true_name, found_name = table.true_labels.tolist(), table.found_labels.tolist()
    return Detection(
        matches=tuple(Match(true_name[r], found_name[c], float(ious[r, c])) for r, c in pairs),
        missed=tuple(true_name[r] for r in missed),
        false_positives=tuple(found_name[c] for c in false),
        merged=tuple(true_name[r] for r in missed if true_inside[r]),
        fragments=tuple(found_name[c] for c in false if found_inside[c]),
    )


def size_band(long_axis_mm: float) -> str:
    """The size band of a longest axial diameter in mm: 10 is ``10-20``, 20 and 50 are ``20-50``."""
    if long_axis_mm > 50.0:
        return SIZE_BANDS[3]
    return SIZE_BANDS[int(long_axis_mm >= 10.0) + int(long_axis_mm >= 20.0)]


@dataclass(frozen=True)
class Contingency:
    """Labels of both maps, voxels they share [truth, found], and their sizes in voxels."""

    true_labels: npt.NDArray[np.int64]
    found_labels: npt.NDArray[np.int64]
    overlap: Floats
    true_sizes: Floats
    found_sizes: Floats

    @property
    def ious(self) -> Floats:
        """IoU of each true with each found lesion, [truth, found]."""
        union = self.true_sizes[:, None] + self.found_sizes[None, :] - self.overlap
        return np.asarray(self.overlap / np.maximum(union, 1.0))


def contingency(truth: Labels, found: Labels) -> Contingency:
    """The voxels that each true and each found lesion share."""
    anything = (truth != 0) | (found != 0)
    true_values, true_index = np.unique(np.append(truth[anything].astype(np.int64), 0), return_inverse=True)
    found_values, found_index = np.unique(np.append(found[anything].astype(np.int64), 0), return_inverse=True)
    table = np.zeros((len(true_values), len(found_values)))
    np.add.at(table, (true_index[:-1], found_index[:-1]), 1.0)
    true_rows, found_columns = true_values != 0, found_values != 0
    return Contingency(
        true_labels=true_values[true_rows],
        found_labels=found_values[found_columns],
        overlap=table[np.ix_(true_rows, found_columns)],
        true_sizes=table[true_rows].sum(axis=1),
        found_sizes=table[:, found_columns].sum(axis=0),
    )
