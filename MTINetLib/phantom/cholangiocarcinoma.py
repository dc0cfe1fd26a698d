"""Mass-forming cholangiocarcinoma: a cellular border that enhances early, a fibrous centre that fills late.

LI-RADS v2018 (LR-M: rim enhancement, delayed central enhancement). Of 23 in the public repository
LaFerraille/Liver-cancer-detection the whole-lesion ratios are 1.24 (portal / arterial) and 0.97 (delayed /
portal).
"""

from __future__ import annotations

import numpy as np

from MTINetLib.phantom.canvas import Canvas
from MTINetLib.phantom.draws import Rng, chance, log_uniform, uniform
from MTINetLib.phantom.lesions import Outline
from MTINetLib.phantom.patient import Patient
from MTINetLib.phantom.tissues import CHOLANGIOCARCINOMA, FIBROUS, DrawnTissue
from MTINetLib.phantom.zones import Zone, core, grain, paint_zones, patches, shell


def paint_cholangiocarcinoma(rng: Rng, canvas: Canvas, patient: Patient, outline: Outline) -> None:
    tofts, radius = patient.circulation.tofts, outline.radius_mm
    tissue, scar = patient.draw(rng, CHOLANGIOCARCINOMA), patient.draw(rng, FIBROUS)
    uneven = np.float32(uniform(rng, 0.1, 0.35)) * patches(rng, canvas, outline, max(0.3 * radius, 4.0))
    uneven = uneven + np.float32(0.12) * grain(rng, canvas, outline, max(0.15 * radius, 3.5))
    texture = np.clip(1.0 + uneven, 0.2, 2.2)
    centre = tofts(log_uniform(rng, 0.07, 0.2), uniform(rng, 0.3, 0.5), uniform(rng, 0.0, 0.02), 4.0)
    border = tofts(log_uniform(rng, 0.25, 0.7), uniform(rng, 0.16, 0.3), uniform(rng, 0.02, 0.05), 2.0)
    thick = float(np.clip(uniform(rng, 0.15, 0.45) * radius, 2.0, 18.0))
    wander = 0.3 * np.float32(thick) * grain(rng, canvas, outline, max(0.5 * radius, 4.0))
    zones = [
        Zone(tissue, centre, vigour=texture, t1_factor=1.0 + 0.3 * uneven),
        Zone(tissue, border, share=shell(outline, wander - 0.3 * thick, 1.3 * thick, 3.0), vigour=texture),
    ]
    if chance(rng, 0.5):
        slow = tofts(log_uniform(rng, 0.05, 0.12), uniform(rng, 0.4, 0.6), 0.0, 5.0)
        zones.append(Zone(scar, slow, share=core(rng, canvas, outline, uniform(rng, 0.2, 0.5))))
    if radius > 20.0 and chance(rng, 0.3):
        dead = DrawnTissue(1.6 * tissue.t1_s, tissue.t2star_s, tissue.m0)
        zones.append(
            Zone(dead, tofts(0.02, 0.1), share=core(rng, canvas, outline, uniform(rng, 0.1, 0.4), 0.4))
        )
    paint_zones(canvas, patient, outline, zones, canvas.space.pixel_mm * uniform(rng, 1.2, 3.0))
