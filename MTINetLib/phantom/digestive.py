"""Stomach, bowel and pancreas: walls that enhance around gas, fluid and food."""

from __future__ import annotations

import itertools

import numpy as np

from MTINetLib.phantom.arrangement import Blob
from MTINetLib.phantom.body import Build, Walls
from MTINetLib.phantom.canvas import Box, Canvas, Field, Point, Space, soft
from MTINetLib.phantom.draws import Rng, chance, uniform
from MTINetLib.phantom.noise_fields import smooth_noise
from MTINetLib.phantom.organs import uneven_ellipsoid
from MTINetLib.phantom.patient import NO_CONTRAST, FourValues, Patient
from MTINetLib.phantom.tissues import GUT_WALL, PANCREAS, PANCREAS_SUPPLY, WATERY
from MTINetLib.study.anatomy import Organ


def paint_gut(rng: Rng, canvas: Canvas, patient: Patient, build: Build, walls: Walls) -> None:
    """Bowel loops in the lower and frontal cavity."""
    space, spacing = canvas.space, canvas.space.spacing_kji
    wall = _wall(rng, patient)
    loops = np.abs(smooth_noise(rng, space.shape, spacing, uniform(rng, 22.0, 38.0)))
    height = space.z + 0.5 * space.y + np.float32(uniform(rng, 5.0, 40.0))
    behind = space.y - np.float32(build.spine_y - 38.0) + 9.0 * smooth_noise(rng, space.shape, spacing, 35.0)
    region = soft(np.maximum(np.maximum(walls.cavity + 6.0, height), behind), 8.0)
    veins = smooth_noise(rng, space.shape, spacing, 11.0) > 1.7
    canvas.paint(region * veins, patient.portal_blood, organ=Organ.GUT)
    canvas.paint(region * np.clip((loops - 0.28) * 6.0, 0.0, 1.0), wall, organ=Organ.GUT)
    filling = smooth_noise(rng, space.shape, spacing, 45.0)
    mottled = 1.0 + 0.25 * smooth_noise(rng, space.shape, spacing, 9.0)
    content = np.where(filling > 0.3, 0.05, np.where(filling > -0.7, 0.75, 1.5)).astype(np.float32)
    inside = region * np.clip((loops - 0.62) * 5.0, 0.0, 1.0)
    canvas.paint(inside, np.full(4, float(wall[0])), None, content * mottled)


def _wall(rng: Rng, patient: Patient) -> FourValues:
    """The mucosa takes up contrast agent early and keeps it."""
    curve = patient.circulation.tofts(uniform(rng, 0.3, 0.8), 0.25, 0.06, lag_s=2.5)
    return patient.signal(patient.draw(rng, GUT_WALL), curve)


def paint_stomach(rng: Rng, canvas: Canvas, patient: Patient, walls: Walls, stomach: Blob) -> None:
    """A wall with folds around fluid, food and, in front, gas."""
    space = canvas.space
    box = space.box(stomach.centre, float(stomach.radii.max()) + 10.0)
    if box is None:
        return
    distance = uneven_ellipsoid(rng, space, box, stomach, 5.0)
    distance = np.maximum(distance, np.maximum(walls.cavity[box] + 4.0, walls.under_diaphragm[box] + 3.0))
    wall = _wall(rng, patient)
    fluid = patient.signal(patient.draw(rng, WATERY), NO_CONTRAST)
    canvas.paint(soft(distance, space.pixel_mm), wall, box, organ=Organ.GUT)
    folds = np.abs(smooth_noise(rng, distance.shape, space.spacing_kji, uniform(rng, 8.0, 14.0)))
    thick = np.float32(uniform(rng, 2.5, 5.0)) * (1.0 + np.float32(uniform(rng, 0.0, 0.9)) * folds)
    inside = soft(distance + thick, 2.0)
    y = space.y[box]
    level = stomach.centre[1] + uniform(rng, -0.9, 0.3) * stomach.radii[1]
    lumps = smooth_noise(rng, y.shape, space.spacing_kji, 9.0)
    food = np.clip(1.0 + uniform(rng, 0.1, 0.6) * lumps, 0.1, 3.0)
    canvas.paint(inside, fluid * uniform(rng, 0.9, 3.0), box, food)
    canvas.paint(inside * soft(y - np.float32(level), 2.0), fluid * 0.05, box)


def paint_tube(
    rng: Rng,
    canvas: Canvas,
    patient: Patient,
    walls: Walls,
    corners: Point,
    radius_mm: float,
    pouches: float,
) -> None:
    """A piece of bowel through corners [n, 3]; ``pouches`` is the depth of haustra over the radius."""
    space = canvas.space
    low, high = corners.min(axis=0), corners.max(axis=0)
    box = space.box((low + high) / 2, float((high - low).max()) / 2 + 1.5 * radius_mm)
    if box is None:
        return
    bare = np.full(space.x[box].shape, np.float32(np.inf))
    run = np.zeros_like(bare)
    done = 0.0
    for first, last in itertools.pairwise(corners):
        away, along = segment_distance(space, box, first, last)
        run = np.where(away < bare, np.float32(done) + along, run)
        bare = np.minimum(bare, away)
        done += float(np.linalg.norm(last - first))
    waves = np.abs(np.sin(run * np.float32(np.pi / uniform(rng, 22.0, 34.0)))) - np.float32(0.6)
    bends = smooth_noise(rng, bare.shape, space.spacing_kji, 30.0)
    distance = bare - np.float32(radius_mm) * (1.0 + np.float32(pouches) * waves) + 3.0 * bends
    distance = np.maximum(distance, walls.cavity[box] + 3.0).astype(np.float32)
    wall = _wall(rng, patient)
    canvas.paint(soft(distance, space.pixel_mm), wall, box, organ=Organ.GUT)
    inside = soft(distance + np.float32(uniform(rng, 2.0, 4.0)), 2.0)
    # Stool is bright before contrast where it holds fat or manganese.
    stool = float(wall[0]) * uniform(rng, 0.4, 2.2)
    mottled = np.clip(1.0 + 0.35 * smooth_noise(rng, bare.shape, space.spacing_kji, 8.0), 0.1, 2.5)
    canvas.paint(inside, np.full(4, stool), box, mottled)
    gas = smooth_noise(rng, bare.shape, space.spacing_kji, 40.0) > uniform(rng, -0.5, 0.8)
    canvas.paint(inside * gas, np.full(4, 0.04 * float(wall[0])), box)


def paint_colon_and_duodenum(
    rng: Rng, canvas: Canvas, patient: Patient, walls: Walls, colon: Point, duodenum: Point
) -> None:
    """The right flexure under the liver with what leads to it, and the duodenum beside the gallbladder."""
    paint_tube(rng, canvas, patient, walls, colon, uniform(rng, 15.0, 25.0), uniform(rng, 0.1, 0.35))
    if chance(rng, 0.85):
        paint_tube(rng, canvas, patient, walls, duodenum, uniform(rng, 9.0, 14.0), 0.1)


def paint_pancreas(rng: Rng, canvas: Canvas, patient: Patient, build: Build) -> None:
    space, s = canvas.space, build.scale
    y = build.spine_y - 52.0 * s
    points = np.array([[-32, 4, -42], [-12, -6, -34], [14, -10, -26], [44, 6, -12], [74, 26, 0]], dtype=float)
    points = points * s + [0.0, y, 0.0] + rng.normal(0, 4.0, (5, 3))
    signal = patient.signal(patient.draw(rng, PANCREAS), patient.circulation.tofts(*PANCREAS_SUPPLY))
    for first, last in itertools.pairwise(points):
        middle = (first + last) / 2
        box = space.box(middle, float(np.linalg.norm(last - first)) / 2 + 16.0)
        if box is None:
            continue
        distance = segment_distance(space, box, first, last)[0] - np.float32(uniform(rng, 7.0, 12.0))
        distance += 1.8 * smooth_noise(rng, distance.shape, space.spacing_kji, 8.0)
        canvas.paint(soft(distance, 2.0), signal, box, organ=Organ.GUT)


def segment_distance(space: Space, box: Box, first: Point, last: Point) -> tuple[Field, Field]:
    """Distance in mm of the box's voxels to a straight segment between two patient points, and how far along
    it the nearest point lies, mm."""
    x, y, z = space.coordinates(box)
    a, d = first.astype(np.float32), (last - first).astype(np.float32)
    px, py, pz = x - a[0], y - a[1], z - a[2]
    length = np.float32(max(float(np.sqrt(d @ d)), 1e-3))
    t = np.clip((px * d[0] + py * d[1] + pz * d[2]) / length**2, 0.0, 1.0)
    away = np.sqrt((px - t * d[0]) ** 2 + (py - t * d[1]) ** 2 + (pz - t * d[2]) ** 2)
    return np.asarray(away, dtype=np.float32), np.asarray(t * length, dtype=np.float32)
