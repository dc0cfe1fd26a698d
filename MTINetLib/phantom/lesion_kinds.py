"""What lesions there are: their class, size, number, form, and how each kind is painted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from MTINetLib.phantom.benign import paint_abscess, paint_cyst, paint_fnh, paint_hamartoma, paint_treated
from MTINetLib.phantom.canvas import Canvas
from MTINetLib.phantom.cholangiocarcinoma import paint_cholangiocarcinoma
from MTINetLib.phantom.draws import Rng, log_uniform
from MTINetLib.phantom.hcc import draw_hcc, paint_hcc
from MTINetLib.phantom.hemangioma import draw_hemangioma, paint_hemangioma
from MTINetLib.phantom.lesions import Form, Outline, Seat
from MTINetLib.phantom.metastasis import paint_metastasis
from MTINetLib.phantom.patient import Patient
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA, OTHER

Painter = Callable[[Rng, Canvas, Patient, Outline], None]
#: Share, smallest and largest diameter in mm; within a band sizes are log-uniform.
Band = tuple[float, float, float]


@dataclass(frozen=True)
class Kind:
    """One kind of lesion.

    Args:
        lesion_class: what a model should answer.
        sizes: bands of diameters.
        counts: weights of one, two, ... in a study of which it is the main finding.
        form: how uneven its outline is.
        share: how often it is drawn among the kinds of its class.
    """

    lesion_class: str
    sizes: tuple[Band, ...]
    counts: tuple[float, ...]
    form: Form
    share: float = 1.0


_ONE_TO_FIVE = (0.5, 0.22, 0.13, 0.09, 0.06)
_MANY = tuple(1.0 / (1.0 + 0.5 * n) for n in range(12))

KINDS = {
    # Quartiles as in 87 real HCC (30, 48, 106 mm) for three fifths, small ones for surveillance otherwise.
    HCC: Kind(
        HCC,
        ((0.4, 5.0, 30.0), (0.16, 16.0, 27.0), (0.15, 27.0, 43.0), (0.15, 43.0, 90.0), (0.14, 90.0, 150.0)),
        _ONE_TO_FIVE,
        Form((0.06, 0.26), 4),
    ),
    HEMANGIOMA: Kind(
        HEMANGIOMA,
        ((0.55, 5.0, 25.0), (0.30, 25.0, 60.0), (0.15, 60.0, 150.0)),
        _ONE_TO_FIVE,
        Form((0.02, 0.14), 3),
    ),
    "metastasis": Kind(OTHER, ((0.7, 5.0, 25.0), (0.3, 25.0, 90.0)), _MANY, Form((0.03, 0.12), 2), 0.28),
    "cholangiocarcinoma": Kind(
        OTHER,
        ((0.3, 12.0, 32.0), (0.5, 32.0, 80.0), (0.2, 80.0, 130.0)),
        (0.75, 0.12, 0.13),
        Form((0.10, 0.22), 4),
        0.2,
    ),
    "fnh": Kind(OTHER, ((0.5, 8.0, 30.0), (0.5, 30.0, 90.0)), (0.8, 0.15, 0.05), Form((0.04, 0.10), 4), 0.14),
    "abscess": Kind(OTHER, ((1.0, 10.0, 90.0),), (0.6, 0.2, 0.1, 0.1), Form((0.06, 0.16), 4), 0.08),
    "treated": Kind(OTHER, ((1.0, 10.0, 60.0),), (0.7, 0.2, 0.1), Form((0.02, 0.08), 1), 0.12),
    "cyst": Kind(OTHER, ((0.75, 5.0, 25.0), (0.25, 25.0, 90.0)), _ONE_TO_FIVE, Form((0.01, 0.06), 1), 0.13),
    "hamartoma": Kind(
        OTHER, ((1.0, 5.0, 11.0),), (0.0, 0.0, 0.0, *(1.0 for _ in range(17))), Form((0.03, 0.10), 1), 0.03
    ),
}


def draw_kind(rng: Rng, lesion_class: str) -> str:
    """One of the kinds of a class, as often as each is met."""
    names = [name for name, kind in KINDS.items() if kind.lesion_class == lesion_class]
    shares = np.array([KINDS[name].share for name in names])
    return str(names[int(rng.choice(len(names), p=shares / shares.sum()))])


def draw_diameter(rng: Rng, kind: str, limits_mm: tuple[float, float]) -> float:
    """Millimetres from the kind's bands, log-uniform within a band, within the limits."""
    bands = KINDS[kind].sizes
    shares = np.array([share for share, _, _ in bands])
    _, low, high = bands[int(rng.choice(len(bands), p=shares / shares.sum()))]
    return float(np.clip(log_uniform(rng, low, high), *limits_mm))


def paint_lesion(rng: Rng, canvas: Canvas, patient: Patient, outline: Outline, seat: Seat, kind: str) -> None:
    """Draw a lesion's character and paint it."""
    pixel = canvas.space.pixel_mm
    if kind == HCC:
        paint_hcc(rng, canvas, patient, outline, draw_hcc(rng, patient, seat.diameter_mm, pixel))
    elif kind == HEMANGIOMA:
        traits = draw_hemangioma(rng, patient, seat.diameter_mm, pixel)
        paint_hemangioma(rng, canvas, patient, outline, seat, traits)
    else:
        _PAINTERS[kind](rng, canvas, patient, outline)


_PAINTERS: dict[str, Painter] = {
    "metastasis": paint_metastasis,
    "cholangiocarcinoma": paint_cholangiocarcinoma,
    "fnh": paint_fnh,
    "abscess": paint_abscess,
    "treated": paint_treated,
    "cyst": paint_cyst,
    "hamartoma": paint_hamartoma,
}
