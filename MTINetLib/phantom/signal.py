"""The spoiled gradient-echo signal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Protocol:
    """How the scanner excites and reads.

    Args:
        tr_s, te_s: repetition and echo time in seconds.
        flip_rad: flip angle in radians.
        field_t: field strength in tesla, 1.5 or 3.
        r1, r2: relaxivities of the contrast agent in L / (mmol s).
    """

    tr_s: float
    te_s: float
    flip_rad: float
    field_t: float
    r1: float
    r2: float


def spoiled_gradient_echo(
    protocol: Protocol,
    m0: npt.ArrayLike,
    t1_s: npt.ArrayLike,
    t2star_s: npt.ArrayLike,
    concentration_mm: npt.ArrayLike = 0.0,
) -> npt.NDArray[Any]:
    """Steady-state signal of an ideally spoiled gradient echo; all arguments broadcast.

    S = M0 sin(a) (1 - E1) / (1 - cos(a) E1) exp(-TE R2*), E1 = exp(-TR R1), with
    R1 = 1/T1 + r1 C and R2* = 1/T2* + r2 C (Haase 1986; fast water exchange).

    Args:
        protocol: times, angle and relaxivities.
        m0: equilibrium magnetisation, arbitrary units.
        t1_s, t2star_s: native relaxation times in seconds.
        concentration_mm: contrast agent in mmol per litre of tissue.
    """
    concentration = np.asarray(concentration_mm)
    rate1 = 1.0 / np.asarray(t1_s) + protocol.r1 * concentration
    rate2 = 1.0 / np.asarray(t2star_s) + protocol.r2 * concentration
    e1 = np.exp(-protocol.tr_s * rate1)
    cosine, sine = float(np.cos(protocol.flip_rad)), float(np.sin(protocol.flip_rad))
    return np.asarray(m0) * sine * (1.0 - e1) / (1.0 - cosine * e1) * np.exp(-protocol.te_s * rate2)
