"""What tissues are made of: relaxation times, water content and the contrast agent's constants.

Relaxation times of the abdomen, both fields: de Bazelaire CMJ et al., Radiology 2004;230:652-659 (mean T1;
the SDs are widened where six volunteers showed little spread).
Blood, cord: Stanisz GJ et al., Magn Reson Med 2005;54:507-512.
Lesions: Eur J Radiol Open 2020, doi 10.1016/j.ejro.2020.100312 (HCC 1056 +- 292 ms, hemangioma 2524 +-
908 ms, metastasis 1757 +- 723 ms, cyst 3793 +- 207 ms); BMC Med Imaging 2022, doi 10.1186/s12880-022-00873-8
(3 T: hemangioma against cyst at 2423 ms, benign against malignant at 1636 ms). The values of hemangioma and
metastasis here lie between the two, that of cholangiocarcinoma is ours.
T2* is not tabulated for most of these tissues; the values are ours, below T2, and drawn wide. Water content
(relative M0) is rounded from ordinary tissue composition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from MTINetLib.phantom.draws import Rng, normal, uniform
from MTINetLib.phantom.signal import Protocol


@dataclass(frozen=True)
class Tissue:
    """Native magnetic properties: T1 in ms at 3 T and 1.5 T, its SD at 3 T, T2* in ms, relative M0."""

    t1_3t_ms: float
    t1_15t_ms: float
    t1_sd_ms: float
    t2star_ms: float
    m0: float


@dataclass(frozen=True)
class DrawnTissue:
    """One patient's tissue at one field: T1 and T2* in seconds, relative M0."""

    t1_s: float
    t2star_s: float
    m0: float


LIVER = Tissue(809, 586, 71, 22, 0.75)
SPLEEN = Tissue(1328, 1057, 60, 35, 0.82)
KIDNEY_CORTEX = Tissue(1142, 966, 100, 45, 0.84)
KIDNEY_MEDULLA = Tissue(1545, 1412, 120, 45, 0.86)
PANCREAS = Tissue(725, 584, 71, 28, 0.76)
MUSCLE = Tissue(898, 856, 45, 22, 0.74)
MARROW = Tissue(586, 549, 73, 8, 0.55)
FAT = Tissue(382, 343, 15, 40, 0.90)
BLOOD = Tissue(1932, 1441, 85, 45, 0.85)  # Stanisz 2005
CORD = Tissue(993, 745, 47, 40, 0.78)  # Stanisz 2005
HCC = Tissue(1130, 850, 190, 24, 0.77)
HEMANGIOMA = Tissue(2100, 1600, 420, 45, 0.88)
METASTASIS = Tissue(1500, 1150, 350, 32, 0.82)
CHOLANGIOCARCINOMA = Tissue(1350, 1050, 250, 30, 0.80)
WATERY = Tissue(3600, 3200, 250, 200, 1.0)  # cyst, spinal fluid, plain bile, stomach water
DISC = Tissue(1100, 950, 100, 25, 0.70)
GUT_WALL = Tissue(1150, 950, 100, 28, 0.78)
SKIN = Tissue(900, 750, 80, 12, 0.55)
LUNG = Tissue(1200, 1150, 100, 1.5, 0.22)
FIBROUS = Tissue(1000, 800, 100, 18, 0.68)


class Supply(NamedTuple):
    """Arguments of :meth:`~MTINetLib.phantom.kinetics.Circulation.tofts`: how blood feeds a tissue."""

    ktrans_per_min: float
    ve: float
    vp: float
    lag_s: float = 0.0


# Fitted to the enhancement indices of gadobutrol at 55 and 90 s (AJR 2009;193:1318-1323): spleen 2.41 and
# 2.23, pancreas 1.39 and 1.36, renal cortex 2.63 and 2.63.
SPLEEN_SUPPLY = Supply(0.45, 0.30, 0.02)
PANCREAS_SUPPLY = Supply(0.45, 0.38, 0.06)
CORTEX_SUPPLY = Supply(0.45, 0.48, 0.10)

# Gadobutrol in human plasma at 37 C, L / (mmol s): r1 4.78 (1.5 T) and 4.97 (3 T), Szomolanyi P et al.,
# Invest Radiol 2019;54:559-564; r2 6.1 (1.5 T) and 7.1 (3 T), Rohrer M et al., Invest Radiol 2005;40:715-724.
GADOBUTROL_R1 = {1.5: 4.78, 3.0: 4.97}
GADOBUTROL_R2 = {1.5: 6.1, 3.0: 7.1}


def draw_protocol(rng: Rng) -> Protocol:
    """A fat-suppressed 3-D spoiled gradient echo as vendors set it (VIBE, LAVA, THRIVE); mostly at 3 T."""
    field = 3.0 if rng.random() < 0.7 else 1.5
    return Protocol(
        tr_s=uniform(rng, 3.0e-3, 5.5e-3),
        te_s=uniform(rng, 1.1e-3, 2.4e-3),
        flip_rad=uniform(rng, 9.0, 15.0) * 0.017453292519943295,
        field_t=field,
        r1=GADOBUTROL_R1[field] * uniform(rng, 0.85, 1.1),
        r2=GADOBUTROL_R2[field],
    )


def draw_tissue(rng: Rng, tissue: Tissue, protocol: Protocol) -> DrawnTissue:
    """One patient's value of a tissue, within about two standard deviations of the published mean."""
    mean = tissue.t1_3t_ms if protocol.field_t > 2 else tissue.t1_15t_ms
    spread = 1.0 + normal(rng, 0.0, tissue.t1_sd_ms / tissue.t1_3t_ms, -0.35, 0.35)
    return DrawnTissue(
        t1_s=mean * spread / 1000.0,
        t2star_s=tissue.t2star_ms * uniform(rng, 0.75, 1.3) / 1000.0,
        m0=tissue.m0 * uniform(rng, 0.94, 1.06),
    )
