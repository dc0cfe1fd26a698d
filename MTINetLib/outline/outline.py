"""From a box around a lesion to its outline through the slices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MTINetLib.errors import InputError
from MTINetLib.outline.lesion_image import LesionImage, best_image
from MTINetLib.outline.marks import Marks, PlacedMarks, Places, place
from MTINetLib.outline.patch import Patch
from MTINetLib.outline.prompts import Prompt
from MTINetLib.outline.seen import SeenSlices
from MTINetLib.outline.several import seems_several
from MTINetLib.outline.stack import Stack
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.study.study import Study

_Plane = npt.NDArray[np.float32]
_Cut = npt.NDArray[np.bool_]
#: Lower and upper edges, each (row, column).
_Rectangle = tuple[Places, Places]
Mask = npt.NDArray[np.bool_]

#: A box is drawn a little too small as often as too large: the outline may pass its sides by this part.
_SLACK = 0.15
#: A lesion whose box was drawn in one slice is looked for as far up and down as it is wide, times this.
_AS_TALL = 0.75
#: Of the outline before, so much may be missing from one slice to the next before the lesion has ended.
_LEAST_OF_BEFORE = 0.12
#: Nor may the contrast fall below this part of that of the first slice.
_LEAST_CONTRAST = 0.35
#: Percentiles of the patch that become 0 and 1, as the network was trained.
_DARK, _BRIGHT = 0.5, 99.5
_NOTHING = -20.0
#: Clicks move the outline's level up to these logits; beyond, they change their own voxel alone.
_MOST_LEVEL = 4.0


@dataclass(frozen=True, eq=False)
class Outline:
    """What was outlined.

    Args:
        mask: on the study's grid, [K, J, I]; one piece, and those that were clicked on.
        image: what the network looked at, such as ``arterial`` or ``delayed - pre``.
        slices: that the outline goes through.
        left_out: other pieces, which are not in the mask.
        several: the box seems to hold more than one lesion, and the outline may be what lies between them.
        notes: what had to be done about the device.
    """

    mask: Mask
    image: str
    slices: int
    left_out: int
    several: bool = False
    notes: tuple[str, ...] = ()


class Outliner:
    """Outlines lesions of one study; what the network saw of a slice is kept for the next box."""

    def __init__(self, study: Study, seen: SeenSlices) -> None:
        self._study, self._seen = study, seen
        self._stack = Stack.of(study.grid)
        self._volumes = self._stack.turned(study.volumes)
        self._covered = None if study.covered is None else self._stack.turned(study.covered)

    def outline(self, marks: Marks, progress: Progress | None = None) -> Outline:
        """The lesion in a box.

        Args:
            progress: one step a slice; may raise Cancelled.

        Raises:
            InputError: the marks make no sense in this study, or nothing is outlined there.
            MissingResourceError: the memory is not enough.
        """
        placed = place(marks, self._stack)
        image = best_image(self._volumes, self._covered, placed)
        patch = Patch.around(placed, self._stack.spacing[1:], self._seen.side)
        turned = _Pass(self._volumes, self._seen, image, patch, placed, self._stack.spacing).run(
            progress or Silent()
        )
        mask, left_out = _one_lesion(turned, placed)
        return Outline(
            np.ascontiguousarray(self._stack.native(mask)),
            image.name(self._study.phases),
            int(mask.any(axis=(1, 2)).sum()),
            left_out,
            not left_out and seems_several(mask, placed),
            self._seen.notes,
        )


@dataclass(frozen=True, eq=False)
class _Pass:
    """One way through the slices, from the middle of the box up and down."""

    volumes: npt.NDArray[np.float32]
    seen: SeenSlices
    image: LesionImage
    patch: Patch
    marks: PlacedMarks
    spacing: tuple[float, float, float]

    def run(self, progress: Progress) -> Mask:
        mask = np.zeros(self.volumes.shape[1:], dtype=bool)
        first, (low, high) = self.marks.first_slice, self._reach()
        progress.start(Stage.OUTLINING, max(1, high - low + 1))
        mask[first] = start = self._cut(first, self._logits(first, None))
        contrast = self._contrast(first, start)
        done = 1
        for way in (range(first + 1, high + 1), range(first - 1, low - 1, -1)):
            before = start
            for z in way:
                progress.update(done)
                done += 1
                if not before.any():
                    break
                cut = self._cut(z, self._logits(z, before))
                if self._ended(z, cut, before, contrast):
                    break
                mask[z] = before = cut
        progress.finish()
        return mask

    def _reach(self) -> tuple[int, int]:
        """The first and last slice that may hold the lesion."""
        size = self.marks.size
        if size[0]:
            more = _SLACK * float(size[0])
        else:  # drawn in one slice
            more = _AS_TALL * float((size[1:] * self.spacing[1:]).max()) / self.spacing[0]
        low = max(0, int(np.ceil(self.marks.low[0] - more)))
        return low, min(self.volumes.shape[1] - 1, int(np.floor(self.marks.high[0] + more)))

    def _plane(self, z: int) -> _Plane:
        """The patch of a slice in the image that shows the lesion best."""
        return self.patch.cut(self.image.of(self.volumes[:, z]))

    def _logits(self, z: int, before: _Cut | None) -> _Plane:
        """What the network says of one slice [R, C].

        Args:
            before: the outline in the slice before; None for the slice where the box counts as it was drawn.
        """
        plane = self._plane(z)
        dark, bright = _range(plane)
        scaled = np.clip((plane - dark) / max(bright - dark, 1e-6), 0.0, 1.0).astype(np.float32)
        prompt = Prompt(
            self.patch.corners(*(self._drawn if before is None else self._around(before))),
            inside=tuple(self._xy(place) for place in _in_slice(self.marks.inside, z)),
            outside=tuple(self._xy(place) for place in _in_slice(self.marks.outside, z)),
        )
        key = (self.image.weights, self.patch, z)
        return self.patch.put(self.seen.logits(key, scaled, prompt), self.volumes.shape[2:], _NOTHING)

    def _cut(self, z: int, logits: _Plane) -> _Cut:
        """The outline in a slice, its level such that clicks are on their side."""
        inside, outside = (
            _voxels(_in_slice(points, z), logits.shape) for points in (self.marks.inside, self.marks.outside)
        )
        level = max([0.0, *logits[outside]])
        level = float(np.clip(min([level, *logits[inside] - 1e-3]), -_MOST_LEVEL, _MOST_LEVEL))
        cut = np.asarray(logits > level) & self._allowed
        cut[inside], cut[outside] = True, False
        return cut

    @property
    def _drawn(self) -> _Rectangle:
        return self.marks.low[1:], self.marks.high[1:]

    def _around(self, before: _Cut) -> _Rectangle:
        """The box for a slice beside an outline."""
        (low, high), slack = self._drawn, _SLACK * self.marks.size[1:]
        top, bottom = _bounds(before)
        return np.maximum(top, low - slack), np.minimum(bottom, high + slack)

    @cached_property
    def _allowed(self) -> _Cut:
        """Where the outline may lie: the box with its slack."""
        slack = np.maximum(_SLACK * self.marks.size[1:], 1.0)
        ends = zip(
            self.marks.low[1:] - slack, self.marks.high[1:] + slack, self.volumes.shape[2:], strict=True
        )
        rows, columns = ((np.arange(count) >= low) & (np.arange(count) <= high) for low, high, count in ends)
        return np.asarray(rows[:, None] & columns[None, :])

    def _ended(self, z: int, cut: _Cut, before: _Cut, contrast: float) -> bool:
        """Whether the lesion is over before this slice."""
        if len(_in_slice(self.marks.inside, z)):
            return False
        if (cut & before).sum() < _LEAST_OF_BEFORE * before.sum():
            return True
        return bool(self._contrast(z, cut) * np.sign(contrast) < _LEAST_CONTRAST * abs(contrast))

    def _contrast(self, z: int, cut: _Cut) -> float:
        """How much brighter the outline is than what lies around it."""
        near = ndimage.binary_dilation(cut, iterations=4) & ~ndimage.binary_dilation(cut)
        if not (cut.any() and near.any()):
            return 0.0
        plane = self.image.of(self.volumes[:, z])
        return float(np.median(plane[cut]) - np.median(plane[near]))

    def _xy(self, place: Places) -> tuple[float, float]:
        row, column = self.patch.pixels(place)
        return column, row


def _one_lesion(mask: Mask, marks: PlacedMarks) -> tuple[Mask, int]:
    """The largest piece with those that were clicked on, and how many others there are."""
    pieces, count = ndimage.label(mask)
    if count == 0:
        raise InputError(
            "Nothing stands out in the box: draw it closer around the lesion, or outline it by hand."
        )
    clicked = np.clip(np.floor(marks.inside + 0.5).astype(int), 0, np.array(mask.shape) - 1)
    kept = {int(np.bincount(pieces.ravel())[1:].argmax()) + 1, *map(int, pieces[tuple(clicked.T)])} - {0}
    return np.isin(pieces, list(kept)), count - len(kept)


def _in_slice(points: Places, z: int) -> Places:
    """Row and column of the clicks in a slice, [n, 2]."""
    return points[np.floor(points[:, 0] + 0.5) == z, 1:]


def _voxels(places: Places, shape: tuple[int, ...]) -> tuple[npt.NDArray[np.int_], npt.NDArray[np.int_]]:
    """The indices of the voxels that hold these places."""
    rows, columns = np.clip(np.floor(places + 0.5).astype(int), 0, np.array(shape) - 1).T
    return rows, columns


def _bounds(cut: _Cut) -> _Rectangle:
    """The rectangle around an outline, edges of its voxels."""
    rows, columns = np.flatnonzero(cut.any(axis=1)), np.flatnonzero(cut.any(axis=0))
    return np.array([rows[0], columns[0]]) - 0.5, np.array([rows[-1], columns[-1]]) + 0.5


def _range(plane: _Plane) -> tuple[float, float]:
    dark, bright = np.percentile(plane, [_DARK, _BRIGHT])
    return float(dark), float(bright)
