"""The grid of the examination: matrix, spacing, slices and the tilt of the stack."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from MTINetLib.phantom.body import Build
from MTINetLib.phantom.canvas import Space
from MTINetLib.phantom.draws import Rng, uniform
from MTINetLib.study.grid import Grid


@dataclass(frozen=True)
class GridSettings:
    """Limits of the grids drawn.

    Args:
        slices: fewest and most slices.
        matrix: smallest and largest number of columns.
        tilt_deg: largest rotation of an oblique stack about any patient axis.
        oblique_share: part of the studies that are tilted at all.
        middle_mm: height about which the stack's middle lies.
    """

    slices: tuple[int, int]
    matrix: tuple[int, int]
    tilt_deg: float
    oblique_share: float
    middle_mm: float = 0.0


#: Reconstructed matrices that vendors offer, and how often each is drawn.
MATRICES = {192: 0.12, 224: 0.1, 256: 0.36, 288: 0.12, 320: 0.2, 352: 0.05, 384: 0.05}


def draw_space(rng: Rng, build: Build, settings: GridSettings) -> Space:
    """A stack that covers the liver and the width of the body."""
    columns = _draw_matrix(rng, settings.matrix)
    wide = 2.0 * build.outer_half_width * uniform(rng, 0.98, 1.18)
    pixel = float(np.clip(wide / columns, 0.9, 1.9))
    tall = 2.0 * build.outer_half_depth * uniform(rng, 1.04, 1.35)
    rows = int(np.clip(8 * round(tall / pixel / 8), 0.6 * columns, columns))
    if rng.random() < 0.35:
        rows = columns
    slices = int(rng.integers(settings.slices[0], settings.slices[1] + 1))
    cover = uniform(rng, 150.0, 230.0)
    thickness = float(np.clip(cover / slices, 2.0, 6.0))
    spacing = (round(pixel, 4), round(pixel, 4), round(thickness, 2))
    direction = _draw_direction(rng, settings)
    middle_lps = np.array([uniform(rng, -15.0, 15.0), uniform(rng, -25.0, 25.0), uniform(rng, -120.0, 120.0)])
    # Short stacks look at the liver's middle, long ones at the whole upper abdomen.
    aim = np.array(
        [uniform(rng, -8.0, 8.0), uniform(rng, -6.0, 6.0), settings.middle_mm + uniform(rng, -22.0, 22.0)]
    )
    last = np.array([columns - 1, rows - 1, slices - 1]) * spacing
    origin = middle_lps + aim - direction @ (last / 2)
    rounded = tuple(round(float(v), 3) for v in origin)
    grid = Grid(
        shape=(slices, rows, columns),
        spacing=spacing,
        origin=(rounded[0], rounded[1], rounded[2]),
        direction=tuple(float(v) for v in direction.ravel()),  # type: ignore[arg-type]
    )
    return Space.of(grid, middle_lps)


def _draw_matrix(rng: Rng, limits: tuple[int, int]) -> int:
    offered = {n: share for n, share in MATRICES.items() if limits[0] <= n <= limits[1]}
    if not offered:
        return int(rng.integers(limits[0], limits[1] + 1))
    shares = np.array(list(offered.values()))
    return int(rng.choice(list(offered), p=shares / shares.sum()))


def _draw_direction(rng: Rng, settings: GridSettings) -> np.ndarray:
    if rng.random() >= settings.oblique_share:
        return np.eye(3)
    # Small tilts are common, large ones rare.
    angles = np.radians(settings.tilt_deg) * rng.beta(1.2, 2.5, 3) * rng.choice([-1.0, 1.0], 3)
    return rotation(angles)


def rotation(angles_rad: np.ndarray) -> np.ndarray:
    """Rotation about the patient's x, then y, then z axis, 3 x 3."""
    (sx, sy, sz), (cx, cy, cz) = np.sin(angles_rad), np.cos(angles_rad)
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return np.asarray(about_z @ about_y @ about_x)
