"""Diffuse disease of the liver and what comes with it: fat, iron, ascites, thrombosis, collaterals."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from MTINetLib.phantom.arrangement import Arrangement
from MTINetLib.phantom.body import Walls
from MTINetLib.phantom.canvas import Canvas, Field, Point, Space, soft
from MTINetLib.phantom.draws import Rng, chance, log_uniform, uniform
from MTINetLib.phantom.liver import Liver
from MTINetLib.phantom.noise_fields import smooth_noise
from MTINetLib.phantom.patient import NO_CONTRAST, Patient
from MTINetLib.phantom.tissues import FIBROUS, WATERY, DrawnTissue
from MTINetLib.phantom.vessels import Veins, join_points, tree_weight
from MTINetLib.study.anatomy import Organ


@dataclass(frozen=True)
class Disease:
    """What one patient has; how often is ours, in the order of what clinics for liver disease see.

    Args:
        fat: share of the liver's water signal that fat has replaced, 0 to 0.3.
        iron: what is left of the liver's T2*, 1 without overload down to about 0.15.
        ascites_mm: how far fluid holds the liver from the wall, 0 without.
        thrombosis: the portal branch that is closed: ``none``, ``right``, ``left`` or ``trunk``.
        collaterals: portal blood goes round the liver.
    """

    fat: float
    iron: float
    ascites_mm: float
    thrombosis: str
    collaterals: bool

    def of(self, patient: Patient) -> Patient:
        """The patient whose liver has this fat and iron."""
        liver = patient.liver
        ill = DrawnTissue(liver.t1_s, liver.t2star_s * self.iron, liver.m0 * (1.0 - self.fat))
        return replace(patient, liver=ill)


def draw_disease(rng: Rng, cirrhosis: float) -> Disease:
    fat = log_uniform(rng, 0.03, 0.3) if chance(rng, 0.3) else 0.0
    iron = log_uniform(rng, 0.15, 0.6) if chance(rng, 0.08) else 1.0
    ascites = log_uniform(rng, 1.5, 14.0) if chance(rng, 0.04 + 0.35 * max(cirrhosis - 0.3, 0.0)) else 0.0
    branch = str(rng.choice(["right", "left", "trunk"], p=[0.45, 0.3, 0.25]))
    closed = chance(rng, 0.02 + 0.14 * max(cirrhosis - 0.3, 0.0))
    return Disease(
        fat, iron, ascites, branch if closed else "none", chance(rng, 0.6 * max(cirrhosis - 0.3, 0.0))
    )


def distend(walls: Walls, disease: Disease) -> Walls:
    """Fluid pushes wall and diaphragm away from the liver."""
    push = np.float32(disease.ascites_mm)
    if push == 0:
        return walls
    return replace(
        walls,
        wall=walls.wall - push,
        cavity=walls.cavity - push,
        under_diaphragm=walls.under_diaphragm - np.float32(0.7) * push,
    )


def paint_ascites(
    rng: Rng, canvas: Canvas, patient: Patient, walls: Walls, liver: Liver, disease: Disease
) -> None:
    """Fluid around the liver and along the flanks."""
    if disease.ascites_mm == 0:
        return
    space = canvas.space
    wander = smooth_noise(rng, space.shape, space.spacing_kji, 40.0)
    around = liver.distance - np.float32(1.6 * disease.ascites_mm) - 3.0 * wander
    flank = -walls.cavity - np.float32(uniform(rng, 0.5, 3.0) * disease.ascites_mm) - 5.0 * wander
    fluid = np.maximum(np.minimum(around, flank), np.maximum(walls.cavity, walls.under_diaphragm) + 1.0)
    signal = patient.signal(patient.draw(rng, WATERY), NO_CONTRAST)
    canvas.paint(soft(fluid.astype(np.float32), space.pixel_mm), signal, organ=Organ.BACKGROUND)


def paint_fat(rng: Rng, canvas: Canvas, liver: Liver, walls: Walls, disease: Disease) -> None:
    """Fat lies unevenly, is spared at the gallbladder at times, and shines where fat suppression fails."""
    if disease.fat == 0:
        return
    space = canvas.space
    uneven = uniform(rng, 0.0, 0.6) * smooth_noise(rng, space.shape, space.spacing_kji, uniform(rng, 25, 70))
    share = np.float32(disease.fat) * uneven
    if chance(rng, 0.4):
        radii = np.float32(uniform(rng, 10.0, 26.0))
        share = share - np.float32(disease.fat) * soft(_away(space, liver.gallbladder) - radii, 8.0)
    # What fat itself gives, against water of the liver: about half as much again, where it is not suppressed.
    shine = 1.5 * walls.fat_factor * np.float32(disease.fat)
    factor = np.clip(1.0 - share, 0.7, 1.4)
    factor = 1.0 + (factor + shine - 1.0) * (canvas.anatomy == Organ.LIVER)
    for phase in range(4):
        canvas.signal[phase] *= factor


def close_portal_vein(
    rng: Rng, canvas: Canvas, patient: Patient, liver: Liver, veins: Veins, disease: Disease
) -> None:
    """A thrombus in place of blood, and a lobe that lives on arterial blood: bright early, then darker."""
    if disease.thrombosis == "none":
        return
    space = canvas.space
    side = space.x - np.float32(liver.hilum[0] + uniform(rng, -4.0, 10.0))
    side = side + 6.0 * smooth_noise(rng, space.shape, space.spacing_kji, 40.0)
    where: Field = {"right": soft(side, 12.0), "left": soft(-side, 12.0)}.get(
        disease.thrombosis, np.ones(space.shape, dtype=np.float32)
    )
    boost = np.array([0.0, uniform(rng, 0.05, 0.4), -uniform(rng, 0.0, 0.1), -uniform(rng, 0.0, 0.04)])
    lobe = where * (canvas.anatomy == Organ.LIVER)
    for phase in (1, 2, 3):
        canvas.signal[phase] *= 1.0 + np.float32(boost[phase]) * lobe
    old = patient.signal(patient.draw(rng, FIBROUS), patient.circulation.tofts(0.03, 0.1, 0.0))
    plug = (
        np.maximum(veins.portal * (liver.distance < 1.5), veins.trunk)
        * where
        * soft(_away(space, liver.hilum) - np.float32(uniform(rng, 25.0, 80.0)), 10.0)
    )
    canvas.paint(plug.astype(np.float32), old)


def _away(space: Space, point: Point) -> Field:
    """Distance in mm of every voxel to a patient point."""
    x, y, z = (np.float32(at) for at in point)
    return np.asarray(np.sqrt((space.x - x) ** 2 + (space.y - y) ** 2 + (space.z - z) ** 2), dtype=np.float32)


def paint_collaterals(
    rng: Rng, canvas: Canvas, patient: Patient, liver: Liver, around: Arrangement, disease: Disease
) -> None:
    """Winding veins between spleen, stomach and cardia, and at times the reopened umbilical vein."""
    if not disease.collaterals:
        return
    space = canvas.space
    gate = around.spleen.centre + np.array([-24.0, -16.0, 0.0])
    cardia = around.stomach.centre + np.array([-30.0, 20.0, 40.0])
    weight = np.zeros(space.shape, dtype=np.float32)
    for _ in range(int(rng.integers(2, 7))):
        at = gate + rng.normal(0.0, 8.0, 3)
        for step in range(1, 5):
            end = gate + step / 4 * (cardia - gate) + rng.normal(0.0, 11.0, 3)
            tree = join_points(rng, at, end, uniform(rng, 1.5, 4.5))
            np.maximum(weight, tree_weight(space, tree), out=weight)
            at = end
    canvas.paint(weight * (liver.distance > 0), patient.portal_blood, organ=Organ.GREAT_VESSEL)
    if chance(rng, 0.4):
        start = liver.hilum + np.array([26.0, -20.0, 8.0])
        vein = tree_weight(space, join_points(rng, start, start + np.array([4.0, -46.0, -26.0]), 3.5))
        in_liver = liver.distance < 1.5
        canvas.paint(vein * in_liver, patient.portal_blood, organ=Organ.LIVER_VESSEL)
        canvas.paint(vein * ~in_liver, patient.portal_blood, organ=Organ.GREAT_VESSEL)
