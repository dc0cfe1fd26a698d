"""The organs around the liver: heart, gut, stomach, pancreas, kidneys, spleen and the great vessels."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from MTINetLib.phantom.body import Build, Walls
from MTINetLib.phantom.canvas import Box, Canvas, Field, Point, Space, ellipsoid, soft
from MTINetLib.phantom.draws import Rng, chance, normal, uniform
from MTINetLib.phantom.noise_fields import smooth_noise
from MTINetLib.phantom.patient import NO_CONTRAST, Patient
from MTINetLib.phantom.tissues import (
    FAT,
    GUT_WALL,
    KIDNEY_CORTEX,
    KIDNEY_MEDULLA,
    PANCREAS,
    SPLEEN,
    WATERY,
    DrawnTissue,
)
from MTINetLib.study.anatomy import Organ


@dataclass(frozen=True)
class GreatVessels:
    """Where aorta and vena cava run, and their radii in mm.

    Args:
        aorta_xy, cava_xy: their middles at the height 0, mm.
        aorta_mm, cava_mm: radii.
        cava_lean: how much the cava goes left and back per mm upwards.
        cava_flat: its depth in parts of its width.
    """

    aorta_xy: tuple[float, float]
    aorta_mm: float
    cava_xy: tuple[float, float]
    cava_mm: float
    cava_lean: tuple[float, float] = (0.0, 0.0)
    cava_flat: float = 0.8


def draw_great_vessels(rng: Rng, build: Build) -> GreatVessels:
    front = build.spine_y - 19.0 * build.scale
    aorta, cava = uniform(rng, 7.5, 13.0), uniform(rng, 9.0, 15.0)
    return GreatVessels(
        (uniform(rng, 6.0, 18.0), front - aorta),
        aorta,
        (uniform(rng, -30.0, -18.0), front - cava - uniform(rng, 0.0, 6.0)),
        cava,
        cava_lean=(uniform(rng, -0.04, 0.04), uniform(rng, -0.04, 0.04)),
        cava_flat=uniform(rng, 0.6, 1.0),
    )


def cava_distance(x: Field, y: Field, z: Field, vessels: GreatVessels) -> Field:
    """Signed distance in mm to the vena cava."""
    across = x - np.float32(vessels.cava_xy[0]) - np.float32(vessels.cava_lean[0]) * z
    along = (y - np.float32(vessels.cava_xy[1]) - np.float32(vessels.cava_lean[1]) * z) / np.float32(
        vessels.cava_flat
    )
    return np.asarray(np.sqrt(across**2 + along**2) - np.float32(vessels.cava_mm), dtype=np.float32)


def _wobbly(rng: Rng, space: Space, box: Box, centre: Point, radii: Point, wobble_mm: float) -> Field:
    """Signed distance to an ellipsoid with a smoothly uneven surface, inside a box."""
    x, y, z = space.coordinates(box)
    distance = ellipsoid(x, y, z, centre, radii)
    return np.asarray(
        distance + np.float32(wobble_mm) * smooth_noise(rng, distance.shape, space.spacing_kji, 28.0),
        dtype=np.float32,
    )


def paint_heart(rng: Rng, canvas: Canvas, patient: Patient, build: Build, walls: Walls) -> None:
    space = canvas.space
    centre = np.array([25.0, -22.0, build.dome_mm + 26.0]) * [build.scale, build.scale, 1.0]
    radii = np.array([58.0, 46.0, 46.0]) * build.scale * uniform(rng, 0.9, 1.1)
    box = space.box(centre, float(radii.max()) + 8.0)
    if box is None:
        return
    distance = _wobbly(rng, space, box, centre, radii, 3.0)
    distance = np.maximum(distance, np.maximum(-walls.under_diaphragm[box] + 3.0, walls.cavity[box] + 4.0))
    muscle = patient.signal(patient.draw(rng, GUT_WALL), patient.circulation.tofts(0.8, 0.22, 0.08))
    blood = 0.5 * (patient.arterial_blood + patient.venous_blood)
    canvas.paint(soft(distance, space.pixel_mm), muscle, box, organ=Organ.HEART)
    flow = np.clip(1.0 + 0.12 * smooth_noise(rng, distance.shape, space.spacing_kji, 20.0), 0.5, 1.4)
    canvas.paint(soft(distance + 11.0, 4.0), blood, box, flow)


def paint_gut(rng: Rng, canvas: Canvas, patient: Patient, build: Build, walls: Walls) -> None:
    """Bowel loops in the lower and frontal cavity: walls that enhance, contents of gas, fluid and stool."""
    space, spacing = canvas.space, canvas.space.spacing_kji
    wall = patient.signal(patient.draw(rng, GUT_WALL), patient.circulation.tofts(0.35, 0.25, 0.05, lag_s=3.0))
    loops = np.abs(smooth_noise(rng, space.shape, spacing, uniform(rng, 22.0, 38.0)))
    height = space.z + 0.5 * space.y + np.float32(uniform(rng, 5.0, 40.0))
    behind = space.y - np.float32(build.spine_y - 38.0) + 9.0 * smooth_noise(rng, space.shape, spacing, 35.0)
    region = soft(np.maximum(np.maximum(walls.cavity + 6.0, height), behind), 8.0)
    mesentery = patient.portal_blood
    veins = smooth_noise(rng, space.shape, spacing, 11.0) > 1.7
    canvas.paint(region * veins, mesentery, organ=Organ.GUT)
    canvas.paint(region * np.clip((loops - 0.28) * 6.0, 0.0, 1.0), wall, organ=Organ.GUT)
    filling = smooth_noise(rng, space.shape, spacing, 45.0)
    mottled = 1.0 + 0.25 * smooth_noise(rng, space.shape, spacing, 9.0)
    content = np.where(filling > 0.3, 0.05, np.where(filling > -0.7, 0.75, 1.5)).astype(np.float32)
    inside = region * np.clip((loops - 0.62) * 5.0, 0.0, 1.0)
    canvas.paint(inside, np.full(4, float(wall[0])), None, content * mottled)


def paint_stomach(rng: Rng, canvas: Canvas, patient: Patient, build: Build, walls: Walls) -> None:
    space = canvas.space
    s = build.scale
    centre = np.array([62.0, -20.0, 8.0]) * s + rng.normal(0, 9.0, 3)
    radii = np.array([48.0, 36.0, 46.0]) * s * rng.uniform(0.65, 1.25, 3)
    box = space.box(centre, float(radii.max()) + 10.0)
    if box is None:
        return
    distance = _wobbly(rng, space, box, centre, radii, 5.0)
    distance = np.maximum(distance, np.maximum(walls.cavity[box] + 4.0, walls.under_diaphragm[box] + 3.0))
    wall = patient.signal(patient.draw(rng, GUT_WALL), patient.circulation.tofts(0.4, 0.25, 0.05, lag_s=2.0))
    fluid = patient.signal(patient.draw(rng, WATERY), NO_CONTRAST)
    canvas.paint(soft(distance, space.pixel_mm), wall, box, organ=Organ.GUT)
    inside = soft(distance + np.float32(uniform(rng, 2.5, 6.0)), 2.0)
    y = space.y[box]
    level = centre[1] + uniform(rng, -0.9, 0.3) * radii[1]
    food = np.clip(
        1.0 + uniform(rng, 0.1, 0.6) * smooth_noise(rng, y.shape, space.spacing_kji, 9.0), 0.1, 3.0
    )
    canvas.paint(inside, fluid * uniform(rng, 0.9, 3.0), box, food)
    canvas.paint(inside * soft(y - np.float32(level), 2.0), fluid * 0.05, box)


def paint_kidneys(rng: Rng, canvas: Canvas, patient: Patient, build: Build) -> None:
    """Cortex first, medulla later, urine late: fed by the artery only (Tofts), constants drawn wide."""
    cortex = patient.signal(patient.draw(rng, KIDNEY_CORTEX), patient.circulation.tofts(1.6, 0.42, 0.22))
    medulla = patient.signal(patient.draw(rng, KIDNEY_MEDULLA), patient.circulation.tofts(0.35, 0.48, 0.06))
    urine_gain = np.array([0.0, 0.0, 0.0, uniform(rng, 0.0, 3.0)])
    urine = patient.signal(patient.draw(rng, WATERY), urine_gain)
    sinus = patient.signal(patient.draw(rng, FAT), NO_CONTRAST) * 0.2
    for side, drop in ((-1.0, uniform(rng, -90.0, -55.0)), (1.0, uniform(rng, -75.0, -35.0))):
        space, s = canvas.space, build.scale
        centre = np.array([side * 58.0 * s, build.spine_y + uniform(rng, -4.0, 8.0), drop])
        radii = np.array([27.0, 26.0, 54.0]) * s * uniform(rng, 0.85, 1.12)
        box = space.box(centre, float(radii.max()) + 6.0)
        if box is None:
            continue
        edge = space.pixel_mm
        distance = _wobbly(rng, space, box, centre, radii, 1.5)
        canvas.paint(soft(distance, edge), cortex, box, organ=Organ.KIDNEY)
        pyramids = smooth_noise(rng, distance.shape, space.spacing_kji, 11.0) > -0.35
        canvas.paint(soft(distance + 7.0, 2.0) * pyramids, medulla, box)
        inward = ellipsoid(
            *space.coordinates(box), centre - [side * 12.0, 4.0, 0.0], radii * [0.5, 0.42, 0.55]
        )
        canvas.paint(soft(inward, 2.0), sinus, box)
        canvas.paint(soft(inward + 6.0, 2.0), urine, box)


def paint_spleen(rng: Rng, canvas: Canvas, patient: Patient, build: Build, walls: Walls) -> None:
    """Serpentine stripes in the arterial phase, even later."""
    space, s = canvas.space, build.scale
    big = normal(rng, 1.0, 0.15, 0.7, 1.5) * (1.0 + 0.25 * patient.cirrhosis)
    centre = np.array([100.0 * s, build.spine_y - 22.0, 22.0]) + rng.normal(0, 6.0, 3)
    radii = np.array([32.0, 46.0, 50.0]) * s * big
    box = space.box(centre, float(radii.max()) + 8.0)
    if box is None:
        return
    distance = _wobbly(rng, space, box, centre, radii, 3.5)
    distance = np.maximum(distance, np.maximum(walls.cavity[box] + 3.0, walls.under_diaphragm[box] + 3.0))
    curve = patient.circulation.tofts(1.1, 0.32, 0.12, lag_s=1.0)
    signal = patient.signal(patient.draw(rng, SPLEEN), curve)
    stripes = np.sin(3.0 * smooth_noise(rng, distance.shape, space.spacing_kji, 16.0))
    values = np.empty((4, *distance.shape), dtype=np.float32)
    values[:] = signal.astype(np.float32)[:, None, None, None]
    values[1] *= 1.0 + np.float32(uniform(rng, 0.0, 0.28)) * stripes
    canvas.paint(soft(distance, space.pixel_mm), values, box, organ=Organ.SPLEEN)


def paint_pancreas(rng: Rng, canvas: Canvas, patient: Patient, build: Build) -> None:
    space, s = canvas.space, build.scale
    y = build.spine_y - 52.0 * s
    points = np.array([[-32, 4, -42], [-12, -6, -34], [14, -10, -26], [44, 6, -12], [74, 26, 0]], dtype=float)
    points = points * s + [0.0, y, 0.0] + rng.normal(0, 4.0, (5, 3))
    signal = patient.signal(patient.draw(rng, PANCREAS), patient.circulation.tofts(1.0, 0.25, 0.06))
    for first, last in itertools.pairwise(points):
        middle = (first + last) / 2
        box = space.box(middle, float(np.linalg.norm(last - first)) / 2 + 16.0)
        if box is None:
            continue
        distance = segment_distance(space, box, first, last) - np.float32(uniform(rng, 7.0, 12.0))
        distance += 1.8 * smooth_noise(rng, distance.shape, space.spacing_kji, 8.0)
        canvas.paint(soft(distance, 2.0), signal, box, organ=Organ.GUT)


def segment_distance(space: Space, box: Box, first: Point, last: Point) -> Field:
    """Distance in mm of the box's voxels to a straight segment between two patient points."""
    x, y, z = space.coordinates(box)
    a, d = first.astype(np.float32), (last - first).astype(np.float32)
    px, py, pz = x - a[0], y - a[1], z - a[2]
    t = np.clip((px * d[0] + py * d[1] + pz * d[2]) / np.float32(max(float(d @ d), 1e-6)), 0.0, 1.0)
    return np.asarray(
        np.sqrt((px - t * d[0]) ** 2 + (py - t * d[1]) ** 2 + (pz - t * d[2]) ** 2), dtype=np.float32
    )


def paint_great_vessels(rng: Rng, canvas: Canvas, patient: Patient, vessels: GreatVessels) -> None:
    """Aorta and vena cava."""
    space = canvas.space
    bend_x, bend_y = uniform(rng, -6.0, 6.0), uniform(rng, 0.0, 6.0)
    for (cx, cy), signal, is_aorta in (
        (vessels.aorta_xy, patient.arterial_blood, True),
        (vessels.cava_xy, patient.venous_blood, False),
    ):
        box = space.box((cx, cy, 0.0), 48.0)
        if box is None:
            continue
        box = (slice(None), box[1], box[2])
        x, y, z = space.coordinates(box)
        if is_aorta:
            curve = (z / np.float32(100.0)) ** 2
            across = x - np.float32(cx) - np.float32(bend_x) * curve
            along = y - np.float32(cy) - np.float32(bend_y) * curve
            distance = np.sqrt(across**2 + along**2) - np.float32(vessels.aorta_mm)
        else:
            distance = cava_distance(x, y, z, vessels)
        flow = 1.0 + np.float32(uniform(rng, 0.0, 0.1)) * smooth_noise(rng, x.shape, space.spacing_kji, 25.0)
        canvas.paint(soft(distance, space.pixel_mm), signal, box, flow, Organ.GREAT_VESSEL)


def paint_gallbladder(
    rng: Rng, canvas: Canvas, patient: Patient, walls: Walls, centre: Point, scale: float
) -> tuple[Box, Field] | None:
    """Bile from watery to concentrated (bright on T1); returns its box and weight."""
    if chance(rng, 0.2):
        return None
    space = canvas.space
    radii = np.array([14.0, 15.0, 28.0]) * scale * rng.uniform(0.7, 1.3, 3)
    box = space.box(centre, float(radii.max()) + 4.0)
    if box is None:
        return None
    distance = _wobbly(rng, space, box, centre, radii, 1.5)
    distance = np.maximum(distance, walls.cavity[box] + 3.0)
    watery = patient.draw(rng, WATERY)
    thick = DrawnTissue(uniform(rng, 0.35, 3.2), watery.t2star_s, watery.m0)
    wall = patient.signal(patient.draw(rng, GUT_WALL), patient.circulation.tofts(0.3, 0.25, 0.04))
    weight = soft(distance, space.pixel_mm)
    canvas.paint(weight, wall, box, organ=Organ.GALLBLADDER)
    canvas.paint(soft(distance + 2.0, space.pixel_mm), patient.signal(thick, NO_CONTRAST), box)
    return box, weight
