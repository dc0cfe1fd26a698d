"""The demo's study: an oblique stack with one HCC and one hemangioma."""

from __future__ import annotations

from MTINetLib.phantom.case import PhantomCase, PhantomSettings, make_case
from MTINetLib.phantom.lesion_kinds import TEXTBOOK_HCC
from MTINetLib.study.lesion_class import HEMANGIOMA

DEMO_SEED = 6

DEMO_SETTINGS = PhantomSettings(
    slices=(40, 40),
    matrix=(256, 256),
    tilt_deg=14.0,
    oblique_share=1.0,
    lesion_plan=((TEXTBOOK_HCC, 33.0), (HEMANGIOMA, 28.0)),
    mistimed_share=0.0,
    fault_share=0.0,
    snr=(22.0, 28.0),
)


def make_demo_case() -> PhantomCase:
    """The same study every time: about 36 mm HCC (label 1), about 32 mm hemangioma (label 2)."""
    return make_case(DEMO_SEED, 0, DEMO_SETTINGS)
