"""Vessel trees inside the liver: branches grow to points of the liver, calibres follow Murray's law."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from MTINetLib.phantom.canvas import Canvas, Field, Point, Space
from MTINetLib.phantom.draws import Rng, chance, uniform
from MTINetLib.phantom.liver import Liver
from MTINetLib.phantom.patient import NO_CONTRAST, Patient
from MTINetLib.phantom.tissues import WATERY
from MTINetLib.study.anatomy import Organ


@dataclass(frozen=True)
class Tree:
    """Nodes [n, 3] in patient mm, their parents (-1 for a root), and radii in mm towards the parent."""

    nodes: Point
    parent: np.ndarray
    radius: Point


def grow_tree(rng: Rng, roots: list[Point], targets: Point, tip_mm: float, root_mm: float) -> Tree:
    """Connect every target to the nearest node so far, nearest targets first.

    Calibre: the parent's cube is the sum of the children's cubes (Murray CD, PNAS 1926;12:207-214).

    Args:
        rng: for the branches' gentle bends.
        roots: connected points where the tree starts, the first one is the inlet.
        targets: [n, 3] points to reach.
        tip_mm, root_mm: smallest radius, and largest radius allowed at the root.
    """
    nodes, parent = [roots[0]], [-1]
    for point in roots[1:]:
        _connect(rng, nodes, parent, point, 0)
    order = np.argsort(np.linalg.norm(targets - roots[0], axis=1))
    for point in targets[order]:
        known = np.array(nodes)
        # A little pull towards the root keeps long branches from zigzagging between tips.
        cost = np.linalg.norm(known - point, axis=1) + 0.15 * np.linalg.norm(known - roots[0], axis=1)
        _connect(rng, nodes, parent, point, int(np.argmin(cost)))
    links = np.array(parent)
    cubes = np.zeros(len(nodes))
    has_child = np.zeros(len(nodes), dtype=bool)
    has_child[links[links >= 0]] = True
    cubes[~has_child] = tip_mm**3
    for node in range(len(nodes) - 1, 0, -1):
        cubes[links[node]] += cubes[node]
    return Tree(np.array(nodes), links, np.minimum(np.cbrt(cubes), root_mm))


def _connect(rng: Rng, nodes: list[Point], parent: list[int], point: Point, start: int) -> None:
    begin = nodes[start]
    length = float(np.linalg.norm(point - begin))
    steps = max(1, round(length / 10.0))
    bend = rng.normal(0.0, 0.06 * length, 3)
    at = start
    for step in range(1, steps + 1):
        t = step / steps
        nodes.append(begin + t * (point - begin) + np.sin(np.pi * t) * bend)
        parent.append(at)
        at = len(nodes) - 1


def join_points(rng: Rng, first: Point, last: Point, radius_mm: float) -> Tree:
    """One gently bent vessel between two points."""
    nodes, parent = [first], [-1]
    _connect(rng, nodes, parent, last, 0)
    return Tree(np.array(nodes), np.array(parent), np.full(len(nodes), radius_mm))


def tree_weight(space: Space, tree: Tree) -> Field:
    """Share of each voxel that the tree's lumen fills, float32 [K, J, I]."""
    weight = np.zeros(space.shape, dtype=np.float32)
    # Distances do not change with the grid's rotation: work along the grid's own axes.
    if not len(tree.nodes):
        return weight
    index = space.index_of(tree.nodes)
    steps = np.array(space.spacing_kji)
    places = index * steps
    edge = space.pixel_mm
    axes = [np.arange(n) * step for n, step in zip(space.shape, steps, strict=True)]
    for node in range(len(tree.nodes)):
        up = int(tree.parent[node])
        if up < 0:
            continue
        radius = float(tree.radius[node])
        reach = radius + edge
        low = np.minimum(places[node], places[up]) - reach
        high = np.maximum(places[node], places[up]) + reach
        first = np.maximum(np.ceil(low / steps), 0).astype(int)
        last = np.minimum(np.floor(high / steps).astype(int) + 1, space.shape)
        if np.any(first >= last):
            continue
        box = tuple(slice(int(a), int(b)) for a, b in zip(first, last, strict=True))
        start, along = places[up], places[node] - places[up]
        pk, pj, pi = (axis[s] - begin for axis, s, begin in zip(axes, box, start, strict=True))
        pk, pj, pi = pk[:, None, None], pj[None, :, None], pi[None, None, :]
        t = (pk * along[0] + pj * along[1] + pi * along[2]) / max(float(along @ along), 1e-6)
        t = np.clip(t, 0.0, 1.0)
        distance = np.sqrt((pk - t * along[0]) ** 2 + (pj - t * along[1]) ** 2 + (pi - t * along[2]) ** 2)
        lumen = np.clip(0.5 - (distance - radius) / edge, 0.0, 1.0).astype(np.float32)
        np.maximum(weight[box], lumen, out=weight[box])
    return weight


@dataclass(frozen=True)
class Veins:
    """Share of each voxel that veins fill, float32 [K, J, I]: in the liver, and the portal trunk outside."""

    portal: Field
    hepatic: Field
    trunk: Field


def grow_veins(rng: Rng, space: Space, liver: Liver) -> Veins:
    """A portal tree from the hilum, with its trunk, and hepatic veins to the vena cava."""
    inside = np.argwhere(liver.distance < -4.0)
    if len(inside) < 200:
        nothing = np.zeros(space.shape, dtype=np.float32)
        return Veins(nothing, nothing, nothing)
    tips = space.point_at(inside[rng.integers(0, len(inside), 170)])
    count = int(rng.integers(55, 95))
    fork_right = liver.hilum + np.array([-24.0, 2.0, 10.0])
    fork_left = liver.hilum + np.array([30.0, -22.0, 16.0])
    calibre = uniform(rng, 5.0, 8.0)
    portal = grow_tree(
        rng, [liver.hilum, fork_right, fork_left], tips[:count], uniform(rng, 0.9, 1.6), calibre
    )
    down = liver.outflow
    mains = [down + np.array(v) for v in ((-42.0, 6.0, -22.0), (-16.0, -36.0, -22.0), (22.0, -30.0, -16.0))]
    hepatic = grow_tree(
        rng,
        [down, *mains],
        tips[count : count + int(rng.integers(40, 70))],
        uniform(rng, 0.9, 1.6),
        uniform(rng, 3.5, 6.0),
    )
    trunk = tree_weight(space, grow_portal_trunk(rng, liver.hilum, calibre))
    return Veins(tree_weight(space, portal), tree_weight(space, hepatic), trunk)


def grow_portal_trunk(rng: Rng, hilum: Point, calibre_mm: float) -> Tree:
    """The portal vein from the hilum to where splenic and mesenteric vein meet, and a piece of both."""
    meeting = hilum + np.array([26.0, 14.0, -44.0]) + rng.normal(0.0, 4.0, 3)
    spleen = meeting + np.array([62.0, 18.0, 22.0]) + rng.normal(0.0, 8.0, 3)
    mesentery = meeting + np.array([2.0, -6.0, -70.0]) + rng.normal(0.0, 6.0, 3)
    nodes, parent = [hilum], [-1]
    _connect(rng, nodes, parent, meeting, 0)
    thick = len(nodes)
    for end in (spleen, mesentery):
        _connect(rng, nodes, parent, end, thick - 1)
    radius = np.full(len(nodes), 0.75 * calibre_mm)
    radius[:thick] = calibre_mm
    return Tree(np.array(nodes), np.array(parent), radius)


def grow_twigs(rng: Rng, space: Space, liver: Liver, stems: Point) -> Tree:
    """Fine branches from known vessels, points ``stems`` [n, 3] in mm, to points of the liver."""
    inside = np.argwhere(liver.distance < -3.0)
    nodes: list[Point] = []
    parent: list[int] = []
    radii: list[float] = []
    if len(inside) and len(stems):
        for tip in space.point_at(inside[rng.integers(0, len(inside), int(rng.integers(30, 90)))]):
            away = np.linalg.norm(stems - tip, axis=1)
            start = int(np.argmin(away))
            if 6.0 < away[start] < 40.0:
                nodes.append(stems[start])
                parent.append(-1)
                _connect(rng, nodes, parent, tip, len(nodes) - 1)
                radii += [uniform(rng, 0.5, 1.3)] * (len(nodes) - len(radii))
    return Tree(np.array(nodes).reshape(-1, 3), np.array(parent, dtype=int), np.array(radii))


def paint_veins(canvas: Canvas, patient: Patient, liver: Liver, veins: Veins) -> None:
    """What lies of them in the liver, and the trunk."""
    in_liver = liver.distance < 1.5
    canvas.paint(veins.trunk * ~in_liver, patient.portal_blood, organ=Organ.GREAT_VESSEL)
    portal = np.maximum(veins.portal, veins.trunk)
    for lumen, blood in ((veins.hepatic, patient.venous_blood), (portal, patient.portal_blood)):
        canvas.paint(lumen * in_liver, blood, organ=Organ.LIVER_VESSEL)


def paint_arteries_and_ducts(rng: Rng, canvas: Canvas, patient: Patient, liver: Liver, veins: Veins) -> None:
    """Beside the portal tree: arteries, which are bright dots early on, and at times wide ducts."""
    space = canvas.space
    inside = liver.distance < 0
    along = np.argwhere((veins.portal > 0.6) & inside)
    if len(along) < 30:
        return
    wide_ducts = chance(rng, 0.05)
    for is_duct in (False, True) if wide_ducts else (False,):
        targets = space.point_at(along[rng.integers(0, len(along), int(rng.integers(15, 45)))])
        beside = rng.normal(0.0, 2.0, 3) + np.array([0.0, -3.0, 1.0])
        tip = uniform(rng, 0.8, 2.0) if is_duct else 0.45
        root = uniform(rng, 3.0, 7.0) if is_duct else uniform(rng, 1.2, 2.2)
        tree = grow_tree(rng, [liver.hilum + beside], targets + beside, tip, root)
        blood = patient.signal(patient.draw(rng, WATERY), NO_CONTRAST) if is_duct else patient.arterial_blood
        organ = Organ.LIVER if is_duct else Organ.LIVER_VESSEL
        canvas.paint(tree_weight(space, tree) * inside, blood, organ=organ)
