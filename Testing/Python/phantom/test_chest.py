"""Lungs and the legs of the diaphragm."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from MTINetLib.phantom.body import Walls, draw_build
from MTINetLib.phantom.canvas import Canvas, Space
from MTINetLib.phantom.chest import paint_crura, paint_lungs
from MTINetLib.phantom.draws import Streams
from MTINetLib.phantom.great_vessels import draw_great_vessels, paint_great_vessels
from MTINetLib.phantom.patient import Patient, draw_patient
from MTINetLib.study.anatomy import Organ
from MTINetLib.study.grid import Grid

GRID = Grid((36, 60, 70), (4.0, 4.0, 5.0), (-138.0, -118.0, -87.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
SPACE = Space.of(GRID, np.zeros(3))
WALLS = Walls(
    np.maximum(np.abs(SPACE.x) - 130, np.abs(SPACE.y) - 95),
    np.maximum(np.abs(SPACE.x) - 115, np.abs(SPACE.y) - 80),
    SPACE.z - np.float32(30.0),
    np.full(SPACE.shape, np.float32(0.1)),
)
BUILD = draw_build(Streams(1, 0)("build"))


@pytest.fixture(scope="module")
def patient() -> Patient:
    return draw_patient(Streams(4, 1)("patient"))


def lungs(patient: Patient, index: int) -> Canvas:
    canvas = Canvas.blank(SPACE)
    paint_lungs(Streams(1, index)("lungs"), canvas, patient, BUILD, WALLS)
    return canvas


def test_nothing_of_the_lungs_lies_below_the_diaphragm_or_in_the_wall(patient: Patient) -> None:
    for index in range(12):
        painted = lungs(patient, index).signal[1] > 0
        assert painted[(SPACE.z > 40) & (WALLS.cavity < -10)].mean() > 0.95
        assert not painted[(SPACE.z < 25) | (WALLS.cavity > 3)].any()


def test_some_bases_have_collapsed_and_enhance_like_tissue(patient: Patient) -> None:
    base = (SPACE.z > 30) & (SPACE.z < 36) & (SPACE.y > 50) & (WALLS.cavity < -4)
    brightest = [float(np.quantile(lungs(patient, index).signal[1][base], 0.9)) for index in range(24)]
    liver = float(patient.liver_signal[1])
    collapsed = np.mean(np.array(brightest) > 0.8 * liver)
    assert 0.05 < collapsed < 0.6
    assert np.median(brightest) < 0.5 * liver


def test_the_crura_leave_the_great_vessels_free(patient: Patient) -> None:
    vessels = draw_great_vessels(Streams(2, 0)("great vessels"), BUILD)
    canvas = Canvas.blank(SPACE)
    paint_crura(Streams(2, 0)("crura"), canvas, patient, BUILD, vessels)
    muscle = (canvas.signal[0] > 0).sum()
    assert muscle > 50
    paint_great_vessels(Streams(2, 0)("paint"), canvas, patient, vessels)
    assert (canvas.anatomy == Organ.GREAT_VESSEL).sum() > 300


def test_the_cava_is_dark_below_the_kidneys_in_the_arterial_phase_only(patient: Patient) -> None:
    vessels = draw_great_vessels(Streams(3, 0)("great vessels"), BUILD)
    canvas = Canvas.blank(SPACE)
    paint_great_vessels(Streams(3, 0)("paint"), canvas, patient, vessels)
    cava = np.array([canvas.signal[:, k, j, i] for k, j, i in _voxels(vessels.cava_at)])
    low, high = cava[:5], cava[-8:]
    assert np.median(low[:, 1]) < 0.9 * np.median(high[:, 1])
    assert np.median(low[:, 3]) == pytest.approx(np.median(high[:, 3]), rel=0.25)
    aorta = np.array([canvas.signal[:, k, j, i] for k, j, i in _voxels(vessels.aorta_at)])
    assert np.median(aorta[:, 1]) > 1.3 * np.median(cava[:, 1])


def _voxels(middle_at: Callable[[float], np.ndarray]) -> np.ndarray:
    places = np.array([middle_at(z) for z in np.arange(-85.0, 50.0, 5.0)])
    return np.rint(SPACE.index_of(places)).astype(int)
