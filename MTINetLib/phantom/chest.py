"""Lungs with what may lie at their base, and the legs of the diaphragm."""

from __future__ import annotations

import numpy as np

from MTINetLib.phantom.body import Build, Walls
from MTINetLib.phantom.canvas import Canvas, soft
from MTINetLib.phantom.draws import Rng, chance, log_uniform, uniform
from MTINetLib.phantom.great_vessels import GreatVessels
from MTINetLib.phantom.noise_fields import smooth_noise
from MTINetLib.phantom.patient import NO_CONTRAST, Patient
from MTINetLib.phantom.tissues import GUT_WALL, LUNG, MUSCLE, WATERY


def paint_lungs(rng: Rng, canvas: Canvas, patient: Patient, build: Build, walls: Walls) -> None:
    """Air with vessels; a collapsed base that enhances in a quarter, and fluid there in a few."""
    space, spacing = canvas.space, canvas.space.spacing_kji
    air_blood = patient.signal(patient.draw(rng, LUNG), patient.circulation.tofts(0.5, 0.1, 0.08))
    lung = np.maximum(walls.cavity + 2.0, -walls.under_diaphragm)
    specks = np.clip(1.0 + 0.5 * smooth_noise(rng, space.shape, spacing, 6.0), 0.2, 4.0)
    canvas.paint(soft(lung, space.pixel_mm), air_blood, None, specks)
    behind = np.float32(uniform(rng, 0.1, 0.6) * build.half_depth) - space.y
    wander = smooth_noise(rng, space.shape, spacing, 25.0)
    if chance(rng, 0.06):
        depth = log_uniform(rng, 6.0, 40.0)
        away = np.minimum(walls.under_diaphragm - np.float32(depth), -walls.cavity - np.float32(0.4 * depth))
        fluid = patient.signal(patient.draw(rng, WATERY), NO_CONTRAST)
        canvas.paint(soft(np.maximum(np.maximum(lung, away + 3.0 * wander), behind), 1.5), fluid)
    if chance(rng, 0.25):
        thick = uniform(rng, 2.0, 10.0)
        away = walls.under_diaphragm - np.float32(thick) + np.float32(0.6 * thick) * wander
        tissue = patient.circulation.tofts(uniform(rng, 0.5, 1.5), 0.25, 0.12)
        collapsed = patient.signal(patient.draw(rng, GUT_WALL), tissue)
        canvas.paint(soft(np.maximum(np.maximum(lung, away), behind), 2.0), collapsed)


def paint_crura(rng: Rng, canvas: Canvas, patient: Patient, build: Build, vessels: GreatVessels) -> None:
    """The legs of the diaphragm beside the aorta, from the hiatus down to the lumbar spine."""
    space = canvas.space
    muscle = patient.signal(patient.draw(rng, MUSCLE), patient.circulation.tofts(0.06, 0.12, 0.02))
    box = space.box(np.array([0.0, build.spine_y - 25.0, 0.0]), 60.0)
    if box is None:
        return
    box = (slice(None), box[1], box[2])
    x, y, z = space.coordinates(box)
    top = np.float32(build.dome_mm - uniform(rng, 45.0, 70.0))
    for side in (-1.0, 1.0):
        middle = vessels.aorta_xy[0] + side * (vessels.aorta_mm + uniform(rng, 3.0, 7.0))
        lean = np.float32(side * uniform(rng, -0.05, 0.05))
        back = y - np.float32(build.spine_y - 30.0)
        across = x - np.float32(middle) - lean * z - np.float32(side * 0.25) * back
        sheet = np.abs(across + 1.5 * smooth_noise(rng, x.shape, space.spacing_kji, 20.0)) - np.float32(
            uniform(rng, 1.5, 4.0)
        )
        front = np.float32(vessels.aorta_xy[1] - vessels.aorta_mm - 6.0) - y
        leg = np.maximum(np.maximum(sheet, front), np.maximum(y - np.float32(build.spine_y - 2.0), z - top))
        canvas.paint(soft(leg.astype(np.float32), space.pixel_mm), muscle, box)
