"""One patient on one scanner: tissues turned into four signal values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.phantom.draws import Rng, log_uniform, uniform
from MTINetLib.phantom.kinetics import Circulation, draw_circulation
from MTINetLib.phantom.signal import Protocol, spoiled_gradient_echo
from MTINetLib.phantom.tissues import BLOOD, LIVER, DrawnTissue, Tissue, draw_protocol, draw_tissue

FourValues = npt.NDArray[np.float64]
NO_CONTRAST: FourValues = np.zeros(4)


@dataclass(frozen=True)
class Patient:
    """Protocol, circulation, and the tissues that several parts share.

    Args:
        protocol, circulation: of the examination.
        blood: native blood.
        liver: native parenchyma of this patient.
        liver_curve: contrast agent in the parenchyma at the four phases, mmol/L.
        inflow: part of their T1 that blood in the aorta and in veins seems to have, because fresh blood flows
            into the slab; fitted to an enhancement index of 2.24 in the aorta (AJR 2009;193:1318-1323).
        cirrhosis: 0 for a smooth healthy liver to 1 for coarse cirrhosis.
    """

    protocol: Protocol
    circulation: Circulation
    blood: DrawnTissue
    liver: DrawnTissue
    liver_curve: FourValues
    inflow: tuple[float, float]
    cirrhosis: float

    def signal(self, tissue: DrawnTissue, concentration: FourValues) -> FourValues:
        """Four signal values of a uniform tissue."""
        return spoiled_gradient_echo(self.protocol, tissue.m0, tissue.t1_s, tissue.t2star_s, concentration)

    def draw(self, rng: Rng, tissue: Tissue) -> DrawnTissue:
        return draw_tissue(rng, tissue, self.protocol)

    def field_signal(
        self, m0: npt.ArrayLike, t1_s: npt.ArrayLike, t2star_s: npt.ArrayLike, concentration: npt.ArrayLike
    ) -> npt.NDArray[Any]:
        """Signal of voxel-wise properties; ``concentration`` is [4, k, j, i] in mmol/L."""
        return spoiled_gradient_echo(self.protocol, m0, t1_s, t2star_s, concentration)

    @property
    def arterial_blood(self) -> FourValues:
        """Four signal values of the aorta."""
        return self._flowing(self.circulation.arterial, self.inflow[0])

    @property
    def portal_blood(self) -> FourValues:
        return self._flowing(self.circulation.portal, self.inflow[1])

    @property
    def venous_blood(self) -> FourValues:
        return self._flowing(self.circulation.venous, self.inflow[1])

    def _flowing(self, curve: FourValues, inflow: float) -> FourValues:
        blood = replace(self.blood, t1_s=inflow * self.blood.t1_s)
        return self.signal(blood, self.circulation.at_phases(curve))

    @property
    def liver_signal(self) -> FourValues:
        return self.signal(self.liver, self.liver_curve)


def draw_patient(
    rng: Rng, mistimed_share: float = 0.0, times_s: tuple[float, float, float, float] | None = None
) -> Patient:
    """Draw protocol, circulation and liver.

    ``mistimed_share`` of the arterial phases are early or late; ``times_s`` stands for the drawn times.

    The liver's flow, arterial share and distribution volume move from the healthy towards the cirrhotic
    ranges reported by dual-input studies (Hagiwara M et al., Radiology 2008;246:926-934; Materne R et al.,
    Magn Reson Med 2002;47:135-142; review: Thng CH et al., World J Gastroenterol 2010;16:1598-1609).
    Flow and volume drawn are those of a single well-mixed compartment whose signal enhances as published for
    gadobutrol and a 12-degree VIBE: 0.94 at 55 s and 1.04 at 90 s (AJR 2009;193:1318-1323).
    """
    protocol = draw_protocol(rng)
    circulation = draw_circulation(rng, mistimed_share)
    if times_s is not None:
        circulation = replace(circulation, times_s=times_s)
    blood = draw_tissue(rng, BLOOD, protocol)
    liver = draw_tissue(rng, LIVER, protocol)
    cirrhosis = float(rng.beta(0.8, 1.6))
    flow = log_uniform(rng, 0.3, 0.6) * (1.0 - 0.25 * cirrhosis)
    share = uniform(rng, 0.10, 0.20) + 0.08 * cirrhosis
    volume = uniform(rng, 0.22, 0.32) + 0.04 * cirrhosis
    curve = circulation.liver(flow, share, volume, lag_s=uniform(rng, 1.0, 4.0))
    # Iron shortens T2* and fat dilutes water: both mild here, drawn once for the whole liver.
    liver = DrawnTissue(liver.t1_s, liver.t2star_s * log_uniform(rng, 0.6, 1.15), liver.m0)
    inflow = (uniform(rng, 0.25, 0.38), uniform(rng, 0.5, 0.9))
    return Patient(protocol, circulation, blood, liver, curve, inflow, cirrhosis)
