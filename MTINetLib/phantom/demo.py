"""The demo's study: an oblique stack with one HCC and one hemangioma."""

from __future__ import annotations

from MTINetLib.phantom.case import PhantomCase, PhantomSettings, make_case
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA

DEMO_SEED = 14

DEMO_SETTINGS = PhantomSettings(
    slices=(40, 40),
    matrix=(256, 256),
    tilt_deg=14.0,
    oblique_share=1.0,
    lesion_plan=((HCC, 31.5), (HEMANGIOMA, 28.0)),
    mistimed_share=0.0,
    fault_share=0.0,
    snr=(22.0, 28.0),
)


def make_demo_case() -> PhantomCase:
    """The same study every time: an HCC of about 35 mm (label 1), a hemangioma of about 24 mm (label 2).

    An easy one: both are large, and the scan is a good one.
    """
    return make_case(DEMO_SEED, 0, DEMO_SETTINGS)
