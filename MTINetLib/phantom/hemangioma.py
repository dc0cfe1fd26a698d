"""Hemangioma: a pool of slow blood that fills from nodules at its border towards its centre and stays bright.

Enhancing parts follow the aorta and later the blood pool; small ones fill at once (flash filling). The
pattern: Semelka RC et al., Radiology 1994;192:401-406; ACR LI-RADS v2018 (parallels blood pool).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from MTINetLib.phantom.canvas import Canvas, Field, soft
from MTINetLib.phantom.draws import Rng, chance, uniform, unit_vector
from MTINetLib.phantom.kinetics import mix
from MTINetLib.phantom.lesions import Outline, Seat
from MTINetLib.phantom.noise_fields import smooth_noise
from MTINetLib.phantom.patient import FourValues, Patient
from MTINetLib.phantom.tissues import HEMANGIOMA, DrawnTissue

#: Filled parts against the liver in the delayed phase, at least.
TYPICAL_DELAYED_RATIO = 1.08


@dataclass(frozen=True)
class HemangiomaTraits:
    """One hemangioma's character.

    Args:
        native: its tissue without contrast agent.
        pool: contrast agent in the blood that fills it, at the four phases, mmol/L.
        blood_share: part of its volume that is blood reached by the contrast agent.
        flash: fills at once.
        nodules: number of nodules at the border that fill first.
        nodule_size: their radius in parts of the lesion's.
        fill_s: seconds after the bolus arrives until the last fillable part is half full.
        scar: radius in parts of the lesion's of a centre that never fills, 0 without one.
        edge_mm: width of its border.
    """

    native: DrawnTissue
    pool: FourValues
    blood_share: float
    flash: bool
    nodules: int
    nodule_size: float
    fill_s: float
    scar: float
    edge_mm: float


def draw_hemangioma(rng: Rng, patient: Patient, diameter_mm: float, pixel_mm: float) -> HemangiomaTraits:
    flash = chance(rng, float(np.clip(1.3 - diameter_mm / 20.0, 0.03, 0.8)))
    size = float(np.clip(diameter_mm / 50.0, 0.2, 1.6))
    native, pool, share = _draw_blood(rng, patient)
    return HemangiomaTraits(
        native=native,
        pool=pool,
        blood_share=share,
        flash=flash,
        nodules=int(rng.integers(3, 9)),
        nodule_size=uniform(rng, 0.16, 0.36),
        fill_s=uniform(rng, 70.0, 150.0) * (0.6 + 0.7 * size),
        scar=uniform(rng, 0.15, 0.45) if diameter_mm > 40 and chance(rng, 0.55) else 0.0,
        edge_mm=pixel_mm,
    )


def _draw_blood(rng: Rng, patient: Patient) -> tuple[DrawnTissue, FourValues, float]:
    """Native tissue, pool and blood share; drawn until the filled parts stay brighter than the liver."""
    circulation = patient.circulation
    fresh = circulation.at_phases(circulation.arterial)
    mixed = circulation.at_phases(mix(circulation.arterial, 7.0))
    # The first nodules lie between the aorta and blood that has mixed a little.
    pool = np.array([0.0, 0.45 * fresh[1] + 0.55 * mixed[1], mixed[2], mixed[3]])
    for _ in range(60):
        drawn = patient.draw(rng, HEMANGIOMA)
        native = DrawnTissue(min(drawn.t1_s, 2.4), drawn.t2star_s, drawn.m0)
        share = uniform(rng, 0.72, 1.05)
        if patient.signal(native, share * pool)[3] >= TYPICAL_DELAYED_RATIO * patient.liver_signal[3]:
            break
    return native, pool, share


def paint_hemangioma(
    rng: Rng, canvas: Canvas, patient: Patient, outline: Outline, seat: Seat, traits: HemangiomaTraits
) -> None:
    """Paint the lesion: each voxel follows the blood pool from the moment that the fill front reaches it."""
    space, shape = canvas.space, outline.depth.shape
    circulation, native, pool = patient.circulation, traits.native, traits.pool
    fine = 1.0 + 0.06 * smooth_noise(rng, shape, space.spacing_kji, 5.0)
    start = (
        np.zeros(shape, dtype=np.float32) if traits.flash else _arrival(rng, canvas, outline, seat, traits)
    )
    concentration = np.zeros((4, *shape), dtype=np.float32)
    for phase in range(1, 4):
        since = circulation.times_s[phase] - circulation.arrival_s
        width = 3.0 + 0.12 * since
        if traits.flash:
            filled = np.full(shape, uniform(rng, 0.88, 1.0), dtype=np.float32)
        else:
            filled = 1.0 / (
                1.0 + np.exp(np.clip((start - np.float32(since)) / np.float32(width), -30.0, 30.0))
            )
            filled = 0.04 + 0.96 * filled
        concentration[phase] = np.float32(traits.blood_share * pool[phase]) * filled * fine
    t1 = np.full(shape, native.t1_s, dtype=np.float32)
    if traits.scar > 0:
        core = soft(_core_distance(outline) - np.float32(traits.scar * outline.radius_mm), 4.0)
        concentration *= 1.0 - 0.93 * core
        t1 = t1 * (1.0 + 0.2 * core)
    signal = patient.field_signal(native.m0, t1, native.t2star_s, concentration)
    canvas.paint(soft(outline.depth, traits.edge_mm), signal, outline.box)


def _core_distance(outline: Outline) -> Field:
    """Zero at the deepest point, growing outwards, mm."""
    return np.asarray(outline.depth - outline.depth.min(), dtype=np.float32)


def _arrival(rng: Rng, canvas: Canvas, outline: Outline, seat: Seat, traits: HemangiomaTraits) -> Field:
    """Seconds after the bolus arrives until each voxel is half full: nodules first, then inwards."""
    space = canvas.space
    x, y, z = space.coordinates(outline.box)
    radius = outline.radius_mm
    nearest = np.full(outline.depth.shape, np.inf, dtype=np.float32)
    for _ in range(traits.nodules):
        at = seat.centre + unit_vector(rng) * radius * uniform(rng, 0.72, 0.92)
        size = radius * traits.nodule_size * uniform(rng, 0.6, 1.4)
        away = np.sqrt((x - at[0]) ** 2 + (y - at[1]) ** 2 + (z - at[2]) ** 2).astype(np.float32)
        nearest = np.minimum(nearest, away - np.float32(size))
    front = np.maximum(nearest, 0.0) + np.float32(0.35) * np.maximum(-outline.depth, 0.0) * (nearest > 0)
    wander = smooth_noise(rng, nearest.shape, space.spacing_kji, max(0.3 * radius, 3.0))
    inside = front[outline.mask]
    farthest = max(float(np.quantile(inside, 0.97)), 1.0)
    progress = front / np.float32(farthest) * (1 + 0.15 * wander)
    return np.asarray(
        np.where(nearest <= 0, np.float32(2.0), 10.0 + np.float32(traits.fill_s) * progress), dtype=np.float32
    )
