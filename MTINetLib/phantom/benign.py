"""Neither HCC nor hemangioma, and not malignant: FNH, abscess, treated lesion, cyst, biliary hamartoma.

T1 of cysts 3793 ms: doi 10.1016/j.ejro.2020.100312. Hypervascular others stay a little brighter than the
liver: 100 x liver / lesion 93.8 equilibrium, 96.0 delayed (BMC Cancer 2016;16:758). The rest is ours.
"""

from __future__ import annotations

import numpy as np

from MTINetLib.phantom.canvas import Canvas
from MTINetLib.phantom.draws import Rng, chance, log_uniform, uniform
from MTINetLib.phantom.lesions import Outline
from MTINetLib.phantom.patient import NO_CONTRAST, Patient
from MTINetLib.phantom.tissues import FIBROUS, HCC, WATERY, DrawnTissue
from MTINetLib.phantom.zones import Zone, core, grain, paint_zones, shell, strands


def paint_fnh(rng: Rng, canvas: Canvas, patient: Patient, outline: Outline) -> None:
    """Focal nodular hyperplasia: like liver but in the arterial phase; a scar fills late."""
    liver, radius = patient.liver, outline.radius_mm
    native = DrawnTissue(liver.t1_s * uniform(rng, 0.95, 1.15), liver.t2star_s * 1.1, liver.m0)
    first = patient.circulation.tofts(log_uniform(rng, 0.7, 1.6), uniform(rng, 0.18, 0.24), 0.05, 0.5)
    late = patient.liver_curve * uniform(rng, 1.0, 1.15)
    curve = np.array([0.0, max(first[1], 1.3 * late[1]), 0.35 * first[2] + 0.65 * late[2], late[3]])
    fine = grain(rng, canvas, outline, max(0.2 * radius, 3.5))
    zones = [Zone(native, curve, vigour=1.0 + np.float32(0.05) * fine)]
    if chance(rng, float(np.clip(radius / 25.0, 0.1, 0.7))):
        scar, slow = patient.draw(rng, FIBROUS), patient.circulation.tofts(0.1, 0.4, 0.02)
        native_scar = DrawnTissue(1.3 * scar.t1_s, scar.t2star_s, scar.m0)
        spokes = strands(rng, canvas, outline, 0.9 * radius, 0.08 * radius)
        middle = core(rng, canvas, outline, uniform(rng, 0.1, 0.25), 0.1)
        near = core(rng, canvas, outline, 0.6, 0.05)
        zones.append(Zone(native_scar, slow, share=np.maximum(middle, 0.8 * spokes * near)))
    paint_zones(canvas, patient, outline, zones)


def paint_abscess(rng: Rng, canvas: Canvas, patient: Patient, outline: Outline) -> None:
    """Pus behind an enhancing wall with septa, and a blush of the liver around it in the arterial phase."""
    radius, tofts = outline.radius_mm, patient.circulation.tofts
    _blush(rng, canvas, outline)
    pus = DrawnTissue(uniform(rng, 1.6, 3.0), 0.06, 0.95)
    tissue = patient.draw(rng, HCC)
    wall = tofts(log_uniform(rng, 0.15, 0.5), uniform(rng, 0.25, 0.45), 0.03, 2.0)
    thick = float(np.clip(uniform(rng, 0.12, 0.3) * radius, 1.5, 6.0))
    zones = [Zone(pus, tofts(0.01, 0.04)), Zone(tissue, wall, share=shell(outline, 0.0, thick, 2.0))]
    if chance(rng, 0.6):
        septa = strands(rng, canvas, outline, max(0.8 * radius, 6.0), uniform(rng, 1.0, 2.5))
        zones.append(Zone(tissue, wall, share=0.8 * septa))
    paint_zones(canvas, patient, outline, zones, canvas.space.pixel_mm * 1.5)


def _blush(rng: Rng, canvas: Canvas, outline: Outline) -> None:
    reach = uniform(rng, 3.0, 12.0)
    boost = np.float32(uniform(rng, 0.08, 0.35))
    near = np.clip(1.0 - outline.depth / np.float32(reach), 0.0, 1.0)
    canvas.signal[1][outline.box] *= 1.0 + boost * near


def paint_treated(rng: Rng, canvas: Canvas, patient: Patient, outline: Outline) -> None:
    """After ablation or embolisation: often bright before contrast, no enhancement, a thin rim."""
    liver = patient.liver
    bright = chance(rng, 0.6)
    factor = uniform(rng, 0.55, 0.9) if bright else uniform(rng, 1.1, 1.8)
    dead = DrawnTissue(factor * liver.t1_s, 0.8 * liver.t2star_s, liver.m0 * uniform(rng, 0.85, 1.0))
    fine = grain(rng, canvas, outline, max(0.25 * outline.radius_mm, 4.0))
    uneven = 1.0 + np.float32(uniform(rng, 0.04, 0.15)) * fine
    zones = [Zone(dead, patient.circulation.tofts(0.01, 0.03), t1_factor=np.clip(uneven, 0.5, 1.6))]
    if chance(rng, 0.5):
        middle = DrawnTissue(1.7 * liver.t1_s, liver.t2star_s, liver.m0)
        zones.append(Zone(middle, NO_CONTRAST, share=core(rng, canvas, outline, uniform(rng, 0.2, 0.6))))
    if chance(rng, 0.5):
        rim = patient.circulation.tofts(log_uniform(rng, 0.15, 0.5), 0.35, 0.03)
        thin = min(uniform(rng, 1.0, 3.0), 0.2 * outline.radius_mm)
        zones.append(Zone(patient.draw(rng, FIBROUS), rim, share=shell(outline, 0.0, thin, 1.5)))
    paint_zones(canvas, patient, outline, zones, canvas.space.pixel_mm * uniform(rng, 1.0, 2.0))


def paint_cyst(rng: Rng, canvas: Canvas, patient: Patient, outline: Outline) -> None:
    """Water behind no wall that could be seen; one in twelve bright before contrast (protein, blood)."""
    water = patient.draw(rng, WATERY)
    if chance(rng, 0.08):
        water = DrawnTissue(uniform(rng, 0.5, 1.2), 0.08, 0.95)
    zones = [Zone(water, NO_CONTRAST)]
    if outline.radius_mm > 10.0 and chance(rng, 0.15):
        thin = strands(rng, canvas, outline, 1.2 * outline.radius_mm, 0.8)
        zones.append(Zone(patient.draw(rng, FIBROUS), patient.circulation.tofts(0.1, 0.3), share=0.6 * thin))
    paint_zones(canvas, patient, outline, zones)


def paint_hamartoma(rng: Rng, canvas: Canvas, patient: Patient, outline: Outline) -> None:
    """Biliary hamartoma: a small cyst with stroma, which gives some a faint rim."""
    fluid = patient.draw(rng, WATERY)
    native = DrawnTissue(uniform(rng, 0.5, 1.0) * fluid.t1_s, 0.08, 0.95)
    stroma = patient.circulation.tofts(0.1, uniform(rng, 0.02, 0.12))
    zones = [Zone(native, stroma)]
    if chance(rng, 0.3):
        rim = patient.circulation.tofts(0.3, 0.3, 0.03)
        zones.append(Zone(patient.draw(rng, FIBROUS), rim, share=0.7 * shell(outline, 0.0, 1.0, 1.5)))
    paint_zones(canvas, patient, outline, zones)
