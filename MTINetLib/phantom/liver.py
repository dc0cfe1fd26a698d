"""The liver: its shape under the diaphragm and the texture of its parenchyma."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from MTINetLib.phantom.body import Build, Walls
from MTINetLib.phantom.canvas import Box, Canvas, Field, Point, Space, ellipsoid, join, soft
from MTINetLib.phantom.draws import Rng, normal, uniform
from MTINetLib.phantom.noise_fields import smooth_noise
from MTINetLib.phantom.patient import Patient
from MTINetLib.study.anatomy import Organ


@dataclass(frozen=True)
class Liver:
    """The liver's place.

    Args:
        distance: signed distance in mm to its surface, negative inside, float32 [K, J, I].
        hilum: where the portal vein enters, patient mm.
        outflow: where the hepatic veins meet the vena cava.
        gallbladder: the middle of its fossa.
    """

    distance: Field
    hilum: Point
    outflow: Point
    gallbladder: Point

    def without(self, hollow: Field, box: Box | None = None) -> Liver:
        """The liver around something with this signed distance in mm, in a box or everywhere."""
        distance = self.distance.copy()
        inside = distance if box is None else distance[box]
        np.maximum(inside, -hollow, out=inside)
        return replace(self, distance=distance)


def shape_liver(
    rng: Rng, space: Space, build: Build, walls: Walls, cava_xy: tuple[float, float], cirrhosis: float
) -> Liver:
    """Right and left lobe under the dome, against the wall, cut by the spine, the fissure and the hilum."""
    s = build.scale
    inner = build.half_width - build.wall_mm
    big = normal(rng, 1.0, 0.09, 0.78, 1.22) * (1.0 - 0.08 * cirrhosis)
    right_radii = np.array([0.50 * inner, 0.86 * (build.half_depth - build.wall_mm), 72.0 * s]) * big
    right_radii = right_radii * rng.uniform(0.94, 1.06, 3)
    right = np.array(
        [-inner + 0.92 * right_radii[0], uniform(rng, -10.0, 2.0), build.dome_mm - right_radii[2] - 2.0]
    )
    left_radii = (
        np.array([uniform(rng, 48.0, 85.0), uniform(rng, 26.0, 40.0), uniform(rng, 34.0, 58.0)]) * s * big
    )
    left_radii = left_radii * (1.0 + 0.12 * cirrhosis)
    left = np.array([uniform(rng, 5.0, 30.0), -0.42 * build.half_depth, build.dome_mm - left_radii[2] - 12.0])
    x, y, z = space.x, space.y, space.z
    slant = uniform(rng, 0.0, 0.35)
    body = ellipsoid(x + np.float32(slant) * 0.5 * (z - np.float32(right[2])), y, z, right, right_radii)
    body = join(body, ellipsoid(x, y, z + np.float32(0.15) * x, left, left_radii), 28.0)
    caudate = np.array([cava_xy[0] + 8.0, cava_xy[1] - 20.0, build.dome_mm - 62.0])
    body = join(body, ellipsoid(x, y, z, caudate, np.array([20.0, 16.0, 30.0]) * (1 + 0.3 * cirrhosis)), 14.0)
    body += uneven_surface(rng, space, cirrhosis)
    spine = np.sqrt(x**2 + (y - np.float32(build.spine_y)) ** 2) - np.float32(36.0 * s)
    body = np.maximum(body, -spine)
    front = np.float32(left[0] - 12.0 + uniform(rng, -8.0, 8.0))
    slit = x - front + 0.15 * z + 3.0 * smooth_noise(rng, space.shape, space.spacing_kji, 25.0)
    fissure = np.maximum(np.abs(slit) - np.float32(uniform(rng, 0.5, 4.0)), y + 28.0)
    body = np.maximum(body, -np.maximum(fissure, z - np.float32(build.dome_mm - 55.0)))
    hilum = np.array(
        [uniform(rng, -34.0, -20.0), cava_xy[1] - 30.0, build.dome_mm - uniform(rng, 78.0, 95.0)]
    )
    body = np.maximum(body, -ellipsoid(x, y, z, hilum + np.array([10.0, 0.0, -22.0]), (26.0, 18.0, 20.0)))
    body = np.maximum(body, np.maximum(walls.cavity + 2.0, walls.under_diaphragm + 3.0))
    outflow = np.array([cava_xy[0] + 3.0, cava_xy[1] - 4.0, build.dome_mm - uniform(rng, 22.0, 32.0)])
    gallbladder = np.array(
        [uniform(rng, -58.0, -38.0) * s, -0.38 * build.half_depth, hilum[2] - uniform(rng, 12, 26)]
    )
    return Liver(body.astype(np.float32), hilum, outflow, gallbladder)


def uneven_surface(rng: Rng, space: Space, cirrhosis: float, smooth_mm: float = 3.0) -> Field:
    """What is added to the liver's distance: slow waves, and the nodules of cirrhosis."""
    surface = smooth_noise(rng, space.shape, space.spacing_kji, 45.0) * np.float32(smooth_mm)
    if cirrhosis > 0.3:
        nodular = smooth_noise(rng, space.shape, space.spacing_kji, uniform(rng, 9.0, 15.0))
        surface += nodular * np.float32(2.2 * (cirrhosis - 0.2))
    return surface


def paint_liver(rng: Rng, canvas: Canvas, patient: Patient, liver: Liver) -> None:
    """Parenchyma with fine texture; fibrosis adds reticulation that fills late, and uneven perfusion."""
    space, spacing = canvas.space, canvas.space.spacing_kji
    shape = space.shape
    fine = smooth_noise(rng, shape, spacing, uniform(rng, 3.5, 6.0))
    broad = smooth_noise(rng, shape, spacing, 55.0)
    texture = (
        1.0 + np.float32(uniform(rng, 0.008, 0.03)) * fine + np.float32(uniform(rng, 0.0, 0.025)) * broad
    )
    values = np.empty((4, *shape), dtype=np.float32)
    nodules = smooth_noise(rng, shape, spacing, uniform(rng, 7.0, 14.0))
    net = np.exp(-((nodules / 0.35) ** 2))
    strength = 0.12 * patient.cirrhosis * uniform(rng, 0.3, 1.7)
    by_phase = np.array([-0.5, -0.6, 0.2, 1.0]) * strength
    uneven = np.array([0.0, uniform(rng, 0.0, 0.06), uniform(rng, 0.0, 0.03), 0.0])
    patchy = smooth_noise(rng, shape, spacing, 32.0)
    bumps = 0.35 * strength * nodules
    for phase, signal in enumerate(patient.liver_signal):
        factor = texture + np.float32(by_phase[phase]) * net + bumps
        if uneven[phase] > 0:
            factor += np.float32(uneven[phase]) * patchy
        values[phase] = np.float32(signal) * factor
    canvas.paint(soft(liver.distance, space.pixel_mm), values, organ=Organ.LIVER)
