"""Where lesions sit, how large they are and what outline they have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from MTINetLib.phantom.canvas import Box, Field, Point, Space
from MTINetLib.phantom.draws import Rng, uniform
from MTINetLib.phantom.liver import Liver
from MTINetLib.phantom.noise_fields import smooth_noise
from MTINetLib.study.pieces import largest_piece


@dataclass(frozen=True)
class Form:
    """How uneven outlines are: limits of the surface's SD in parts of the radius, most extra lobes."""

    roughness: tuple[float, float]
    lobes: int


@dataclass(frozen=True)
class Seat:
    """A lesion's place: patient mm, and its diameter in mm."""

    centre: Point
    diameter_mm: float


@dataclass(frozen=True)
class Outline:
    """A lesion's outline on its box.

    Args:
        box: its voxels.
        depth: signed distance in mm to its surface, negative inside.
        radius_mm: half its nominal diameter.
        mask: the voxels of the truth, one connected piece.
    """

    box: Box
    depth: Field
    radius_mm: float
    mask: np.ndarray


def find_seat(rng: Rng, space: Space, liver: Liver, diameter_mm: float, taken: list[Seat]) -> Seat | None:
    """A place in the liver clear of other lesions; None where the liver has no room.

    A lesion may touch the capsule, but at least about half of it lies within the liver.
    """
    radius = diameter_mm / 2
    depth = -min(0.55 * radius, 22.0) - 1.0
    margin = max(1, round(0.5 * radius / space.spacing_kji[0]))
    margin = min(margin, (space.shape[0] - 1) // 2)
    core = liver.distance[margin : space.shape[0] - margin, ::2, ::2] < depth
    candidates = np.flatnonzero(core)
    if len(candidates) == 0:
        return None
    for _ in range(25):
        k, j, i = np.unravel_index(int(candidates[rng.integers(len(candidates))]), core.shape)
        centre = space.point_at((k + margin + uniform(rng, -0.5, 0.5), 2 * j, 2 * i))
        apart = [
            float(np.linalg.norm(centre - other.centre)) - 0.62 * (diameter_mm + other.diameter_mm) - 4.0
            for other in taken
        ]
        if all(gap > 0 for gap in apart):
            return Seat(centre, diameter_mm)
    return None


def draw_outline(
    rng: Rng, space: Space, liver: Liver, seat: Seat, form: Form, taken: np.ndarray
) -> Outline | None:
    """An ellipsoid with lobes and a rough surface, cut at the liver's capsule; None if nothing is left.

    Args:
        rng: draws the shape.
        space, liver: where it grows.
        seat: its middle and diameter.
        form: how uneven the surface is.
        taken: uint8 [K, J, I]; voxels that are not free are left out.
    """
    roughness, lobes = uniform(rng, *form.roughness), int(rng.integers(0, form.lobes + 1))
    radius = seat.diameter_mm / 2
    box = space.box(seat.centre, 1.35 * radius + 5.0)
    if box is None:
        return None
    x, y, z = space.coordinates(box)
    offset = np.stack([x - seat.centre[0], y - seat.centre[1], z - seat.centre[2]])
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0].astype(np.float32)
    local = np.tensordot(turn, offset.astype(np.float32), axes=1)
    axes = (np.array([1.0, uniform(rng, 0.78, 1.0), uniform(rng, 0.72, 1.0)]) * radius).astype(np.float32)
    scaled = np.sqrt(sum((local[a] / axes[a]) ** 2 for a in range(3)))
    depth = (scaled - 1.0) * np.float32(radius * 0.9)
    for _ in range(lobes):
        at = rng.standard_normal(3)
        at = (at / np.linalg.norm(at) * radius * uniform(rng, 0.35, 0.7)).astype(np.float32)
        size = np.float32(radius * uniform(rng, 0.4, 0.6))
        away = np.sqrt(sum((local[a] - at[a]) ** 2 for a in range(3))) - size
        depth = np.minimum(depth, away)
    bumps = smooth_noise(rng, depth.shape, space.spacing_kji, max(0.7 * radius, 3.0))
    depth = depth + np.float32(roughness * radius) * np.clip(bumps, -2.2, 2.2)
    depth = np.maximum(depth, liver.distance[box] - np.float32(uniform(rng, 0.0, 3.0)))
    mask = _one_piece((depth < 0) & (taken[box] == 0))
    if not mask.any():
        return None
    near = _around(depth < 6.0)
    inner = tuple(slice(a.start + b.start, a.start + b.stop) for a, b in zip(box, near, strict=True))
    return Outline((inner[0], inner[1], inner[2]), depth[near].astype(np.float32), radius, mask[near])


def _around(mask: np.ndarray) -> Box:
    """The smallest box that holds the mask."""
    limits = []
    for axis in range(3):
        hit = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
        limits.append(slice(int(hit[0]), int(hit[-1]) + 1))
    return limits[0], limits[1], limits[2]


def _one_piece(mask: np.ndarray) -> np.ndarray:
    """The largest connected piece (26 neighbours, as lesions are counted)."""
    return largest_piece(mask, np.ones((3, 3, 3), dtype=np.bool_))


def axial_diameter_mm(mask: np.ndarray, spacing_kji: tuple[float, float, float]) -> float:
    """Longest extent of the mask within one slice, outer edge to outer edge, mm; 0 for an empty mask."""
    best = 0.0
    angles = np.linspace(0.0, np.pi, 48, endpoint=False)
    directions = np.stack([np.cos(angles), np.sin(angles)])
    pixel = (spacing_kji[1] + spacing_kji[2]) / 2
    for piece in mask:
        rows, columns = np.nonzero(piece)
        if len(rows):
            shadow = np.stack([columns * spacing_kji[2], rows * spacing_kji[1]], axis=1) @ directions
            best = max(best, float(np.ptp(shadow, axis=0).max()) + pixel)
    return best
