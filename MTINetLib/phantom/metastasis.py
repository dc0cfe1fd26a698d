"""Metastases: a rim that enhances early and empties late around a centre that hardly enhances; often many.

Ring enhancement and targets: LI-RADS v2018 (LR-M); T1 1757 +- 723 ms, doi 10.1016/j.ejro.2020.100312. The
perfusion constants are ours, drawn wide.
"""

from __future__ import annotations

import numpy as np

from MTINetLib.phantom.canvas import Canvas
from MTINetLib.phantom.draws import Rng, chance, log_uniform, uniform
from MTINetLib.phantom.lesions import Outline
from MTINetLib.phantom.patient import Patient
from MTINetLib.phantom.tissues import METASTASIS, DrawnTissue
from MTINetLib.phantom.zones import Zone, core, grain, paint_zones, shell


def paint_metastasis(rng: Rng, canvas: Canvas, patient: Patient, outline: Outline) -> None:
    """One metastasis; one in six enhances as a whole (neuroendocrine, renal, melanoma)."""
    tissue = patient.draw(rng, METASTASIS)
    fine = grain(rng, canvas, outline, max(0.2 * outline.radius_mm, 3.5))
    texture = np.clip(1.0 + np.float32(uniform(rng, 0.05, 0.2)) * fine, 0.3, 2.0)
    tofts = patient.circulation.tofts
    if chance(rng, 0.16):
        whole = tofts(log_uniform(rng, 0.4, 1.2), uniform(rng, 0.14, 0.26), uniform(rng, 0.02, 0.08), 1.0)
        zones = [Zone(tissue, whole, vigour=texture)]
    else:
        middle = tofts(log_uniform(rng, 0.03, 0.15), uniform(rng, 0.12, 0.35), 0.005, 5.0)
        rim = tofts(log_uniform(rng, 0.25, 0.9), uniform(rng, 0.12, 0.22), uniform(rng, 0.02, 0.07), 1.0)
        thick = float(np.clip(uniform(rng, 0.12, 0.4) * outline.radius_mm, 1.5, 12.0))
        zones = [
            Zone(tissue, middle, vigour=texture),
            Zone(tissue, rim, share=shell(outline, 0.0, thick, 2.0), vigour=texture, t1_factor=0.85),
        ]
    if outline.radius_mm > 8.0 and chance(rng, 0.4):
        fluid = DrawnTissue(min(1.6 * tissue.t1_s, 3.2), 0.06, 0.95)
        zones.append(Zone(fluid, tofts(0.01, 0.05), share=core(rng, canvas, outline, uniform(rng, 0.2, 0.6))))
    paint_zones(canvas, patient, outline, zones, canvas.space.pixel_mm * uniform(rng, 1.0, 2.0))
