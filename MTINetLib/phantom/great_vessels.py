"""Aorta, vena cava and the branches of both that run beside the liver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from MTINetLib.phantom.arrangement import Arrangement
from MTINetLib.phantom.body import Build
from MTINetLib.phantom.canvas import Canvas, Field, Point, soft
from MTINetLib.phantom.draws import Rng, uniform
from MTINetLib.phantom.liver import Liver
from MTINetLib.phantom.noise_fields import smooth_noise
from MTINetLib.phantom.patient import FourValues, Patient
from MTINetLib.phantom.vessels import join_points, tree_weight
from MTINetLib.study.anatomy import Organ


@dataclass(frozen=True)
class GreatVessels:
    """Where aorta and vena cava run, and their radii in mm.

    Args:
        aorta_xy, cava_xy: their middles at the height 0, mm.
        aorta_mm, cava_mm: radii.
        aorta_bend: how far the aorta goes left and back at 100 mm above and below.
        cava_lean: how much the cava goes left and back per mm upwards.
        cava_flat: its depth in parts of its width.
    """

    aorta_xy: tuple[float, float]
    aorta_mm: float
    cava_xy: tuple[float, float]
    cava_mm: float
    aorta_bend: tuple[float, float] = (0.0, 0.0)
    cava_lean: tuple[float, float] = (0.0, 0.0)
    cava_flat: float = 0.8

    def aorta_at(self, z: float) -> Point:
        """Its middle at a height."""
        curve = (z / 100.0) ** 2
        x, y = (at + bend * curve for at, bend in zip(self.aorta_xy, self.aorta_bend, strict=True))
        return np.array([x, y, z])

    def cava_at(self, z: float) -> Point:
        """Its middle at a height."""
        x, y = (at + lean * z for at, lean in zip(self.cava_xy, self.cava_lean, strict=True))
        return np.array([x, y, z])


def draw_great_vessels(rng: Rng, build: Build) -> GreatVessels:
    front = build.spine_y - 19.0 * build.scale
    aorta, cava = uniform(rng, 7.5, 13.0), uniform(rng, 9.0, 15.0)
    return GreatVessels(
        (uniform(rng, 6.0, 18.0), front - aorta),
        aorta,
        (uniform(rng, -30.0, -18.0), front - cava - uniform(rng, 0.0, 6.0)),
        cava,
        aorta_bend=(uniform(rng, -6.0, 6.0), uniform(rng, 0.0, 6.0)),
        cava_lean=(uniform(rng, -0.04, 0.04), uniform(rng, -0.04, 0.04)),
        cava_flat=uniform(rng, 0.6, 1.0),
    )


def cava_distance(x: Field, y: Field, z: Field, vessels: GreatVessels) -> Field:
    """Signed distance in mm to the vena cava."""
    across = x - np.float32(vessels.cava_xy[0]) - np.float32(vessels.cava_lean[0]) * z
    back = y - np.float32(vessels.cava_xy[1]) - np.float32(vessels.cava_lean[1]) * z
    along = back / np.float32(vessels.cava_flat)
    return np.asarray(np.sqrt(across**2 + along**2) - np.float32(vessels.cava_mm), dtype=np.float32)


def _aorta_distance(x: Field, y: Field, z: Field, vessels: GreatVessels) -> Field:
    curve = (z / np.float32(100.0)) ** 2
    across = x - np.float32(vessels.aorta_xy[0]) - np.float32(vessels.aorta_bend[0]) * curve
    along = y - np.float32(vessels.aorta_xy[1]) - np.float32(vessels.aorta_bend[1]) * curve
    return np.asarray(np.sqrt(across**2 + along**2) - np.float32(vessels.aorta_mm), dtype=np.float32)


def paint_great_vessels(rng: Rng, canvas: Canvas, patient: Patient, vessels: GreatVessels) -> None:
    """Aorta and vena cava; early on the cava is dark below the kidneys' veins and streaked above them."""
    space = canvas.space
    inflow = np.float32(uniform(rng, -70.0, -35.0))
    for middle, distance_to, signal in (
        (vessels.aorta_xy, _aorta_distance, patient.arterial_blood),
        (vessels.cava_xy, cava_distance, patient.venous_blood),
    ):
        box = space.box((*middle, 0.0), 48.0)
        if box is None:
            continue
        box = (slice(None), box[1], box[2])
        x, y, z = space.coordinates(box)
        distance = distance_to(x, y, z, vessels)
        streaks = smooth_noise(rng, x.shape, space.spacing_kji, 12.0)
        flow = 1.0 + np.float32(uniform(rng, 0.0, 0.1)) * smooth_noise(rng, x.shape, space.spacing_kji, 25.0)
        values = np.ones((4, *x.shape), dtype=np.float32) * signal.astype(np.float32)[:, None, None, None]
        if distance_to is cava_distance:
            mixed = np.clip(soft(inflow - z, 30.0) + 0.35 * streaks, 0.15, 1.2)
            values[1] = values[0] + mixed * np.float32(_renal_return(patient, 0.35)[1] - signal[0])
        canvas.paint(soft(distance, space.pixel_mm), values, box, flow, Organ.GREAT_VESSEL)


def _renal_return(patient: Patient, share: float) -> FourValues:
    """Venous blood with a share that comes from the kidneys, which give contrast agent back at once."""
    blood = patient.venous_blood.copy()
    blood[1] += share * max(patient.arterial_blood[1] - blood[1], 0.0)
    return blood


def paint_branches(
    rng: Rng, canvas: Canvas, patient: Patient, vessels: GreatVessels, liver: Liver, around: Arrangement
) -> None:
    """Celiac trunk with hepatic and splenic artery, mesenteric artery, renal arteries and veins."""
    space = canvas.space
    height = liver.hilum[2] - uniform(rng, 0.0, 18.0)
    celiac = vessels.aorta_at(height)
    fork = celiac + np.array([uniform(rng, -6.0, 4.0), -vessels.aorta_mm - uniform(rng, 8.0, 16.0), -2.0])
    mesenteric = vessels.aorta_at(height - uniform(rng, 12.0, 22.0))
    root = mesenteric + np.array([0.0, -vessels.aorta_mm - 10.0, -16.0])
    thin = uniform(rng, 1.5, 2.6)
    spleen = around.spleen.centre + np.array([-22.0, -14.0, -4.0])
    arteries = [
        (celiac, fork, 1.4 * thin),
        (fork, liver.hilum + np.array([6.0, -4.0, -6.0]), thin),
        (fork, spleen, 1.1 * thin),
        (mesenteric, root, 1.4 * thin),
        (root, root + np.array([uniform(rng, -8.0, 8.0), -4.0, -70.0]), 1.3 * thin),
    ]
    veins = []
    for kidney in around.kidneys:
        gate = kidney.centre + np.array([-kidney.side * 0.55 * kidney.radii[0], -6.0, 0.0])
        z = float(kidney.centre[2]) + uniform(rng, 4.0, 16.0)
        arteries.append((vessels.aorta_at(z), gate, thin))
        veins.append((vessels.cava_at(z - 2.0), gate + np.array([0.0, -5.0, 0.0]), uniform(rng, 3.0, 5.0)))
    for parts, blood in ((veins, _renal_return(patient, 0.6)), (arteries, patient.arterial_blood)):
        weight = np.zeros(space.shape, dtype=np.float32)
        for first, last, radius in parts:
            np.maximum(weight, tree_weight(space, join_points(rng, first, last, radius)), out=weight)
        canvas.paint(weight * (liver.distance > 0), blood, organ=Organ.GREAT_VESSEL)
