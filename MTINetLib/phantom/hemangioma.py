"""Hemangioma: a pool of slow blood that fills from nodules at its border towards its centre and stays bright.

Enhancing parts follow the aorta and later the blood pool; small ones fill at once (flash filling). The
pattern: Semelka RC et al., Radiology 1994;192:401-406; ACR LI-RADS v2018 (parallels blood pool). How often:
peripheral nodules 85 %, diffuse 11 % (WJG 2012;18:6269); a scar in 16 % (doi 10.7910/DVN/S3RW15). Giant ones
keep a large centre that does not fill within the examination.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from MTINetLib.phantom.canvas import Canvas, Field
from MTINetLib.phantom.draws import Rng, chance, uniform, unit_vector
from MTINetLib.phantom.kinetics import mix
from MTINetLib.phantom.lesions import Outline, Seat
from MTINetLib.phantom.noise_fields import smooth_noise
from MTINetLib.phantom.patient import FourValues, Patient
from MTINetLib.phantom.tissues import FIBROUS, HEMANGIOMA, DrawnTissue
from MTINetLib.phantom.zones import Zone, core, paint_zones, strands

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
        scar: depth in parts of the lesion's of a centre that never fills, 0 without one.
        septa_mm: distance of fibrous walls through a large one, 0 without.
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
    septa_mm: float
    edge_mm: float


def draw_hemangioma(rng: Rng, patient: Patient, diameter_mm: float, pixel_mm: float) -> HemangiomaTraits:
    flash = chance(rng, float(np.clip(1.3 - diameter_mm / 20.0, 0.03, 0.8)))
    size = float(np.clip(diameter_mm / 50.0, 0.2, 3.0))
    native, pool, share = _draw_blood(rng, patient)
    return HemangiomaTraits(
        native=native,
        pool=pool,
        blood_share=share,
        flash=flash,
        nodules=int(rng.integers(3, 9)),
        nodule_size=uniform(rng, 0.16, 0.36),
        fill_s=uniform(rng, 70.0, 150.0) * (0.6 + 0.7 * size),
        scar=_draw_scar(rng, diameter_mm),
        septa_mm=diameter_mm * uniform(rng, 0.3, 0.6) if diameter_mm > 50 and chance(rng, 0.3) else 0.0,
        edge_mm=pixel_mm,
    )


def _draw_scar(rng: Rng, diameter_mm: float) -> float:
    if diameter_mm <= 30.0 or not chance(rng, 0.45):
        return 0.0
    return uniform(rng, 0.35, 0.75) if diameter_mm > 60.0 and chance(rng, 0.5) else uniform(rng, 0.15, 0.4)


def _draw_blood(rng: Rng, patient: Patient) -> tuple[DrawnTissue, FourValues, float]:
    """Native tissue, pool and blood share; drawn until the filled parts stay brighter than the liver."""
    circulation = patient.circulation
    fresh = circulation.at_phases(circulation.arterial)
    mixed = circulation.at_phases(mix(circulation.arterial, 7.0))
    # The first nodules lie between the aorta and blood that has mixed a little.
    pool = np.array([0.0, 0.45 * fresh[1] + 0.55 * mixed[1], mixed[2], mixed[3]])
    for _ in range(60):
        drawn = patient.draw(rng, HEMANGIOMA)
        native = DrawnTissue(min(drawn.t1_s, 2.8), drawn.t2star_s, drawn.m0)
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
    zones = [Zone(native, np.ones(4), vigour=concentration)]
    fibrous = patient.draw(rng, FIBROUS)
    slow = circulation.tofts(0.03, 0.25)
    if traits.septa_mm > 0:
        walls = strands(rng, canvas, outline, traits.septa_mm, 1.5)
        zones.append(Zone(fibrous, slow, share=0.6 * walls))
    if traits.scar > 0:
        clot = DrawnTissue(native.t1_s * uniform(rng, 0.7, 1.2), native.t2star_s, native.m0)
        zones.append(Zone(clot, slow, share=core(rng, canvas, outline, traits.scar, 0.2)))
    paint_zones(canvas, patient, outline, zones, traits.edge_mm)


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
