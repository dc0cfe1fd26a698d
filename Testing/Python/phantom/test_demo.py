"""The demo's study."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from MTINetLib import analyze, load_model
from MTINetLib.demo import compare_with_truth
from MTINetLib.phantom.case import PhantomCase
from MTINetLib.phantom.demo import make_demo_case


@lru_cache(maxsize=1)
def the_demo() -> PhantomCase:
    return make_demo_case()


def test_the_demo_is_oblique_and_holds_one_lesion_of_each_class() -> None:
    demo = the_demo()
    hcc, hemangioma = demo.lesions
    assert (hcc.lesion_class, hemangioma.lesion_class) == ("hcc", "hemangioma")
    assert hcc.diameter_mm == pytest.approx(35.0, abs=4.0)
    assert hemangioma.diameter_mm == pytest.approx(25.0, abs=4.0)
    assert demo.study.grid.shape[0] == 40
    tilt_deg = np.degrees(np.arccos(demo.study.grid.direction_matrix[2, 2]))
    assert 1.0 < tilt_deg < 25.0


def test_the_demos_hcc_washes_out_against_the_liver_and_its_hemangioma_stays_bright() -> None:
    demo = the_demo()
    liver = demo.liver & (demo.labels == 0)
    parenchyma = np.array([np.median(volume[liver]) for volume in demo.study.volumes])
    hcc, hemangioma = (np.array(lesion.curve) / parenchyma for lesion in demo.lesions)
    assert hcc[1] > 1.1
    assert hcc[3] < 0.95
    assert hemangioma[0] < 0.9
    assert hemangioma[3] > 1.05


def test_the_shipped_model_finds_and_names_both() -> None:
    demo = the_demo()
    rows, false_positives = compare_with_truth(demo, demo.study, analyze(demo.study, load_model()))
    assert false_positives == ()
    assert [row.found.lesion_class for row in rows if row.found] == ["hcc", "hemangioma"]
    assert all(row.dice is not None and row.dice > 0.85 for row in rows)
