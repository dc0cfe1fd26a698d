"""HCC and organs of the phantom, measured as the real ones were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.mask_mesh import mask_shape
from MTINetLib.phantom.case import PhantomSettings, make_case
from MTINetLib.phantom.draws import Streams, log_uniform
from MTINetLib.phantom.patient import draw_patient
from MTINetLib.phantom.tissues import (
    CORTEX_SUPPLY,
    KIDNEY_CORTEX,
    PANCREAS,
    PANCREAS_SUPPLY,
    SPLEEN,
    SPLEEN_SUPPLY,
)
from MTINetLib.study.lesion_class import HCC

_PHASES = ("before", "arterial", "portal", "delayed")
#: Sizes as they come to MRI: quarters between the quantiles of the 87 real HCC, mm.
_SIZES = ((13.0, 22.0), (22.0, 36.0), (36.0, 82.0), (82.0, 150.0))


def hcc_figures(seed: int, index: int) -> dict[str, float] | None:
    """One scanned HCC of a size as in the clinic; None where it found no room.

    Returns:
        The figures of phantom_real.REAL_HCC, and the lesion over the liver in each phase (``arterial over
        liver`` and so on).
    """
    rng = Streams(seed, index)("size")
    diameter = log_uniform(rng, *_SIZES[index % 4])
    settings = PhantomSettings(
        slices=(36, 48), matrix=(192, 256), lesion_plan=((HCC, diameter),), breathing=False
    )
    case = make_case(seed, index, settings)
    if not case.lesions:
        return None
    mask, liver = case.labels == 1, case.liver & (case.labels == 0)
    found: dict[str, float] = {}
    means = []
    for name, volume in zip(_PHASES, case.study.volumes, strict=True):
        inside = volume[mask].astype(np.float64)
        means.append(float(inside.mean()))
        low, high = np.quantile(inside, (0.1, 0.9))
        found[f"variation, {name}"] = float(inside.std()) / means[-1]
        found[f"p90 / p10, {name}"] = float(high) / max(float(low), 1.0)
        found[f"{name} over liver"] = means[-1] / float(np.median(volume[liver]))
    found["portal / arterial"] = means[2] / means[1]
    found["delayed / arterial"] = means[3] / means[1]
    found["delayed / portal"] = means[3] / means[2]
    shape = mask_shape(mask, case.study.grid.spacing[::-1])
    found["sphericity"], found["largest diameter, mm"] = shape.sphericity, shape.diameter_mm
    return found


def organ_figures(seed: int, index: int) -> dict[str, float]:
    """Signal over that before contrast in one patient, with protocol and times of AJR 2009;193:1318."""
    own = draw_patient(Streams(seed, index)("patient")).circulation.times_s
    drawn = draw_patient(Streams(seed, index)("patient"), times_s=(0.0, own[1], 55.0, 90.0))
    protocol = replace(drawn.protocol, tr_s=3.35e-3, te_s=1.35e-3, flip_rad=float(np.radians(12.0)))
    patient = replace(drawn, protocol=protocol)
    aorta, at = patient.arterial_blood, patient.circulation
    found = {"aorta, arterial / before": float(aorta[1] / aorta[0])}
    rng = Streams(seed, index)("organs")
    curves = {
        "spleen": (patient.draw(rng, SPLEEN), at.tofts(*SPLEEN_SUPPLY)),
        "pancreas": (patient.draw(rng, PANCREAS), at.tofts(*PANCREAS_SUPPLY)),
        "renal cortex": (patient.draw(rng, KIDNEY_CORTEX), at.tofts(*CORTEX_SUPPLY)),
        "liver": (patient.liver, patient.liver_curve),
    }
    for name, (tissue, curve) in curves.items():
        signal = patient.signal(tissue, curve)
        found[f"{name}, 55 s / before"] = float(signal[2] / signal[0])
        found[f"{name}, 90 s / before"] = float(signal[3] / signal[0])
    return found
