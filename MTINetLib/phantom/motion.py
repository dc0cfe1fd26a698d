"""Breathing between phases: shifts, mostly along the body, and a mild smooth deformation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from MTINetLib.phantom.canvas import Field, Point, Space
from MTINetLib.phantom.draws import Rng, chance, log_uniform, uniform
from MTINetLib.phantom.noise_fields import spread


@dataclass(frozen=True)
class Motion:
    """How one phase lies against the portal venous phase.

    Args:
        shift_mm: along x, y, z of the patient, of the breathing organs.
        bend_mm: SD of the smooth deformation.
        rigid_share: part of the shift that the back also makes, 0 to 1.
    """

    shift_mm: Point
    bend_mm: float
    rigid_share: float


def draw_motion(rng: Rng, large_share: float = 0.08) -> Motion:
    """Mostly within 4 mm, one phase in four hardly at all; ``large_share`` of them 4 to 14 mm."""
    kind = rng.random()
    size = (
        uniform(rng, 0.0, 0.6)
        if kind < 0.25
        else uniform(rng, 4.0, 14.0)
        if kind > 1.0 - large_share
        else uniform(rng, 0.4, 4.0)
    )
    share = np.array([uniform(rng, -0.35, 0.35), uniform(rng, -0.5, 0.5), uniform(rng, 0.6, 1.0)])
    share /= np.linalg.norm(share)
    if chance(rng, 0.5):
        share = -share
    return Motion(size * share, log_uniform(rng, 0.1, 1.2), uniform(rng, 0.0, 0.5))


def displace(rng: Rng, image: Field, space: Space, motion: Motion, back_y: float) -> Field:
    """The phase as it lies after breathing, float32 [K, J, I]; linear interpolation, borders repeat.

    Args:
        rng: draws the deformation.
        image: the still phase.
        space: its grid.
        motion: how far.
        back_y: patient y in mm behind which breathing hardly moves anything.
    """
    size = float(np.linalg.norm(motion.shift_mm)) + motion.bend_mm
    if size < 0.15:
        return image
    controls = (6, 8, 8)
    j = np.linspace(0, space.shape[1] - 1, controls[1])
    middle_k, middle_i = (space.shape[0] - 1) / 2, (space.shape[2] - 1) / 2
    rows = np.array([space.point_at((middle_k, row, middle_i))[1] for row in j])
    front = np.clip((back_y - rows) / 60.0 + 0.5, 0.0, 1.0)
    share = (motion.rigid_share + (1.0 - motion.rigid_share) * front)[None, :, None]
    to_index = np.linalg.inv(space.grid.direction_matrix) @ motion.shift_mm
    coordinates = np.empty((3, *space.shape), dtype=np.float32)
    for axis, (step, whole) in enumerate(zip(space.spacing_kji, to_index[::-1], strict=True)):
        bend = motion.bend_mm * rng.standard_normal(controls)
        field = spread((whole * share + bend * 1.5) / step, space.shape)
        steps = np.arange(space.shape[axis], dtype=np.float32)
        line = steps.reshape([-1 if a == axis else 1 for a in range(3)])
        coordinates[axis] = line - field
    return np.asarray(
        ndimage.map_coordinates(image, coordinates, output=np.float32, order=1, mode="nearest"),
        dtype=np.float32,
    )
