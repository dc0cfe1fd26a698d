"""A real liver in a body of the phantom: scaled, turned and bent, with its own veins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MTINetLib.phantom.acquisition import rotation
from MTINetLib.phantom.atlas import (
    COARSE_MM,
    FINE_MM,
    VESSEL_STEP_MM,
    LiverMap,
    liver_maps,
    read_liver_map,
)
from MTINetLib.phantom.body import Build, Walls
from MTINetLib.phantom.canvas import Box, Field, Point, Space, soft
from MTINetLib.phantom.draws import Rng, log_uniform, normal, uniform
from MTINetLib.phantom.great_vessels import GreatVessels
from MTINetLib.phantom.liver import Liver, uneven_surface
from MTINetLib.phantom.noise_fields import smooth_noise
from MTINetLib.phantom.vessels import Veins, grow_portal_trunk, grow_twigs, tree_weight

#: How far around the liver its distance is known, mm.
_AROUND_MM = 30.0


@dataclass(frozen=True)
class PlacedLiver:
    """A real liver in its body, with the veins in it and the great vessels moved to where it wants them."""

    liver: Liver
    veins: Veins
    great: GreatVessels


def draw_liver_map(rng: Rng, folder: Path) -> LiverMap:
    """One of the label maps of a folder.

    Raises:
        InputError: the folder or the map cannot be used.
    """
    paths = liver_maps(folder)
    return read_liver_map(paths[int(rng.integers(len(paths)))])


def place_liver(
    rng: Rng,
    space: Space,
    build: Build,
    walls: Walls,
    great: GreatVessels,
    known: LiverMap,
    cirrhosis: float,
) -> PlacedLiver:
    """Put a liver under the right dome, its caudate lobe at the vena cava, its right side at the wall.

    Args:
        rng: draws size, pose and deformation.
        space: where it is wanted.
        build, walls, great: of the body.
        known: the liver.
        cirrhosis: 0 to 1.
    """
    pose = _draw_pose(rng, build, great, known, cirrhosis)
    low, high = (pose.to_body(point) for point in known.cava)
    lean = (high[:2] - low[:2]) / max(float(high[2] - low[2]), 20.0)
    lean = np.clip(lean, -0.25, 0.25)
    middle = (low + high) / 2
    start = middle[:2] - lean * middle[2]
    great = replace(
        great, cava_xy=(float(start[0]), float(start[1])), cava_lean=(float(lean[0]), float(lean[1]))
    )
    box = _box(space, pose, known)
    distance = np.full(space.shape, np.float32(_AROUND_MM))
    portal = np.zeros(space.shape, dtype=np.float32)
    hepatic = np.zeros(space.shape, dtype=np.float32)
    if box is not None:
        at = _bent(rng, space, pose, box, known, cirrhosis)
        size = np.float32(pose.size)
        inside = _sample(known.distance, at, COARSE_MM) * size + _beyond(known, at)
        distance[box] = np.minimum(inside, _AROUND_MM)
        for tree, weight in ((known.portal, portal), (known.hepatic, hepatic)):
            away = _sample(tree, at, FINE_MM) * np.float32(VESSEL_STEP_MM * pose.size)
            weight[box] = soft(away - np.float32(uniform(rng, -0.4, 0.5)), space.pixel_mm)
    distance += uneven_surface(rng, space, cirrhosis, smooth_mm=1.2)
    # The wall gives way to a large liver, but only so far.
    distance = np.maximum(distance, np.maximum(walls.cavity - 7.0, walls.under_diaphragm - 12.0))
    spine = np.sqrt(space.x**2 + (space.y - np.float32(build.spine_y)) ** 2) - np.float32(32.0 * build.scale)
    distance = np.maximum(distance, -spine)
    hilum, outflow = pose.to_body(known.hilum), pose.to_body(known.outflow)
    distance = _cut_fissure(rng, space, distance.astype(np.float32), pose.to_body(known.fissure), hilum)
    liver = Liver(distance, hilum, outflow, pose.to_body(known.gallbladder))
    for stems, weight in zip(known.stems, (portal, hepatic), strict=True):
        twigs = grow_twigs(rng, space, liver, pose.to_body(stems))
        np.maximum(weight, tree_weight(space, twigs), out=weight)
    trunk = tree_weight(space, grow_portal_trunk(rng, hilum, uniform(rng, 5.0, 8.0)))
    return PlacedLiver(liver, Veins(portal, hepatic, trunk), great)


@dataclass(frozen=True)
class _Pose:
    """body = turn @ (scale * (map - map_anchor)) + body_anchor, in mm."""

    turn: npt.NDArray[np.float64]
    scale: Point
    map_anchor: Point
    body_anchor: Point

    @property
    def size(self) -> float:
        return float(np.cbrt(np.prod(self.scale)))

    def to_body(self, points: Point) -> Point:
        return np.asarray(((points - self.map_anchor) * self.scale) @ self.turn.T + self.body_anchor)

    def to_map(self, x: Field, y: Field, z: Field) -> list[Field]:
        """Map places (x, y, z) in mm of body places."""
        matrix = (np.diag(1.0 / self.scale) @ self.turn.T).astype(np.float32)
        start = (self.map_anchor - matrix @ self.body_anchor).astype(np.float32)
        return [
            np.asarray(row[0] * x + row[1] * y + row[2] * z + first, dtype=np.float32)
            for row, first in zip(matrix, start, strict=True)
        ]


def _draw_pose(rng: Rng, build: Build, great: GreatVessels, known: LiverMap, cirrhosis: float) -> _Pose:
    litres = np.clip(normal(rng, 1.55, 0.4, 0.8, 3.0), 0.0, None) * build.scale**3 * (1.0 - 0.2 * cirrhosis)
    size = float(np.clip((litres / known.litres) ** (0.6 / 3.0), 0.78, 1.3))
    scale = size * rng.uniform(0.94, 1.06, 3)
    cava = (known.cava[0] + known.cava[1]) / 2
    inner, front = build.half_width - build.wall_mm, build.half_depth - build.wall_mm
    room = np.array([inner + great.cava_xy[0] - 2.0, front + great.cava_xy[1] - 4.0])
    needed = (cava - known.low)[:2] * scale[:2]
    scale[:2] *= np.clip(room / np.maximum(needed, 20.0), 0.85, 1.15) ** 0.8
    top = np.array([cava[0], cava[1], known.high[2]])
    place = np.array([*great.cava_xy, build.dome_mm - uniform(rng, 2.0, 8.0)])
    return _Pose(rotation(rng.normal(0.0, np.radians(4.0), 3)), scale, top, place)


def _box(space: Space, pose: _Pose, known: LiverMap) -> Box | None:
    """The voxels within _AROUND_MM of the liver."""
    sides = zip(known.low, known.high, strict=True)
    corners = np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).reshape(-1, 3)
    index = space.index_of(pose.to_body(corners))
    reach = _AROUND_MM / np.array(space.spacing_kji)
    low = np.maximum(np.floor(index.min(axis=0) - reach), 0).astype(int)
    high = np.minimum(np.ceil(index.max(axis=0) + reach) + 1, space.shape).astype(int)
    if np.any(low >= high):
        return None
    first, second, third = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return first, second, third


def _bent(rng: Rng, space: Space, pose: _Pose, box: Box, known: LiverMap, cirrhosis: float) -> list[Field]:
    """Map places of the box's voxels after a smooth deformation; a large caudate lobe in cirrhosis."""
    x, y, z = space.coordinates(box)
    moved = []
    wide, narrow = uniform(rng, 2.0, 7.0), uniform(rng, 0.4, 1.6)
    for axis in (x, y, z):
        field = np.float32(wide) * smooth_noise(rng, x.shape, space.spacing_kji, 75.0)
        field += np.float32(narrow) * smooth_noise(rng, x.shape, space.spacing_kji, 32.0)
        moved.append(axis + field)
    at = pose.to_map(*moved)
    growth = 0.35 * cirrhosis * uniform(rng, 0.3, 1.0)
    if growth > 0.03:
        away = [axis - np.float32(middle) for axis, middle in zip(at, known.caudate, strict=True)]
        near = np.exp(-(away[0] ** 2 + away[1] ** 2 + away[2] ** 2) / np.float32(2 * 24.0**2))
        at = [axis - np.float32(growth) * near * gone for axis, gone in zip(at, away, strict=True)]
    return at


def _sample(field: npt.NDArray[np.float32] | npt.NDArray[np.int8], at: list[Field], step_mm: float) -> Field:
    """Values of a map's array [k, j, i] at places (x, y, z) in mm; its border goes on outside."""
    index = np.stack([axis * np.float32(1.0 / step_mm) for axis in reversed(at)])
    return np.asarray(
        ndimage.map_coordinates(field, index, output=np.float32, order=1, mode="nearest"), dtype=np.float32
    )


def _beyond(known: LiverMap, at: list[Field]) -> Field:
    """How far outside the map's array a place lies, mm."""
    total = np.zeros(at[0].shape, dtype=np.float32)
    for axis, count in zip(at, reversed(known.distance.shape), strict=True):
        outside = axis - np.clip(axis, 0.0, np.float32((count - 1) * COARSE_MM))
        total += outside * outside
    return np.asarray(np.sqrt(total), dtype=np.float32)


def _cut_fissure(rng: Rng, space: Space, distance: Field, at: Point, hilum: Point) -> Field:
    """The fissure of the round ligament, from the liver's lower edge towards the hilum."""
    width, deep = log_uniform(rng, 0.4, 4.0), uniform(rng, 0.2, 0.8)
    tilt = np.float32(uniform(rng, -0.2, 0.2))
    across = space.x - np.float32(at[0]) + tilt * (space.y - np.float32(at[1]))
    across += np.float32(uniform(rng, 1.0, 4.0)) * smooth_noise(rng, space.shape, space.spacing_kji, 25.0)
    side = np.abs(across) - np.float32(width)
    end = at + deep * (hilum - at)
    behind = space.y - np.float32(end[1])
    above = space.z - np.float32(max(end[2], at[2]) + uniform(rng, 0.0, 20.0))
    slit = np.maximum(np.maximum(side, behind), above)
    return np.asarray(np.maximum(distance, -slit), dtype=np.float32)
