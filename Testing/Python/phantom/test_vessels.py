"""Vessel trees."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from MTINetLib.phantom.canvas import Canvas, Space
from MTINetLib.phantom.draws import Streams
from MTINetLib.phantom.liver import Liver
from MTINetLib.phantom.patient import draw_patient
from MTINetLib.phantom.vessels import (
    Veins,
    grow_tree,
    join_points,
    paint_arteries_and_ducts,
    paint_veins,
    tree_weight,
)
from MTINetLib.study.anatomy import Organ
from MTINetLib.study.grid import Grid


def test_calibres_follow_murrays_law_and_grow_towards_the_root() -> None:
    rng = Streams(1, 0)("tree")
    tree = grow_tree(rng, [np.zeros(3)], rng.uniform(-60, 60, (40, 3)), tip_mm=1.0, root_mm=100.0)
    for node in range(len(tree.nodes)):
        children = np.flatnonzero(tree.parent == node)
        if len(children):
            np.testing.assert_allclose(tree.radius[node] ** 3, (tree.radius[children] ** 3).sum(), rtol=1e-9)
        if tree.parent[node] >= 0:
            assert tree.radius[node] <= tree.radius[tree.parent[node]] + 1e-9


def test_every_target_is_reached() -> None:
    rng = Streams(2, 0)("tree")
    targets = rng.uniform(-60, 60, (25, 3))
    tree = grow_tree(rng, [np.zeros(3)], targets, 1.0, 5.0)
    for target in targets:
        assert np.linalg.norm(tree.nodes - target, axis=1).min() < 1e-6


def test_a_straight_vessel_fills_its_own_volume() -> None:
    grid = Grid((60, 64, 64), (1.0, 1.0, 1.0), (-32.0, -32.0, -30.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
    space = Space.of(grid, np.zeros(3))
    rng = Streams(3, 0)("tree")
    tree = grow_tree(rng, [np.array([0.0, 0.0, -20.0])], np.array([[0.0, 0.0, 20.0]]), 6.0, 6.0)
    filled = float(tree_weight(space, tree).sum())
    expected = np.pi * 36.0 * 40.0 + 4 / 3 * np.pi * 216.0
    assert abs(filled / expected - 1) < 0.1


def test_veins_end_at_the_surface_of_the_liver_and_only_the_trunk_goes_on() -> None:
    grid = Grid((20, 30, 40), (2.0, 2.0, 2.0), (0.0, 0.0, 0.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
    space = Space.of(grid, np.array([40.0, 30.0, 20.0]))
    nothing, vein, trunk = (np.zeros(grid.shape, np.float32) for _ in range(3))
    vein[5, 15, :] = 1.0
    trunk[12, 15, :] = 1.0
    place = np.zeros(3)
    canvas = Canvas.blank(space)
    paint_veins(
        canvas,
        draw_patient(Streams(1, 0)("patient")),
        Liver(space.x, place, place, place),
        Veins(vein, nothing, trunk),
    )
    inside, outside = space.x[5, 15] < 0, space.x[5, 15] > 2
    assert set(canvas.anatomy[5, 15][inside]) == set(canvas.anatomy[12, 15][inside]) == {Organ.LIVER_VESSEL}
    assert set(canvas.anatomy[5, 15][outside]) == {Organ.BACKGROUND}
    assert set(canvas.anatomy[12, 15][outside]) == {Organ.GREAT_VESSEL}
    assert not canvas.signal[:, 5, 15][:, outside].any()


def test_arteries_run_beside_the_portal_vein_and_are_bright_first() -> None:
    grid = Grid((30, 60, 60), (2.0, 2.0, 2.0), (-59.0, -59.0, -29.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
    space = Space.of(grid, np.zeros(3))
    hilum = np.array([-50.0, 0.0, 0.0])
    rng = Streams(2, 0)("tree")
    portal = tree_weight(space, join_points(rng, hilum, np.array([50.0, 10.0, 5.0]), 5.0))
    nothing = np.zeros(grid.shape, np.float32)
    patient = draw_patient(Streams(1, 0)("patient"))
    canvas = Canvas.blank(space)
    liver = Liver(np.full(grid.shape, np.float32(-20.0)), hilum, hilum, hilum)
    paint_arteries_and_ducts(rng, canvas, patient, liver, Veins(portal, nothing, nothing))
    painted = canvas.signal[1] > 0.3 * patient.arterial_blood[1]
    near = ndimage.binary_dilation(portal > 0.5, iterations=6)
    assert painted.sum() > 20
    assert near[painted].all()
    assert canvas.signal[1].max() > 2.0 * canvas.signal[0].max()
