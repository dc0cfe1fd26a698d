"""The patient's build: where wall, cavity, diaphragm and spine are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from MTINetLib.phantom.canvas import Canvas, Field, Space, join, soft
from MTINetLib.phantom.draws import Rng, log_uniform, normal, uniform
from MTINetLib.phantom.noise_fields import smooth_noise
from MTINetLib.phantom.patient import NO_CONTRAST, Patient
from MTINetLib.phantom.tissues import CORD, DISC, FAT, MARROW, MUSCLE, SKIN, WATERY
from MTINetLib.study.anatomy import Organ


@dataclass(frozen=True)
class Build:
    """Sizes of one body in mm.

    Args:
        scale: overall size, 1 for an average adult.
        half_width, half_depth: of the muscular wall's outside.
        fat_mm: subcutaneous fat at the flank.
        wall_mm: thickness of the muscular wall with ribs.
        roundness: exponent of the superellipse of the cross-section, 2 is an ellipse.
        dome_mm: height of the right dome of the diaphragm.
        spine_y: middle of the vertebral bodies, to the back.
    """

    scale: float
    half_width: float
    half_depth: float
    fat_mm: float
    wall_mm: float
    roundness: float
    dome_mm: float
    spine_y: float

    @property
    def outer_half_width(self) -> float:
        return self.half_width + self.fat_mm + 2.0

    @property
    def outer_half_depth(self) -> float:
        return self.half_depth + 0.8 * self.fat_mm + 2.0


def draw_build(rng: Rng) -> Build:
    scale = normal(rng, 1.0, 0.07, 0.82, 1.18)
    width = 148.0 * scale * uniform(rng, 0.93, 1.08)
    depth = width * normal(rng, 0.68, 0.045, 0.56, 0.8)
    return Build(
        scale=scale,
        half_width=width,
        half_depth=depth,
        fat_mm=float(np.clip(log_uniform(rng, 4.0, 42.0), 4.0, 38.0)),
        wall_mm=uniform(rng, 11.0, 20.0),
        roundness=uniform(rng, 2.0, 2.7),
        dome_mm=82.0 * scale * uniform(rng, 0.85, 1.15),
        spine_y=0.94 * depth - 57.0 * scale * uniform(rng, 0.95, 1.1),
    )


@dataclass(frozen=True)
class Walls:
    """Signed distances in mm (negative inside), float32 [K, J, I], and the fat's remaining signal."""

    wall: Field
    cavity: Field
    under_diaphragm: Field
    fat_factor: Field


def raise_walls(rng: Rng, space: Space, build: Build, bright_fat_share: float = 0.0) -> Walls:
    """Work out the distances; nothing is painted. ``bright_fat_share`` of the studies suppress no fat."""
    shape, spacing = space.shape, space.spacing_kji
    y = space.y + np.float32(build.half_depth * 0.06)
    radius = np.sqrt(space.x**2 + y**2) + np.float32(1e-3)
    n = np.float32(build.roundness)
    ratio = (np.abs(space.x / build.half_width) ** n + np.abs(y / build.half_depth) ** n) ** (1 / n)
    taper = 1.0 - 0.0004 * space.z * np.float32(uniform(rng, 0.2, 1.6))
    wall = radius - radius / (ratio + np.float32(1e-4)) * taper
    wall += np.float32(uniform(rng, 1.0, 4.5)) * smooth_noise(rng, shape, spacing, 85.0)
    cavity = wall + np.float32(build.wall_mm) + 1.5 * smooth_noise(rng, shape, spacing, 30.0)
    right = _dome(space, -62.0, build.dome_mm, build, uniform(rng, 45.0, 75.0))
    left = _dome(space, 70.0, build.dome_mm - uniform(rng, 0.0, 25.0), build, uniform(rng, 45.0, 75.0))
    under = space.z - np.maximum(right, left) + 2.0 * smooth_noise(rng, shape, spacing, 40.0)
    return Walls(wall, cavity, under, _fat_factor(rng, space, bright_fat_share))


def fit_walls(walls: Walls, liver: Field, build: Build) -> Walls:
    """Walls that a given liver touches: pushed out where it is larger, drawn in where it leaves a gap.

    Args:
        walls: as drawn.
        liver: signed distance in mm to the liver's surface, float32 [K, J, I].
        build: whose walls they are.
    """
    close = np.clip(1.0 - (liver - 3.0) / np.float32(26.0), 0.0, 1.0)
    under = _hug(walls.under_diaphragm, liver - np.float32(3.0), close, 34.0)
    cavity = _hug(walls.cavity, liver - np.float32(3.5), close, 26.0)
    wall = np.minimum(walls.wall, cavity - np.float32(0.85 * build.wall_mm))
    return Walls(wall, cavity, under, walls.fat_factor)


def _hug(wall: Field, liver: Field, close: Field, depth_mm: float) -> Field:
    outward = join(wall, liver, 14.0)
    at_wall = np.clip(1.0 + wall / np.float32(depth_mm), 0.0, 1.0) * close
    inward = outward + at_wall * np.maximum(liver - outward, 0.0)
    return np.asarray(inward, dtype=np.float32)


def _dome(space: Space, x: float, top: float, build: Build, fall: float) -> Field:
    across = (space.x - np.float32(x * build.scale)) / np.float32(0.52 * build.half_width)
    along = (space.y + np.float32(8.0)) / np.float32(0.85 * build.half_depth)
    return np.asarray(np.float32(top) - np.float32(fall) * (across**2 + 0.8 * along**2), dtype=np.float32)


def _fat_factor(rng: Rng, space: Space, bright_share: float) -> Field:
    """Share of the fat's signal that survives fat suppression; it fails in places, at times everywhere."""
    residual = log_uniform(rng, 0.05, 0.3) if rng.random() >= bright_share else uniform(rng, 0.6, 1.0)
    drift = smooth_noise(rng, space.shape, space.spacing_kji, 130.0)
    strength = uniform(rng, 0.2, 0.8) if rng.random() < 0.35 else 0.03
    failure = np.clip(drift - np.float32(uniform(rng, 0.6, 1.4)), 0.0, 1.2)
    return np.asarray(
        np.clip(np.float32(residual) * (1 + 0.15 * drift) + np.float32(strength) * failure, 0.0, 1.0),
        dtype=np.float32,
    )


def paint_body(rng: Rng, canvas: Canvas, patient: Patient, build: Build, walls: Walls) -> None:
    """Skin, subcutaneous fat, the muscular wall and visceral fat."""
    space, edge = canvas.space, canvas.space.pixel_mm
    shape, spacing = space.shape, space.spacing_kji
    angle_share = 1.0 + np.float32(uniform(rng, -0.25, 0.25)) * space.y / np.float32(build.half_depth)
    fat_depth = np.float32(build.fat_mm) * np.clip(angle_share, 0.4, 1.6)
    fat_depth = fat_depth * (1 + 0.12 * smooth_noise(rng, shape, spacing, 70.0))
    outside = walls.wall - fat_depth
    skin = patient.signal(patient.draw(rng, SKIN), patient.circulation.tofts(0.05, 0.12, 0.01))
    fat = patient.signal(patient.draw(rng, FAT), NO_CONTRAST)
    muscle = patient.signal(patient.draw(rng, MUSCLE), patient.circulation.tofts(0.06, 0.11, 0.02))
    septa = 1.0 + 0.10 * smooth_noise(rng, shape, spacing, 7.0)
    canvas.paint(soft(outside, edge), skin)
    canvas.paint(
        soft(outside + np.float32(uniform(rng, 1.3, 2.5)), edge), fat, None, walls.fat_factor * septa
    )
    fibres = 1.0 + 0.07 * smooth_noise(rng, shape, spacing, 9.0)
    canvas.paint(soft(walls.wall, edge), muscle, None, fibres)
    # Thin fat planes between wall muscles and intercostal layers.
    layer = np.abs(walls.wall + np.float32(build.wall_mm * uniform(rng, 0.4, 0.6))) - np.float32(0.8)
    gaps = smooth_noise(rng, shape, spacing, 35.0) > 0.2
    canvas.paint(soft(layer, edge) * gaps, fat, None, walls.fat_factor)
    _paint_ribs(rng, canvas, patient, build, walls)
    canvas.paint(soft(walls.cavity, edge), fat, None, walls.fat_factor * (septa * septa))


def _paint_ribs(rng: Rng, canvas: Canvas, patient: Patient, build: Build, walls: Walls) -> None:
    """Ribs slope downwards to the front, so that an axial slice cuts several of them as ovals."""
    space = canvas.space
    marrow = patient.signal(patient.draw(rng, MARROW), patient.circulation.tofts(0.2, 0.12, 0.03))
    slope, period = np.float32(uniform(rng, 0.4, 0.8)), np.float32(uniform(rng, 22.0, 32.0))
    run = space.z - slope * (np.float32(build.half_depth) - space.y) + np.float32(uniform(rng, 0.0, 32.0))
    across = np.abs(np.mod(run, period) - period / 2) - np.float32(uniform(rng, 4.5, 7.0))
    through = np.abs(walls.wall + np.float32(0.62 * build.wall_mm)) - np.float32(uniform(rng, 2.5, 4.0))
    rib = np.maximum(np.maximum(across, through), space.y - np.float32(build.spine_y + 25.0))
    canvas.paint(soft(rib - 1.0, space.pixel_mm), marrow * 0.45)
    canvas.paint(soft(rib + 1.0, space.pixel_mm), marrow)


def paint_spine(rng: Rng, canvas: Canvas, patient: Patient, build: Build, walls: Walls) -> None:
    """Back muscles, vertebral bodies with discs, the canal with fluid and cord."""
    space, edge = canvas.space, canvas.space.pixel_mm
    muscle = patient.signal(patient.draw(rng, MUSCLE), patient.circulation.tofts(0.07, 0.12, 0.02))
    marrow = patient.signal(patient.draw(rng, MARROW), patient.circulation.tofts(0.25, 0.15, 0.03))
    disc = patient.signal(patient.draw(rng, DISC), patient.circulation.tofts(0.01, 0.2))
    fluid = patient.signal(patient.draw(rng, WATERY), NO_CONTRAST)
    cord = patient.signal(patient.draw(rng, CORD), patient.circulation.tofts(0.01, 0.05, 0.02))
    bone = patient.signal(patient.draw(rng, MARROW), NO_CONTRAST) * 0.35
    s, y0 = build.scale, build.spine_y
    box = space.box((0.0, y0 + 25.0, 0.0), 75.0 * s)
    if box is None:
        return
    box = (slice(None), box[1], box[2])
    x, y, z = space.coordinates(box)
    bend = np.float32(uniform(rng, -10.0, 10.0)) * (z / 100.0) ** 2
    fibres = 1.0 + 0.08 * smooth_noise(rng, x.shape, space.spacing_kji, 6.0)
    for side in (-1.0, 1.0):
        across = (x - side * 33.0 * s) / (27.0 * s)
        away = np.sqrt(across**2 + ((y - y0 - 38.0 * s) / (22.0 * s)) ** 2)
        strap = np.maximum((away - 1) * np.float32(22.0), walls.wall[box] + 1.0)
        canvas.paint(soft(strap, edge), muscle, box, fibres, Organ.BACKGROUND)
    body = (np.sqrt((x / 22.0) ** 2 + ((y - y0 + bend * 0.2) / 17.0) ** 2) - np.float32(s)) * np.float32(18.0)
    canvas.paint(soft(body - 1.5, edge), bone, box, organ=Organ.BACKGROUND)
    period, phase = 34.0 * s, uniform(rng, 0.0, 34.0)
    in_disc = soft(np.abs(np.mod(z + np.float32(phase), np.float32(period)) - period / 2) - 4.0, 3.0)
    mottled = 1.0 + 0.12 * smooth_noise(rng, x.shape, space.spacing_kji, 8.0)
    canvas.paint(soft(body + 0.5, edge), marrow, box, mottled)
    canvas.paint(soft(body + 0.5, edge) * in_disc, disc, box)
    arch = np.sqrt((x / 18.0) ** 2 + ((y - y0 - 27.0 * s) / 13.0) ** 2) - np.float32(s)
    canvas.paint(soft(arch * 14.0, edge), marrow * 0.7, box, mottled)
    spike = np.maximum(np.abs(x) - 4.0, np.abs(y - y0 - 42.0 * s) - 11.0)
    canvas.paint(soft(spike, edge), marrow * 0.7, box, mottled)
    hole = np.sqrt((x / 10.5) ** 2 + ((y - y0 - 26.0 * s) / 8.5) ** 2) - np.float32(s)
    canvas.paint(soft(hole * 9.0, edge), fluid, box)
    middle = np.sqrt((x / 5.5) ** 2 + ((y - y0 - 26.0 * s) / 4.2) ** 2) - np.float32(s)
    canvas.paint(soft(middle * 5.0, edge), cord, box)
