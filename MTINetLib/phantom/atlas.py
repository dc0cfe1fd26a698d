"""Real livers as the phantom reads them: a folder of label maps, each worked out once a process.

A label map says of each voxel: 0 outside the liver; 1 to 8 its Couinaud segment; 11 to 18 the same in a
portal or hepatic vein; 20 a vessel outside the liver. Any format, grid and orientation that the library reads
will do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage, sparse, spatial
from scipy.sparse import csgraph

from MTINetLib.errors import InputError
from MTINetLib.phantom.canvas import Field, Point
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.reading.volumes.read import SUFFIXES, read_label_map

#: Voxel of the maps of vessels in mm; that of the liver's distance is twice as large.
FINE_MM = 1.5
COARSE_MM = 2 * FINE_MM
_PAD_MM = 12.0
_VESSEL_FROM, _OUTER_VESSEL = 10, 20
#: Vessels' distances are kept in tenths of a millimetre.
VESSEL_STEP_MM = 0.1
_CAUDATE, _LATERAL, _MEDIAL, _RIGHT = (1,), (2, 3), (4,), (5, 6, 7, 8)
_SMALLEST_L, _LARGEST_L = 0.3, 6.0


@dataclass(frozen=True)
class LiverMap:
    """One real liver in mm of its own frame: x left, y back, z to the head, from its arrays' first voxel.

    Args:
        distance: signed distance in mm to the surface, negative inside, float32 [k, j, i], COARSE_MM apart.
        portal, hepatic: signed distances to the two trees of veins in VESSEL_STEP_MM, int8, FINE_MM apart.
        low, high: corners of the box around the liver.
        cava: where the vena cava passes behind the caudate lobe, at its lowest and its highest.
        hilum: where the portal vein enters.
        outflow: where the hepatic veins leave.
        gallbladder: under the border of the segments 4 and 5.
        fissure: where the round ligament enters, between the segments 3 and 4.
        caudate: the middle of segment 1.
        stems: points [n, 3] in the middle of vessels, from which finer ones branch.
        litres: its volume.
    """

    distance: Field
    portal: npt.NDArray[np.int8]
    hepatic: npt.NDArray[np.int8]
    low: Point
    high: Point
    cava: tuple[Point, Point]
    hilum: Point
    outflow: Point
    gallbladder: Point
    fissure: Point
    caudate: Point
    stems: tuple[Point, Point]
    litres: float


def liver_maps(folder: Path) -> tuple[Path, ...]:
    """The label maps of a folder, by name.

    Raises:
        InputError: it is no folder or holds none.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder} with label maps of livers.")
    found = tuple(sorted(path for path in folder.iterdir() if path.name.lower().endswith(SUFFIXES)))
    if not found:
        raise InputError(f"{folder} holds no label maps of livers; put NIfTI files (.nii, .nii.gz) there.")
    return found


@lru_cache(maxsize=64)
def read_liver_map(path: Path) -> LiverMap:
    """Read one label map and work out what the phantom needs, about a second.

    Raises:
        InputError: it is no label map of a liver with its segments.
    """
    labels = _upright(read_label_map(path))
    segments = np.where(labels < _OUTER_VESSEL, labels % 10, 0)
    litres = float((segments > 0).sum()) * FINE_MM**3 / 1e6
    if labels.max() > _OUTER_VESSEL or not _SMALLEST_L <= litres <= _LARGEST_L:
        raise InputError(
            f"{path} is no label map of a liver: 1 to 8 are its segments, 11 to 18 vessels in them, 20 "
            f"vessels outside, and it has {_SMALLEST_L:g} to {_LARGEST_L:g} L."
        )
    for group in (_CAUDATE, _LATERAL, _MEDIAL, _RIGHT):
        if not np.isin(segments, group).any():
            raise InputError(
                f"{path} lacks segment {' and '.join(map(str, group))}, without which it cannot be placed."
            )
    places = _Landmarks(segments)
    vessels = np.argwhere(labels > _VESSEL_FROM)
    cava = places.cava()
    hilum = places.between(_CAUDATE, _MEDIAL, (5, 6))
    outflow = _outflow(_in_mm(vessels), cava)
    is_portal = _portal_share(vessels, hilum, outflow)
    occupied = _in_mm(np.argwhere(segments > 0))
    return LiverMap(
        distance=_signed(_smoothed(segments > 0))[::2, ::2, ::2],
        portal=_tree_distance(labels.shape, vessels[is_portal]),
        hepatic=_tree_distance(labels.shape, vessels[~is_portal]),
        low=occupied.min(axis=0),
        high=occupied.max(axis=0),
        cava=cava,
        hilum=hilum,
        outflow=outflow,
        gallbladder=places.between(_MEDIAL, (5, 6), lowest=True),
        fissure=places.between(_LATERAL, _MEDIAL, lowest=True),
        caudate=places.middle(1),
        stems=(_in_mm(vessels[is_portal][::7]), _in_mm(vessels[~is_portal][::7])),
        litres=litres,
    )


def _in_mm(voxels: npt.NDArray[np.int64]) -> Point:
    """Places (x, y, z) of fine voxels [n, 3] given as (k, j, i)."""
    return np.asarray(voxels[:, ::-1] * FINE_MM, dtype=np.float64)


def _upright(volume: SourceVolume) -> npt.NDArray[np.uint8]:
    """The labels on axes along the patient's, FINE_MM apart, with a margin."""
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in volume.array.shape], indexing="ij")).reshape(3, -1).T
    places = volume.grid.to_lps(corners)
    first = places.min(axis=0) - _PAD_MM
    count = np.ceil((places.max(axis=0) + _PAD_MM - first) / FINE_MM).astype(int) + 1
    matrix = np.linalg.inv(volume.grid.direction_matrix * np.array(volume.grid.spacing))
    # From [k, j, i] here to [k, j, i] there.
    turn = (matrix * FINE_MM)[::-1, ::-1]
    start = (matrix @ (first - np.array(volume.grid.origin)))[::-1]
    whole = ndimage.affine_transform(
        volume.array.astype(np.uint8), turn, start, tuple(count[::-1]), order=0, mode="constant"
    )
    return np.asarray(whole, dtype=np.uint8)


def _smoothed(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Without the steps of thick slices."""
    return np.asarray(ndimage.gaussian_filter(mask.astype(np.float32), (1.6, 0.9, 0.9), truncate=2.5) > 0.5)


def _signed(mask: npt.NDArray[np.bool_]) -> Field:
    away = ndimage.distance_transform_edt(~mask).astype(np.float32)
    deep = ndimage.distance_transform_edt(mask).astype(np.float32)
    both = np.where(mask, 0.5 - deep, away - 0.5) * np.float32(FINE_MM)
    return np.asarray(ndimage.gaussian_filter(both, 0.7, truncate=2.0), dtype=np.float32)


def _tree_distance(shape: tuple[int, ...], voxels: npt.NDArray[np.int64]) -> npt.NDArray[np.int8]:
    whole = np.full(shape, 127, dtype=np.int8)
    if not len(voxels):
        return whole
    first = np.maximum(voxels.min(axis=0) - 5, 0)
    last = np.minimum(voxels.max(axis=0) + 6, shape)
    mask = np.zeros(last - first, dtype=bool)
    mask[tuple((voxels - first).T)] = True
    away = ndimage.distance_transform_edt(~mask).astype(np.float32)
    deep = ndimage.distance_transform_edt(mask).astype(np.float32)
    both = np.where(mask, 0.3 - deep, away - 0.7) * np.float32(FINE_MM)
    # Smoothing joins the steps of thick slices, and takes as much of thin vessels as is given back.
    smooth = ndimage.gaussian_filter(both, (1.3, 0.6, 0.6), truncate=2.5) - np.float32(0.35)
    box = tuple(slice(int(a), int(b)) for a, b in zip(first, last, strict=True))
    whole[box] = np.clip(np.rint(smooth / VESSEL_STEP_MM), -127, 127)
    return whole


class _Landmarks:
    """Places that the segments tell, in mm."""

    def __init__(self, segments: npt.NDArray[np.uint8]) -> None:
        self._coarse = segments[::2, ::2, ::2]

    def _near(self, numbers: tuple[int, ...]) -> Field:
        there = np.isin(self._coarse, numbers)
        if not there.any():
            there = np.isin(self._coarse, _RIGHT)
        return np.asarray(ndimage.distance_transform_edt(~there), dtype=np.float32) * np.float32(COARSE_MM)

    def middle(self, number: int) -> Point:
        return np.asarray(np.argwhere(self._coarse == number)[:, ::-1].mean(axis=0) * COARSE_MM)

    def between(self, *groups: tuple[int, ...], lowest: bool = False) -> Point:
        """Just outside the liver, where groups of segments are nearest; the lowest such places on request."""
        near = np.maximum.reduce([self._near(numbers) for numbers in groups])
        near[self._coarse > 0] = np.inf
        reach = max(9.0, float(near.min()) + 6.0)
        places = np.argwhere(near <= reach)[:, ::-1] * COARSE_MM
        if lowest:
            places = places[places[:, 2] <= np.quantile(places[:, 2], 0.5)]
        return np.asarray(np.median(places, axis=0))

    def cava(self) -> tuple[Point, Point]:
        """Behind the caudate lobe, in the notch between it and the right lobe."""
        caudate = self.middle(1)
        near = np.maximum(self._near(_CAUDATE), self._near((6, 7, 8)))
        near[self._coarse > 0] = np.inf
        places = np.argwhere(near <= max(15.0, float(near.min()) + 6.0))[:, ::-1] * COARSE_MM
        behind = places[places[:, 1] > caudate[1] - 4.0]
        behind = behind if len(behind) >= 8 else places
        z = behind[:, 2]
        lower, upper = behind[z <= np.quantile(z, 0.4)], behind[z >= np.quantile(z, 0.6)]
        return np.asarray(np.median(lower, axis=0)), np.asarray(np.median(upper, axis=0))


def _outflow(vessels: Point, cava: tuple[Point, Point]) -> Point:
    """At the cava, at the height where most vessels of the upper half come near it."""
    low, high = cava
    if len(vessels):
        upper = vessels[vessels[:, 2] > (low[2] + high[2]) / 2]
        beside = upper[np.linalg.norm(upper[:, :2] - high[:2], axis=1) < 28.0]
        if len(beside) > 5:
            return np.array([high[0], high[1], float(np.quantile(beside[:, 2], 0.75))])
    return np.asarray(high + np.array([0.0, 0.0, 12.0]))


def _portal_share(vessels: npt.NDArray[np.int64], hilum: Point, outflow: Point) -> npt.NDArray[np.bool_]:
    """Which vessel voxels [n, 3] lie nearer to the hilum than to the outflow, along the vessels."""
    if not len(vessels):
        return np.zeros(0, dtype=bool)
    places = _in_mm(vessels)
    tree = spatial.cKDTree(places)
    pairs = tree.query_pairs(2.7 * FINE_MM, output_type="ndarray")
    lengths = np.linalg.norm(places[pairs[:, 0]] - places[pairs[:, 1]], axis=1)
    graph = sparse.csr_matrix((lengths, (pairs[:, 0], pairs[:, 1])), shape=(len(places), len(places)))
    ways = []
    for root in (hilum, outflow):
        seeds = np.atleast_1d(tree.query(root, k=min(30, len(places)))[1])
        ways.append(csgraph.dijkstra(graph, directed=False, indices=seeds, min_only=True))
    portal = np.asarray(ways[0] < ways[1])
    reached = np.isfinite(np.minimum(*ways))
    if reached.any() and not reached.all():
        nearest = spatial.cKDTree(places[reached]).query(places[~reached])[1]
        portal[~reached] = portal[reached][nearest]
    return portal


__all__ = ["COARSE_MM", "FINE_MM", "VESSEL_STEP_MM", "LiverMap", "liver_maps", "read_liver_map"]
