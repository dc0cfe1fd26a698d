"""Kinds of lesions: how many, how large, of which class, and what each shows."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import numpy as np
import pytest
from scipy import ndimage

from MTINetLib.errors import InputError
from MTINetLib.phantom.case import PhantomCase, PhantomSettings, make_case
from MTINetLib.phantom.draws import Streams
from MTINetLib.phantom.lesion_kinds import KINDS, draw_diameter
from MTINetLib.phantom.lesion_plan import LesionShares, draw_plan
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA, OTHER

DEFAULT = LesionShares(
    none=0.12,
    hcc=0.42,
    hemangioma=0.28,
    other=0.30,
    mixed=0.2,
    cysts=0.15,
    counts=None,
    diameter_mm=(5.0, 150.0),
)


@lru_cache(maxsize=32)
def one(kind: str, diameter: float, seed: int = 21) -> PhantomCase:
    settings = PhantomSettings(
        slices=(24, 24),
        matrix=(160, 160),
        lesion_plan=((kind, diameter),),
        snr=(60.0, 60.0),
        mistimed_share=0.0,
    )
    return make_case(seed, 0, settings)


def against_liver(kind: str, diameter: float, seed: int = 21) -> np.ndarray:
    """The true curve over the median of the liver that is no lesion."""
    case = one(kind, diameter, seed)
    liver = case.liver & (case.labels == 0)
    return np.array(case.lesions[0].curve) / [np.median(volume[liver]) for volume in case.study.volumes]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_painted_labelled_and_named(kind: str) -> None:
    (lesion,) = one(kind, 30.0).lesions
    assert (lesion.kind, lesion.lesion_class) == (kind, KINDS[kind].lesion_class)
    assert one(kind, 30.0).labels.max() == 1


def test_a_class_in_the_plan_draws_one_of_its_kinds() -> None:
    assert one(OTHER, 30.0).lesions[0].lesion_class == OTHER


def test_a_kind_that_there_is_not_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"'lymphoma'.*metastasis"):
        one("lymphoma", 30.0)


def test_about_a_third_of_the_drawn_lesions_are_others() -> None:
    plans = [draw_plan(Streams(2, index)("plan"), DEFAULT) for index in range(1500)]
    assert 0.09 < np.mean([not plan for plan in plans]) < 0.15
    found = Counter(KINDS[kind].lesion_class for plan in plans for kind, _ in plan)
    assert 0.28 < found[OTHER] / found.total() < 0.45
    assert found[HCC] > found[HEMANGIOMA] > 0.15 * found.total()
    kinds = {kind for plan in plans for kind, _ in plan}
    assert kinds == set(KINDS)


def test_sizes_reach_from_small_ones_to_150_mm() -> None:
    rng = Streams(1, 0)("diameters")
    hcc = np.array([draw_diameter(rng, HCC, (5.0, 150.0)) for _ in range(3000)])
    assert hcc.min() >= 5
    assert 140 < hcc.max() <= 150
    assert 0.25 < np.mean(hcc < 20) < 0.45
    assert np.mean(hcc < 10) > 0.1
    assert np.mean(hcc > 90) > 0.08
    assert all(5 <= draw_diameter(rng, kind, (5.0, 40.0)) <= 40 for kind in KINDS for _ in range(50))


def test_a_cyst_is_dark_in_every_phase() -> None:
    seeds = [seed for seed in range(21, 26) if (against_liver("cyst", 40.0, seed) < 0.75).all()]
    assert len(seeds) >= 4


def test_a_hyperplasia_is_bright_early_and_like_the_liver_late() -> None:
    ratios = np.median([against_liver("fnh", 35.0, seed) for seed in range(21, 26)], axis=0)
    assert ratios[1] > 1.2
    assert 0.9 < ratios[3] < 1.15
    assert ratios[1] > ratios[3] + 0.1


def test_a_cholangiocarcinoma_fills_late_in_its_centre() -> None:
    """Arterial: brighter outside than inside; from there to the delayed phase the centre gains more."""
    gains = []
    for seed in range(21, 26):
        case = one("cholangiocarcinoma", 70.0, seed)
        inside = case.labels == 1
        depth = ndimage.distance_transform_edt(inside, case.study.grid.spacing[::-1])
        middle, border = depth > 0.6 * depth.max(), inside & (depth < 0.3 * depth.max())
        arterial, delayed = case.study.volumes[1], case.study.volumes[3]
        gain = [delayed[part].mean() / arterial[part].mean() for part in (middle, border)]
        gains.append(gain[0] / gain[1])
    assert np.median(gains) > 1.05


def test_a_giant_hemangioma_keeps_an_unfilled_centre() -> None:
    shares = []
    for seed in range(21, 26):
        case = one(HEMANGIOMA, 120.0, seed)
        liver = np.median(case.study.volumes[3][case.liver & (case.labels == 0)])
        shares.append(np.mean(case.study.volumes[3][case.labels == 1] < liver))
    assert np.median(shares) > 0.1
