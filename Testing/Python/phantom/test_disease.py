"""Diffuse disease."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from MTINetLib.phantom.body import Walls
from MTINetLib.phantom.canvas import Canvas, Space
from MTINetLib.phantom.disease import (
    Disease,
    close_portal_vein,
    distend,
    draw_disease,
    paint_ascites,
    paint_fat,
)
from MTINetLib.phantom.draws import Rng, Streams
from MTINetLib.phantom.liver import Liver, paint_liver
from MTINetLib.phantom.patient import Patient, draw_patient
from MTINetLib.phantom.vessels import Veins, join_points, paint_veins, tree_weight
from MTINetLib.study.anatomy import Organ
from MTINetLib.study.grid import Grid

HEALTHY = Disease(fat=0.0, iron=1.0, ascites_mm=0.0, thrombosis="none", collaterals=False)
GRID = Grid((30, 50, 50), (4.0, 4.0, 4.0), (-98.0, -98.0, -58.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
SPACE = Space.of(GRID, np.zeros(3))
MIDDLE = np.sqrt(SPACE.x**2 + SPACE.y**2 + SPACE.z**2)
LIVER = Liver(
    MIDDLE - np.float32(50.0), np.array([0.0, 0.0, -10.0]), np.zeros(3), np.array([20.0, -40.0, 0.0])
)
WALLS = Walls(
    MIDDLE - np.float32(75), MIDDLE - np.float32(60), SPACE.z - np.float32(55), np.zeros_like(MIDDLE)
)


@pytest.fixture
def patient() -> Patient:
    return draw_patient(rng())


def rng() -> Rng:
    return Streams(4, 1)("part")


def painted(patient: Patient) -> Canvas:
    canvas = Canvas.blank(SPACE)
    paint_liver(rng(), canvas, patient, LIVER)
    return canvas


def test_fat_and_iron_darken_the_liver_and_leave_the_rest(patient: Patient) -> None:
    for ill in (replace(HEALTHY, fat=0.2), replace(HEALTHY, iron=0.2)):
        changed = ill.of(patient)
        assert (changed.liver_signal < 0.9 * patient.liver_signal).all()
        np.testing.assert_array_equal(changed.portal_blood, patient.portal_blood)
    assert HEALTHY.of(patient) == patient


def test_fat_that_is_not_suppressed_makes_up_for_what_it_took(patient: Patient) -> None:
    fatty = replace(HEALTHY, fat=0.25)
    suppressed, bright = painted(patient), painted(patient)
    paint_fat(rng(), suppressed, LIVER, WALLS, fatty)
    paint_fat(rng(), bright, LIVER, replace(WALLS, fat_factor=np.ones_like(MIDDLE)), fatty)
    inside = suppressed.anatomy == Organ.LIVER
    assert np.median(bright.signal[0][inside]) > 1.2 * np.median(suppressed.signal[0][inside])
    np.testing.assert_array_equal(bright.signal[:, ~inside], painted(patient).signal[:, ~inside])


def test_ascites_lies_around_the_liver_and_within_the_wall(patient: Patient) -> None:
    wet = replace(HEALTHY, ascites_mm=10.0)
    walls = distend(WALLS, wet)
    assert (walls.cavity < WALLS.cavity).all()
    canvas = Canvas.blank(SPACE)
    paint_ascites(rng(), canvas, patient, walls, LIVER, wet)
    fluid = canvas.signal[0] > 0.5 * canvas.signal[0].max()
    assert fluid[(LIVER.distance > 0) & (LIVER.distance < 4) & (SPACE.z < 40)].mean() > 0.9
    assert not fluid[walls.cavity > 4].any()
    assert distend(WALLS, HEALTHY) is WALLS


def test_a_closed_portal_vein_does_not_enhance_and_its_lobe_does_so_early(patient: Patient) -> None:
    tree = join_points(rng(), LIVER.hilum, np.array([-35.0, 0.0, 0.0]), 7.0)
    veins = Veins(tree_weight(SPACE, tree), np.zeros_like(MIDDLE), np.zeros_like(MIDDLE))
    canvases = []
    for branch in ("none", "right"):
        canvas = painted(patient)
        paint_veins(canvas, patient, LIVER, veins)
        close_portal_vein(rng(), canvas, patient, LIVER, veins, replace(HEALTHY, thrombosis=branch))
        canvases.append(canvas)
    open_vein, closed = canvases
    lumen = (veins.portal > 0.9) & (SPACE.x < -15)
    assert np.median(closed.signal[2][lumen]) < 0.8 * np.median(open_vein.signal[2][lumen])
    right, left = ((open_vein.anatomy == Organ.LIVER) & (sign * SPACE.x > 30) for sign in (-1, 1))
    assert np.median(closed.signal[1][right] / open_vein.signal[1][right]) > 1.03
    np.testing.assert_allclose(closed.signal[1][left], open_vein.signal[1][left], rtol=0.02)
    np.testing.assert_array_equal(closed.anatomy, open_vein.anatomy)


def test_cirrhosis_brings_ascites_thrombosis_and_collaterals() -> None:
    def share(cirrhosis: float) -> np.ndarray:
        drawn = [draw_disease(Streams(1, n)("disease"), cirrhosis) for n in range(300)]
        return np.array(
            [
                np.mean([one.ascites_mm > 0 for one in drawn]),
                np.mean([one.thrombosis != "none" for one in drawn]),
                np.mean([one.collaterals for one in drawn]),
            ]
        )

    assert (share(0.95) > 1.5 * share(0.1)).all()
    assert (share(0.95) < 0.6).all()
