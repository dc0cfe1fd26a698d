"""Hepatocellular carcinoma: arterial blood only, quick in and quick out.

Fed by the artery without portal inflow, with a small distribution volume, an HCC is brighter than the
liver in the late arterial phase and darker once the portal blood has filled the liver (LI-RADS v2018: APHE,
washout, enhancing capsule). Constants are drawn around the arterial flow and volumes collected by
Thng CH et al., World J Gastroenterol 2010;16:1598-1609, and wider than there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from MTINetLib.phantom.canvas import Canvas, Field, soft
from MTINetLib.phantom.draws import Rng, chance, log_uniform, uniform
from MTINetLib.phantom.lesions import Outline
from MTINetLib.phantom.noise_fields import smooth_noise
from MTINetLib.phantom.patient import FourValues, Patient
from MTINetLib.phantom.tissues import FIBROUS, HCC, DrawnTissue

#: What a typical tumour shows against the liver: the lowest arterial and the highest delayed signal ratio.
TYPICAL_ARTERIAL_RATIO = 1.28
TYPICAL_DELAYED_RATIO = 0.90


@dataclass(frozen=True)
class HccTraits:
    """One tumour's character.

    Args:
        native: its viable tissue without contrast agent.
        curve: contrast agent in viable tissue at the four phases, mmol/L.
        capsule_mm: thickness of a late-enhancing capsule, 0 without one.
        mosaic: strength of the patchwork inside, 0 to about 1.
        necrosis: share of the interior that is dead, 0 to about 0.5.
        edge_mm: width of its border, wide where it infiltrates.
        atypical: weak arterial enhancement or hardly any washout.
    """

    native: DrawnTissue
    curve: FourValues
    capsule_mm: float
    mosaic: float
    necrosis: float
    edge_mm: float
    atypical: bool


def draw_hcc(rng: Rng, patient: Patient, diameter_mm: float, pixel_mm: float) -> HccTraits:
    large = float(np.clip((diameter_mm - 15.0) / 40.0, 0.0, 1.0))
    atypical = chance(rng, 0.06)
    infiltrating = chance(rng, 0.3 * large)
    native, curve = _draw_atypical(rng, patient) if atypical else _draw_typical(rng, patient)
    return HccTraits(
        native=native,
        curve=curve,
        capsule_mm=_draw_capsule(rng, diameter_mm) if chance(rng, 0.25 + 0.3 * large) else 0.0,
        mosaic=uniform(rng, 0.0, 0.3) + large * uniform(rng, 0.0, 0.8),
        necrosis=uniform(rng, 0.08, 0.45) if chance(rng, 0.45 * large) else 0.0,
        edge_mm=pixel_mm * (uniform(rng, 1.5, 2.6) if infiltrating else 1.0),
        atypical=atypical,
    )


def _draw_capsule(rng: Rng, diameter_mm: float) -> float:
    """1 to 2.6 mm, but never so thick that it outweighs the inside; none below 12 mm."""
    return min(uniform(rng, 1.0, 2.6), 0.055 * diameter_mm) if diameter_mm >= 12.0 else 0.0


def _draw_native(rng: Rng, patient: Patient) -> DrawnTissue:
    """Mostly darker than the liver before contrast; one in eight iso or bright (fat, copper, glycogen)."""
    native = patient.draw(rng, HCC)
    bright = chance(rng, 0.12)
    factor = uniform(rng, 0.78, 0.98) if bright else uniform(rng, 1.05, 1.7)
    t1 = 0.5 * native.t1_s + 0.5 * factor * patient.liver.t1_s if not bright else factor * patient.liver.t1_s
    return DrawnTissue(t1, native.t2star_s, native.m0)


def _draw_typical(rng: Rng, patient: Patient) -> tuple[DrawnTissue, FourValues]:
    """Draw until arterial enhancement and washout are those of the textbook; the last draw stands."""
    liver = patient.liver_signal
    for _ in range(60):
        native = _draw_native(rng, patient)
        ktrans, ve, vp = log_uniform(rng, 0.6, 2.5), uniform(rng, 0.09, 0.21), uniform(rng, 0.03, 0.11)
        curve = patient.circulation.tofts(ktrans, ve, vp, lag_s=uniform(rng, 0.0, 2.0))
        ratio = patient.signal(native, curve) / liver
        if ratio[1] >= TYPICAL_ARTERIAL_RATIO and ratio[3] <= TYPICAL_DELAYED_RATIO:
            break
    return native, curve


def _draw_atypical(rng: Rng, patient: Patient) -> tuple[DrawnTissue, FourValues]:
    """Either hardly any arterial enhancement, or hardly any washout."""
    native = _draw_native(rng, patient)
    if chance(rng, 0.5):
        return native, patient.circulation.tofts(log_uniform(rng, 0.15, 0.35), uniform(rng, 0.1, 0.18), 0.02)
    return native, patient.circulation.tofts(log_uniform(rng, 0.7, 1.6), uniform(rng, 0.21, 0.25), 0.05)


def paint_hcc(rng: Rng, canvas: Canvas, patient: Patient, outline: Outline, traits: HccTraits) -> None:
    """Paint the tumour: viable tissue in patches, dead regions, and a capsule that fills late."""
    space, box, native = canvas.space, outline.box, traits.native
    shape, spacing = outline.depth.shape, space.spacing_kji
    radius = outline.radius_mm
    patches = _patchwork(rng, shape, spacing, max(0.35 * radius, 3.0))
    fine = smooth_noise(rng, shape, spacing, 4.5)
    vigour = np.clip(1.0 + np.float32(0.5 * traits.mosaic) * patches + 0.05 * fine, 0.25, 2.0)
    alive = _alive(rng, outline, spacing, traits.necrosis)
    dead = patient.circulation.tofts(0.02, 0.08)
    late = patient.circulation.tofts(0.12, 0.45, 0.04)
    t1_map = np.float32(native.t1_s) * (1.0 + np.float32(0.15 * traits.mosaic) * patches)
    t1_map = t1_map * (1.0 + 0.45 * (1.0 - alive))
    concentration = np.empty((4, *shape), dtype=np.float32)
    rim = _rim(outline, traits.capsule_mm, space.pixel_mm)
    for phase in range(4):
        tissue = alive * vigour * np.float32(traits.curve[phase]) + (1.0 - alive) * np.float32(dead[phase])
        concentration[phase] = tissue + rim * (np.float32(late[phase]) - tissue)
    fibrous = patient.draw(rng, FIBROUS)
    t1_map = t1_map + rim * (np.float32(fibrous.t1_s) - t1_map)
    signal = patient.field_signal(native.m0, t1_map, native.t2star_s, concentration)
    canvas.paint(soft(outline.depth, traits.edge_mm), signal, box)


def _patchwork(
    rng: Rng, shape: tuple[int, ...], spacing: tuple[float, float, float], scale_mm: float
) -> Field:
    """Patches with fairly sharp borders, about -1 to 1."""
    return np.asarray(np.tanh(2.0 * smooth_noise(rng, shape, spacing, scale_mm)), dtype=np.float32)


def _alive(rng: Rng, outline: Outline, spacing: tuple[float, float, float], necrosis: float) -> Field:
    if necrosis <= 0:
        return np.ones(outline.depth.shape, dtype=np.float32)
    radius = outline.radius_mm
    wander = smooth_noise(rng, outline.depth.shape, spacing, max(0.5 * radius, 4.0))
    # Dead tissue lies deep: the threshold moves outwards as more of the tumour dies.
    depth = -outline.depth / np.float32(radius) + np.float32(0.25) * wander
    return np.asarray(
        np.clip((np.float32(1.0 - 1.1 * necrosis) - depth) * np.float32(radius / 2.0) + 0.5, 0.0, 1.0),
        dtype=np.float32,
    )


def _rim(outline: Outline, thickness_mm: float, pixel_mm: float) -> Field:
    if thickness_mm <= 0:
        return np.zeros(outline.depth.shape, dtype=np.float32)
    away = np.abs(outline.depth + np.float32(thickness_mm / 2)) - np.float32(thickness_mm / 2)
    return soft(away, pixel_mm)
