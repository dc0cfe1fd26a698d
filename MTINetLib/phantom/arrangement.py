"""Where the organs beside the liver lie, so that they touch it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from MTINetLib.phantom.body import Build
from MTINetLib.phantom.canvas import Field, Point, Space
from MTINetLib.phantom.draws import Rng, normal, uniform
from MTINetLib.phantom.liver import Liver


@dataclass(frozen=True)
class Blob:
    """An ellipsoid: its middle and radii in mm; ``side`` is -1 on the patient's right, 1 on the left."""

    centre: Point
    radii: Point
    side: float = 1.0


@dataclass(frozen=True)
class Arrangement:
    """Kidneys (right, left), spleen and stomach, and the corners of colon and duodenum [n, 3] in mm."""

    kidneys: tuple[Blob, Blob]
    spleen: Blob
    stomach: Blob
    colon: Point
    duodenum: Point


def arrange(rng: Rng, space: Space, build: Build, liver: Liver, cirrhosis: float) -> Arrangement:
    """Draw the organs' places, and move them to where they press a little on the liver."""
    s = build.scale
    kidneys = []
    for side, drop in ((-1.0, uniform(rng, -90.0, -55.0)), (1.0, uniform(rng, -75.0, -35.0))):
        centre = np.array([side * 58.0 * s, build.spine_y + uniform(rng, -4.0, 8.0), drop])
        kidneys.append(Blob(centre, np.array([27.0, 26.0, 54.0]) * s * uniform(rng, 0.85, 1.12), side))
    up = np.array([0.0, 0.0, 1.0])
    right = nestle(space, liver.distance, kidneys[0], up, uniform(rng, 1.0, 7.0), 45.0)
    stomach = Blob(
        np.array([62.0, -20.0, 8.0]) * s + rng.normal(0, 9.0, 3),
        np.array([48.0, 36.0, 46.0]) * s * rng.uniform(0.65, 1.25, 3),
    )
    to_the_right = np.array([-1.0, 0.0, 0.0])
    stomach = nestle(space, liver.distance, stomach, to_the_right, uniform(rng, 2.0, 10.0), 40.0)
    big = normal(rng, 1.0, 0.15, 0.7, 1.5) * (1.0 + 0.25 * cirrhosis)
    spleen = Blob(
        np.array([100.0 * s, build.spine_y - 22.0, 22.0]) + rng.normal(0, 6.0, 3),
        np.array([32.0, 46.0, 50.0]) * s * big,
    )
    flexure = Blob(
        np.array([-78.0 * s, -10.0 + uniform(rng, -20.0, 20.0), -70.0]), np.full(3, uniform(rng, 17.0, 27.0))
    )
    flexure = nestle(space, liver.distance, flexure, up, uniform(rng, 1.0, 6.0), 60.0)
    return Arrangement(
        (right, kidneys[1]),
        spleen,
        stomach,
        _colon(rng, build, flexure.centre),
        _duodenum(rng, stomach, liver.gallbladder),
    )


def _colon(rng: Rng, build: Build, flexure: Point) -> Point:
    """From below up to the flexure, and across."""
    rising = flexure + np.array([[-10.0, 22.0, -110.0], [-8.0, 12.0, -45.0], [0, 0, 0], [45.0, -28.0, -22.0]])
    middle = [10.0, -0.55 * build.half_depth, flexure[2] - uniform(rng, 10.0, 45.0)]
    left = [80.0 * build.scale, -0.3 * build.half_depth, flexure[2] + uniform(rng, -10.0, 40.0)]
    return np.vstack([rising, middle, left])


def _duodenum(rng: Rng, stomach: Blob, gallbladder: Point) -> Point:
    """From the stomach to beside the gallbladder, and down."""
    bulb = gallbladder + np.array([uniform(rng, 18.0, 28.0), 14.0, uniform(rng, -14.0, 4.0)])
    outlet = stomach.centre + np.array([-0.8 * stomach.radii[0], 0.0, -18.0])
    return np.vstack([outlet, bulb + np.array([[0, 0, 0], [-2.0, 22.0, -22.0], [0.0, 26.0, -62.0]])])


def nestle(space: Space, liver: Field, organ: Blob, toward: Point, press_mm: float, reach_mm: float) -> Blob:
    """The organ moved along a direction until it reaches ``press_mm`` deep into the liver.

    Args:
        space: of the liver.
        liver: signed distance to its surface in mm.
        organ: where it starts.
        toward: unit vector, towards the liver.
        press_mm: what the liver later takes back from it.
        reach_mm: how far it may go either way; the place that comes nearest is taken.
    """
    surface = organ.centre + _SPHERE * organ.radii
    steps = np.arange(-reach_mm, reach_mm + 1.0, 3.0)
    places = surface[None] + steps[:, None, None] * toward
    index = np.rint(space.index_of(places)).astype(int)
    last = np.array(space.shape) - 1
    known = np.all((index >= 0) & (index <= last), axis=-1)
    k, j, i = np.moveaxis(np.clip(index, 0, last), -1, 0)
    deepest = np.where(known, -liver[k, j, i], -np.inf).max(axis=1)
    if not np.isfinite(deepest).any():
        return organ
    off = np.where(np.isfinite(deepest), np.abs(deepest - press_mm), np.inf) + 0.02 * np.abs(steps)
    return Blob(organ.centre + steps[int(np.argmin(off))] * toward, organ.radii, organ.side)


def _sphere(count: int) -> Point:
    """Points spread evenly over the unit sphere, [count, 3]."""
    n = np.arange(count) + 0.5
    height = 1.0 - 2.0 * n / count
    around = np.pi * (1.0 + 5.0**0.5) * n
    wide = np.sqrt(1.0 - height**2)
    return np.stack([wide * np.cos(around), wide * np.sin(around), height], axis=1)


_SPHERE = _sphere(120)
