"""Organs beside the liver: heart, kidneys, spleen and gallbladder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from MTINetLib.phantom.arrangement import Blob
from MTINetLib.phantom.body import Build, Walls
from MTINetLib.phantom.canvas import Box, Canvas, Field, Point, Space, ellipsoid, soft
from MTINetLib.phantom.draws import Rng, chance, uniform
from MTINetLib.phantom.noise_fields import smooth_noise
from MTINetLib.phantom.patient import NO_CONTRAST, FourValues, Patient
from MTINetLib.phantom.tissues import (
    CORTEX_SUPPLY,
    FAT,
    GUT_WALL,
    KIDNEY_CORTEX,
    KIDNEY_MEDULLA,
    SPLEEN,
    SPLEEN_SUPPLY,
    WATERY,
    DrawnTissue,
)
from MTINetLib.study.anatomy import Organ


def uneven_ellipsoid(rng: Rng, space: Space, box: Box, blob: Blob, wobble_mm: float) -> Field:
    """Signed distance to an ellipsoid with a smoothly uneven surface, inside a box."""
    x, y, z = space.coordinates(box)
    distance = ellipsoid(x, y, z, blob.centre, blob.radii)
    return np.asarray(
        distance + np.float32(wobble_mm) * smooth_noise(rng, distance.shape, space.spacing_kji, 28.0),
        dtype=np.float32,
    )


def paint_heart(
    rng: Rng, canvas: Canvas, patient: Patient, build: Build, walls: Walls, cava_xy: tuple[float, float]
) -> None:
    """A thick-walled left and a thin-walled right chamber, the atrium above the cava, fat around."""
    space, s = canvas.space, build.scale
    centre = np.array([25.0 * s, -22.0 * s, build.dome_mm + uniform(rng, 6.0, 24.0)])
    outside = Blob(centre, np.array([58.0, 46.0, 46.0]) * s * uniform(rng, 0.9, 1.1))
    box = space.box(centre, float(outside.radii.max()) + 10.0)
    if box is None:
        return
    distance = uneven_ellipsoid(rng, space, box, outside, 3.0)
    diaphragm = np.maximum(-walls.under_diaphragm[box] + 1.5, walls.cavity[box] + 4.0)
    distance = np.maximum(distance, diaphragm)
    muscle = patient.signal(patient.draw(rng, GUT_WALL), patient.circulation.tofts(0.8, 0.22, 0.08))
    fat = patient.signal(patient.draw(rng, FAT), NO_CONTRAST)
    lining = np.maximum(distance - np.float32(uniform(rng, 0.0, 5.0)), diaphragm - 1.0)
    canvas.paint(soft(lining, space.pixel_mm), fat, box, walls.fat_factor[box])
    canvas.paint(soft(distance, space.pixel_mm), muscle, box, organ=Organ.HEART)
    flow = np.clip(1.0 + 0.12 * smooth_noise(rng, distance.shape, space.spacing_kji, 20.0), 0.5, 1.4)
    mixed = 0.5 * (patient.arterial_blood + patient.venous_blood)
    atrium = np.array([cava_xy[0] + 6.0, cava_xy[1] - 6.0, centre[2] - 8.0])
    for middle, radii, wall_mm, blood in (
        (
            centre + np.array([20.0, 4.0, -4.0]) * s,
            np.array([23.0, 21.0, 34.0]) * s,
            9.0,
            patient.arterial_blood,
        ),
        (centre + np.array([-10.0, -16.0, -6.0]) * s, np.array([34.0, 20.0, 32.0]) * s, 3.0, mixed),
        (atrium, np.array([21.0, 19.0, 24.0]) * s, 2.0, mixed),
    ):
        chamber = uneven_ellipsoid(rng, space, box, Blob(middle, radii), 2.5)
        chamber = np.maximum(chamber, distance + np.float32(wall_mm))
        canvas.paint(soft(chamber, 2.5), blood, box, flow)


def paint_kidneys(
    rng: Rng, canvas: Canvas, patient: Patient, walls: Walls, kidneys: tuple[Blob, Blob]
) -> None:
    """Cortex first, medulla later, urine late: fed by the artery only (Tofts), constants drawn wide."""
    cortex = patient.signal(patient.draw(rng, KIDNEY_CORTEX), patient.circulation.tofts(*CORTEX_SUPPLY))
    medulla = patient.signal(patient.draw(rng, KIDNEY_MEDULLA), patient.circulation.tofts(0.35, 0.48, 0.06))
    urine_gain = np.array([0.0, 0.0, 0.0, uniform(rng, 0.0, 3.0)])
    urine = patient.signal(patient.draw(rng, WATERY), urine_gain)
    fat = patient.signal(patient.draw(rng, FAT), NO_CONTRAST)
    for kidney in kidneys:
        _paint_kidney(rng, canvas, walls, kidney, (cortex, medulla, urine, fat))


def _paint_kidney(
    rng: Rng,
    canvas: Canvas,
    walls: Walls,
    kidney: Blob,
    tissues: tuple[FourValues, FourValues, FourValues, FourValues],
) -> None:
    """Its sinus with fat opens towards the middle of the body; its upper pole leans there too."""
    cortex, medulla, urine, fat = tissues
    space = canvas.space
    box = space.box(kidney.centre, float(kidney.radii.max()) + 6.0)
    if box is None:
        return
    edge = space.pixel_mm
    x, y, z = space.coordinates(box)
    lean = np.float32(kidney.side * uniform(rng, 0.1, 0.3))
    x = x + lean * (z - np.float32(kidney.centre[2]))
    outside = ellipsoid(x, y, z, kidney.centre, kidney.radii)
    outside += 1.5 * smooth_noise(rng, outside.shape, space.spacing_kji, 28.0)
    towards = np.array([-kidney.side, -0.5, 0.0]) * uniform(rng, 0.45, 0.7) * kidney.radii[0]
    sinus_radii = kidney.radii * [uniform(rng, 0.5, 0.75), 0.42, uniform(rng, 0.42, 0.58)]
    sinus = ellipsoid(x, y, z, kidney.centre + towards, sinus_radii)
    sinus += 2.0 * smooth_noise(rng, sinus.shape, space.spacing_kji, 12.0)
    body = np.maximum(outside, -sinus)
    canvas.paint(soft(body, edge), cortex, box, organ=Organ.KIDNEY)
    pyramids = smooth_noise(rng, outside.shape, space.spacing_kji, 11.0) > -0.35
    deep = np.maximum(outside + np.float32(uniform(rng, 5.0, 8.0)), -sinus + 1.0)
    canvas.paint(soft(deep, 2.0) * pyramids, medulla, box)
    hollow = np.maximum(sinus, outside)
    canvas.paint(soft(hollow, edge), fat, box, walls.fat_factor[box], Organ.KIDNEY)
    canvas.paint(soft(hollow + np.float32(uniform(rng, 3.0, 7.0)), 2.0), urine, box)


def paint_adrenals(
    rng: Rng, canvas: Canvas, patient: Patient, kidneys: tuple[Blob, Blob], cava: Point
) -> None:
    """Two thin limbs in front of each kidney's upper pole, the right ones behind the cava."""
    space = canvas.space
    signal = patient.signal(patient.draw(rng, GUT_WALL), patient.circulation.tofts(1.2, 0.22, 0.08))
    for kidney in kidneys:
        top = kidney.centre + kidney.radii * [-0.75 * kidney.side, -0.55, 0.8]
        if kidney.side < 0:
            top = np.array([cava[0] - 4.0, max(top[1], cava[1] + 14.0), top[2]])
        box = space.box(top, 24.0)
        if box is None:
            continue
        x, y, z = space.coordinates(box)
        across, back, up = x - np.float32(top[0]), y - np.float32(top[1]), z - np.float32(top[2])
        spread = np.float32(uniform(rng, 0.15, 0.5))
        limbs = np.abs(np.abs(across) - spread * back) - np.float32(uniform(rng, 1.2, 2.4))
        ends = np.maximum(np.abs(back - 8.0) - 9.0, np.abs(up) - np.float32(uniform(rng, 8.0, 16.0)))
        canvas.paint(soft(np.maximum(limbs, ends).astype(np.float32), space.pixel_mm), signal, box)


def paint_spleen(rng: Rng, canvas: Canvas, patient: Patient, walls: Walls, spleen: Blob) -> None:
    """Serpentine stripes in the arterial phase, even later."""
    space = canvas.space
    box = space.box(spleen.centre, float(spleen.radii.max()) + 8.0)
    if box is None:
        return
    distance = uneven_ellipsoid(rng, space, box, spleen, 3.5)
    distance = np.maximum(distance, np.maximum(walls.cavity[box] + 3.0, walls.under_diaphragm[box] + 3.0))
    # Its inner side is hollowed by stomach and kidney.
    hollow = spleen.centre + np.array([-1.05, -0.35, 0.0]) * spleen.radii
    distance = np.maximum(distance, -ellipsoid(*space.coordinates(box), hollow, spleen.radii * 0.8))
    curve = patient.circulation.tofts(*SPLEEN_SUPPLY)
    signal = patient.signal(patient.draw(rng, SPLEEN), curve)
    stripes = np.sin(3.0 * smooth_noise(rng, distance.shape, space.spacing_kji, 16.0))
    values = np.empty((4, *distance.shape), dtype=np.float32)
    values[:] = signal.astype(np.float32)[:, None, None, None]
    values[1] *= 1.0 + np.float32(uniform(rng, 0.0, 0.28)) * stripes
    canvas.paint(soft(distance, space.pixel_mm), values, box, organ=Organ.SPLEEN)


@dataclass(frozen=True)
class Gallbladder:
    """Its box, the signed distance in mm to its surface there, and the height (y) of its middle and depth."""

    box: Box
    distance: Field
    middle_y: float
    depth_mm: float


def shape_gallbladder(
    rng: Rng, space: Space, walls: Walls, centre: Point, scale: float
) -> Gallbladder | None:
    """A pear whose neck lies behind and above; one in five patients has none."""
    if chance(rng, 0.2):
        return None
    radii = np.array([14.0, 15.0, 28.0]) * scale * rng.uniform(0.7, 1.3, 3)
    box = space.box(centre, float(radii.max()) + 14.0)
    if box is None:
        return None
    x, y, z = space.coordinates(box)
    y = y - np.float32(uniform(rng, 0.1, 0.7)) * (z - np.float32(centre[2]))
    distance = ellipsoid(x, y, z, centre, radii)
    distance += 1.5 * smooth_noise(rng, distance.shape, space.spacing_kji, 28.0)
    distance = np.maximum(distance, walls.cavity[box] + 3.0).astype(np.float32)
    return Gallbladder(box, distance, float(centre[1]), float(radii[1]))


def paint_gallbladder(rng: Rng, canvas: Canvas, patient: Patient, gallbladder: Gallbladder) -> None:
    """Bile from watery to concentrated (bright on T1), at times in layers."""
    space, box = canvas.space, gallbladder.box
    watery = patient.draw(rng, WATERY)
    wall = patient.signal(patient.draw(rng, GUT_WALL), patient.circulation.tofts(0.3, 0.25, 0.04))
    canvas.paint(soft(gallbladder.distance, space.pixel_mm), wall, box, organ=Organ.GALLBLADDER)
    inside = soft(gallbladder.distance + 2.0, space.pixel_mm)
    bile = DrawnTissue(uniform(rng, 0.35, 3.2), watery.t2star_s, watery.m0)
    canvas.paint(inside, patient.signal(bile, NO_CONTRAST), box)
    if chance(rng, 0.35):
        # Concentrated bile sinks to the back.
        level = np.float32(gallbladder.middle_y + uniform(rng, -0.4, 0.5) * gallbladder.depth_mm)
        thick = DrawnTissue(uniform(rng, 0.3, 0.8), watery.t2star_s, watery.m0)
        canvas.paint(inside * soft(level - space.y[box], 3.0), patient.signal(thick, NO_CONTRAST), box)
