"""Where in the liver a lesion lies: Couinaud's segment where a map tells it, else the lobe, estimated.

The lobes are told apart by the plane through the gallbladder and the inferior vena cava along the body
(Cantlie 1897; Couinaud, Le foie, 1957). Its true course is that of the middle hepatic vein, from which the
estimate may be off by a centimetre or two: near it the place is doubtful.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MTINetLib.findings import LesionPlace
from MTINetLib.inference.lesions import Box, grown_box
from MTINetLib.study.anatomy import Organ
from MTINetLib.study.grid import FloatArray, Grid
from MTINetLib.study.liver import Liver

Mask = npt.NDArray[np.bool_]
#: Gets a lesion's mask [k, j, i] within its box.
PlaceOf = Callable[[Mask, Box], "LesionPlace | None"]

#: A lesion whose centre is nearer to the plane than this may lie on either side of the true one.
NEAR_PLANE_MM = 15.0
#: Fewer of a lesion's voxels than this share with a segment of their own: the nearest ones are a guess.
_LEAST_TOLD = 0.5
#: Segments are looked for so far around a lesion that a map leaves out.
_REACH_MM = 15.0
#: Gallbladder and cava nearer to each other than this, in the axial plane, give no direction.
_LEAST_APART_MM = 20.0
#: The cava touches the liver: of the great vessels of a slice it has most liver within this distance.
_TOUCH_MM = 6.0
#: In fewer slices than this the vessel beside the liver may be anything.
_LEAST_SLICES = 3
_LEAST_GALLBLADDER_MM3 = 500.0


def places_in(liver: Liver, grid: Grid) -> PlaceOf:
    """What tells the place of a lesion in this liver; a function that tells nothing where nothing can."""
    if liver.segments is not None and liver.segments.any():
        segments = liver.segments
        return lambda mask, box: _by_segments(mask, box, segments, grid)
    plane = None if liver.anatomy is None else lobe_plane(liver.anatomy, liver.mask, grid)
    if plane is None:
        return lambda mask, box: None
    return lambda mask, box: _by_plane(mask, box, plane, grid)


@dataclass(frozen=True)
class LobePlane:
    """The plane between the lobes.

    Args:
        point: LPS mm, on it.
        to_left: unit vector to the left lobe, at right angles to it.
    """

    point: FloatArray
    to_left: FloatArray

    def left_of(self, lps: FloatArray) -> FloatArray:
        """Distances in mm, [...], of points [..., 3]; negative in the right lobe."""
        return np.asarray((lps - self.point) @ self.to_left)


def lobe_plane(anatomy: npt.NDArray[np.uint8], liver: Mask, grid: Grid) -> LobePlane | None:
    """The plane through gallbladder and cava; None where one of them is not in the map or they give none.

    Args:
        anatomy, liver: [K, J, I] on the grid.
    """
    gallbladder = np.argwhere(anatomy == Organ.GALLBLADDER)
    cava = _cava(anatomy == Organ.GREAT_VESSEL, liver, grid)
    if len(gallbladder) * grid.voxel_volume_mm3 < _LEAST_GALLBLADDER_MM3 or cava is None:
        return None
    front = np.asarray(grid.to_lps(gallbladder.mean(axis=0)))
    across = cava - front
    across[2] = 0.0
    length = float(np.linalg.norm(across))
    if length < _LEAST_APART_MM:
        return None
    # From the gallbladder to the cava is backwards; the left lies a quarter turn from there.
    to_left = np.array([across[1], -across[0], 0.0]) / length
    return LobePlane(cava, to_left if to_left[0] > 0 else -to_left)


def _cava(vessels: Mask, liver: Mask, grid: Grid) -> FloatArray | None:
    """The middle of the great vessel that touches the liver, LPS mm, by the median over the slices."""
    near = ndimage.distance_transform_edt(~liver, sampling=grid.spacing[::-1]) if liver.any() else None
    if near is None:
        return None
    upwards = int(np.argmax(np.abs(grid.direction_matrix[2])))  # the axis i, j or k that runs along the body
    axis = 2 - upwards
    middles = []
    for n in range(vessels.shape[axis]):
        plane = np.take(vessels, n, axis)
        parts, count = ndimage.label(plane)
        if not count:
            continue
        touching = ndimage.sum_labels(np.take(near, n, axis) <= _TOUCH_MM, parts, range(1, count + 1))
        best = int(np.argmax(touching))
        if touching[best] > 0:
            middle = np.insert(np.argwhere(parts == best + 1).mean(axis=0), axis, n)
            middles.append(grid.to_lps(middle))
    return np.median(middles, axis=0) if len(middles) >= _LEAST_SLICES else None


def _by_plane(mask: Mask, box: Box, plane: LobePlane, grid: Grid) -> LesionPlace:
    start = np.array([part.start for part in box])
    sides = plane.left_of(grid.to_lps(np.argwhere(mask) + start))
    left = float((sides > 0).mean())
    shares = {"left": left, "right": 1.0 - left}
    return LesionPlace("lobe", _largest_first(shares), bool(abs(sides.mean()) < NEAR_PLANE_MM))


def _by_segments(mask: Mask, box: Box, segments: npt.NDArray[np.uint8], grid: Grid) -> LesionPlace | None:
    own = segments[box][mask]
    told = float((own > 0).mean())
    if told < 1.0:
        own = _nearest(mask, box, segments, grid)
        own = own[own > 0]
    if not own.size:
        return None
    counts = np.bincount(own, minlength=9)[1:9]
    shares = {str(n): float(count / counts.sum()) for n, count in enumerate(counts, start=1) if count}
    return LesionPlace("segment", _largest_first(shares), told < _LEAST_TOLD)


def _nearest(mask: Mask, box: Box, segments: npt.NDArray[np.uint8], grid: Grid) -> npt.NDArray[np.uint8]:
    """The segment of each voxel of a lesion, of those without one the nearest within _REACH_MM; else 0."""
    step = grid.spacing[::-1]
    margin = tuple(int(np.ceil(_REACH_MM / mm)) for mm in step)
    around = grown_box(box, (margin[0], margin[1], margin[2]), segments.shape)
    values = segments[around]
    distance, places = ndimage.distance_transform_edt(values == 0, sampling=step, return_indices=True)
    inner = tuple(
        slice(part.start - grown.start, part.stop - grown.start)
        for part, grown in zip(box, around, strict=True)
    )
    found = np.where(distance <= _REACH_MM, values[tuple(places)], 0)[inner][mask]
    return np.asarray(found, dtype=np.uint8)


def _largest_first(shares: dict[str, float]) -> dict[str, float]:
    return dict(sorted(shares.items(), key=lambda item: -item[1]))
