"""Hepatocellular carcinoma: fed by the artery, uneven, brighter than the liver early and darker late.

The whole lesion brightens from the arterial to the portal venous phase, as real ones do (87 HCC in the public
repository LaFerraille/Liver-cancer-detection: portal / arterial 1.24, quartiles 1.08 to 1.35), and washes out
only against the liver (100 x liver / lesion 116 in the equilibrium and 113 in the delayed phase, BMC Cancer
2016;16:758). How often: arterial hyperenhancement 87 to 96 %, washout 48 to 75 %, capsule 23 % (doi
10.7910/DVN/S3RW15). The constants are fitted to these figures; ``mtinet bench --phantom`` compares.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from MTINetLib.phantom.canvas import Canvas, Field
from MTINetLib.phantom.draws import Rng, chance, log_uniform, uniform
from MTINetLib.phantom.lesions import Outline
from MTINetLib.phantom.patient import NO_CONTRAST, FourValues, Patient
from MTINetLib.phantom.tissues import FIBROUS, HCC, DrawnTissue
from MTINetLib.phantom.zones import Zone, core, grain, paint_zones, patches, shell, strands


@dataclass(frozen=True)
class HccTraits:
    """One tumour's character.

    Args:
        native: its viable tissue without contrast agent.
        curve: contrast agent in viable tissue at the four phases, mmol/L.
        capsule_mm: thickness of a late-enhancing capsule, 0 without one.
        mosaic: strength of the patchwork inside, 0 to about 1.
        septa_mm: distance of the walls through it, 0 without.
        necrosis: share of the depth that is dead, 0 to about 0.6.
        fatty: share of signal that fat in some patches takes away under fat suppression, 0 without.
        edge_mm: width of its border, wide where it infiltrates.
        hypovascular: no arterial hyperenhancement.
    """

    native: DrawnTissue
    curve: FourValues
    capsule_mm: float
    mosaic: float
    septa_mm: float
    necrosis: float
    fatty: float
    edge_mm: float
    hypovascular: bool


def draw_hcc(rng: Rng, patient: Patient, diameter_mm: float, pixel_mm: float) -> HccTraits:
    large = float(np.clip(np.log(diameter_mm / 15.0) / np.log(8.0), 0.0, 1.0))
    hypovascular = chance(rng, 0.04)
    infiltrating = chance(rng, 0.3 * large)
    return HccTraits(
        native=_draw_native(rng, patient),
        curve=_draw_curve(rng, patient, hypovascular),
        capsule_mm=_draw_capsule(rng, diameter_mm) if chance(rng, 0.15 + 0.2 * large) else 0.0,
        mosaic=uniform(rng, 0.45, 0.9) + large * uniform(rng, 0.0, 0.9),
        septa_mm=diameter_mm * uniform(rng, 0.25, 0.5) if chance(rng, 0.6 * large) else 0.0,
        necrosis=uniform(rng, 0.1, 0.5) if chance(rng, 0.65 * large) else 0.0,
        fatty=uniform(rng, 0.15, 0.4) if chance(rng, 0.2) else 0.0,
        edge_mm=pixel_mm * (uniform(rng, 1.8, 4.0) if infiltrating else uniform(rng, 1.0, 1.5)),
        hypovascular=hypovascular,
    )


def _draw_capsule(rng: Rng, diameter_mm: float) -> float:
    """1 to 3 mm, but never so thick that it outweighs the inside; none below 12 mm."""
    return min(uniform(rng, 1.0, 3.0), 0.055 * diameter_mm) if diameter_mm >= 12.0 else 0.0


def _draw_native(rng: Rng, patient: Patient) -> DrawnTissue:
    """Mostly darker than the liver before contrast; one in eight bright (fat, copper, glycogen, blood)."""
    native = patient.draw(rng, HCC)
    if chance(rng, 0.13):
        return DrawnTissue(uniform(rng, 0.7, 0.97) * patient.liver.t1_s, native.t2star_s, native.m0)
    t1 = 0.5 * native.t1_s + 0.5 * uniform(rng, 1.0, 1.6) * patient.liver.t1_s
    return DrawnTissue(t1, native.t2star_s, native.m0)


def _draw_curve(rng: Rng, patient: Patient, hypovascular: bool) -> FourValues:
    """Slow enough that the whole keeps brightening into the portal venous phase."""
    circulation = patient.circulation
    if hypovascular:
        return circulation.tofts(log_uniform(rng, 0.08, 0.2), uniform(rng, 0.15, 0.26), 0.01, 4.0)
    ktrans, ve, vp = log_uniform(rng, 0.19, 0.42), uniform(rng, 0.15, 0.30), uniform(rng, 0.01, 0.05)
    return circulation.tofts(ktrans, ve, vp, lag_s=uniform(rng, 1.5, 4.0))


def paint_hcc(rng: Rng, canvas: Canvas, patient: Patient, outline: Outline, traits: HccTraits) -> None:
    """Paint the tumour: patches of viable tissue, walls, dead regions, and a capsule that fills late."""
    radius, native = outline.radius_mm, traits.native
    coarse = patches(rng, canvas, outline, max(0.4 * radius, 4.0))
    fine = grain(rng, canvas, outline, max(0.14 * radius, 3.5))
    other = patches(rng, canvas, outline, max(0.3 * radius, 4.0))
    mosaic = np.float32(traits.mosaic)
    viable = Zone(
        native,
        traits.curve,
        vigour=_vigour(mosaic, coarse, fine),
        t1_factor=np.clip(1.0 + 0.26 * mosaic * other + 0.04 * fine, 0.5, 2.0),
        m0_factor=1.0 + 0.07 * mosaic * coarse + 0.08 * mosaic * fine,
    )
    zones = [viable]
    if traits.fatty > 0:
        fat = DrawnTissue(0.8 * native.t1_s, native.t2star_s, native.m0 * (1.0 - traits.fatty))
        zones.append(Zone(fat, traits.curve, share=np.clip(1.5 * other - 0.2, 0.0, 1.0)))
    fibrous = patient.draw(rng, FIBROUS)
    late = patient.circulation.tofts(0.12, 0.45, 0.04)
    if traits.septa_mm > 0:
        walls = strands(rng, canvas, outline, traits.septa_mm, uniform(rng, 0.8, 2.0))
        zones.append(Zone(fibrous, late, share=0.8 * walls))
    if traits.necrosis > 0:
        zones.append(_dead(rng, canvas, patient, outline, traits))
    if traits.capsule_mm > 0:
        rim = shell(outline, 0.0, traits.capsule_mm, canvas.space.pixel_mm)
        zones.append(Zone(fibrous, late, share=rim))
    paint_zones(canvas, patient, outline, zones, traits.edge_mm)


def _vigour(mosaic: np.float32, coarse: Field, fine: Field) -> Field:
    """Unevenness of the contrast agent by phase: strongest in the arterial phase, before it has spread."""
    uneven = mosaic * (0.5 * coarse + 0.28 * fine) + 0.05 * fine
    strength = np.array([0.0, 1.2, 0.9, 0.9], dtype=np.float32)[:, None, None, None]
    return np.asarray(np.clip(1.0 + strength * uneven[None], 0.1, 2.5), dtype=np.float32)


def _dead(rng: Rng, canvas: Canvas, patient: Patient, outline: Outline, traits: HccTraits) -> Zone:
    """Fluid or clotted blood deep inside: dark, seldom bright before contrast, hardly any enhancement."""
    bloody = chance(rng, 0.2)
    factor = uniform(rng, 0.55, 0.8) if bloody else uniform(rng, 1.3, 2.2)
    native = DrawnTissue(factor * traits.native.t1_s, traits.native.t2star_s, traits.native.m0)
    trace = patient.circulation.tofts(0.02, 0.08) if chance(rng, 0.8) else NO_CONTRAST
    return Zone(native, trace, share=core(rng, canvas, outline, traits.necrosis, 0.3))
