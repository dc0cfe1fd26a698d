"""Smooth deformation of one phase onto the reference, after the rigid registration.

Squared differences of self-similarity descriptors, a lattice of cubic B-splines with a bending penalty, and
Gauss-Newton steps whose matrix depends on the reference alone: it is factorised once for all phases, and a
step then costs hardly more than looking the descriptors up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK
from scipy import linalg, ndimage, sparse

from MTINetLib.registration.descriptors import self_similarity
from MTINetLib.registration.lattice import IntArray, Lattice
from MTINetLib.registration.motion import CoarsePhase, Mask, Reference
from MTINetLib.study.grid import FloatArray
from MTINetLib.study.study import Volume

#: Distance of the control points: organs bend over centimetres, contrast changes over millimetres.
_DISTANCE_MM = 50.0
#: How much bending costs beside differing descriptors. On phantoms 0.005 to 0.03 did alike, 0.1 did worse.
_STIFFNESS = 0.008
_STIFF_LENGTH_MM = 40.0
_POINTS = 15_000
_SEED = 20240315
#: Descriptors blurred on voxels twice as large find the way, sharp ones the place.
_COARSE_BLUR = 0.8
_COARSE_STEPS, _FINE_STEPS = 5, 6
_FIELD_MM = 6.0


@dataclass(frozen=True)
class _Level:
    """Descriptors of the reference at the sampled points, their gradients and the factorised matrices.

    ``factor`` voxels of the registration's grid make one of this level along each axis.
    """

    factor: int
    wanted: Volume
    gradients: Volume
    stiffness: float
    factors: tuple[FloatArray, FloatArray, FloatArray]


@dataclass(frozen=True)
class SmoothTarget:
    """The reference, made ready once for the smooth registration of all phases."""

    reference: Reference
    lattice: Lattice
    bending: FloatArray
    weights: sparse.csr_array
    points: FloatArray
    levels: tuple[_Level, _Level]

    @staticmethod
    def of(reference: Reference) -> SmoothTarget:
        """The body's voxels of the reference are looked at."""
        points = _sampled_points(reference)
        spacing = reference.grid.spacing
        lattice = Lattice.over(reference.grid.shape, (spacing[2], spacing[1], spacing[0]), _DISTANCE_MM)
        numbers, weights = lattice.at(points)
        starts = np.arange(0, weights.size + 1, weights.shape[1])
        spread = sparse.csr_array((weights.ravel(), numbers.ravel(), starts), (len(points), lattice.size))
        bending = lattice.bending_energy()
        sharp, blurred = _pyramid(reference.phase.array)
        levels = [
            _level(factor, descriptors, lattice, bending, points, numbers, weights)
            for factor, descriptors in ((2, blurred), (1, sharp))
        ]
        return SmoothTarget(reference, lattice, bending, spread, points, (levels[0], levels[1]))


def register_smoothly(target: SmoothTarget, moving: CoarsePhase, rigid: Any) -> Any | None:
    """A rigid and a smooth transform in one, from points of the target to the moving volume's, LPS mm.

    The same volumes give the same transform. None where the best fit would fold tissue over itself.

    Args:
        rigid: where the registration starts, from register_rigidly; None starts where the volumes lie.
    """
    moved, known = target.reference.bring(moving, rigid)
    sharp, blurred = _pyramid(moved)
    coefficients = np.zeros((target.lattice.size, 3))
    for level, descriptors, steps in (
        (target.levels[0], blurred, _COARSE_STEPS),
        (target.levels[1], sharp, _FINE_STEPS),
    ):
        for _ in range(steps):
            coefficients = coefficients + _step(target, level, descriptors, known, coefficients)
    return _transform(target, coefficients, rigid)


def _pyramid(array: Volume) -> tuple[Volume, Volume]:
    """Descriptors [K, J, I, 12] at full resolution, and blurred at half of it."""
    sharp = self_similarity(array)
    odd = [(0, count % 2) for count in array.shape]
    even = np.pad(sharp, (*odd, (0, 0)), mode="edge")
    k, j, i = (count // 2 for count in even.shape[:3])
    halved = even.reshape(k, 2, j, 2, i, 2, -1).mean(axis=(1, 3, 5))
    return sharp, ndimage.gaussian_filter(halved, (_COARSE_BLUR,) * 3 + (0,), truncate=3.0)


def _sampled_points(reference: Reference) -> FloatArray:
    points = np.argwhere(reference.inside if reference.inside.any() else np.ones_like(reference.inside))
    chosen = np.random.default_rng(_SEED).permutation(len(points))[:_POINTS]
    return np.asarray(points[chosen], dtype=np.float64)


def _level(
    factor: int,
    descriptors: Volume,
    lattice: Lattice,
    bending: FloatArray,
    points: FloatArray,
    numbers: IntArray,
    weights: FloatArray,
) -> _Level:
    own = _on_level(points, factor)
    gradients = np.stack(
        [
            (_look_up(descriptors, own + step) - _look_up(descriptors, own - step)) / (2 * factor * size)
            for step, size in zip(np.eye(3), lattice.voxel_mm, strict=True)
        ],
        axis=-1,
    )
    steepness = np.square(gradients).sum(axis=1)
    scale = float(steepness.mean()) or 1.0
    stiffness = _STIFFNESS * scale * _STIFF_LENGTH_MM**4
    resting = stiffness * bending + 1e-6 * scale * np.eye(lattice.size)
    factors = [
        linalg.cholesky(_normal_matrix(lattice, numbers, weights, steepness[:, axis]) + resting, lower=True)
        for axis in range(3)
    ]
    return _Level(
        factor, _look_up(descriptors, own), gradients, stiffness, (factors[0], factors[1], factors[2])
    )


def _normal_matrix(
    lattice: Lattice, numbers: IntArray, weights: FloatArray, steepness: FloatArray
) -> FloatArray:
    """The mean of steepness times outer products of weights, [n, n], cell by cell of the lattice."""
    matrix = np.zeros((lattice.size, lattice.size))
    order = np.argsort(numbers[:, 0], kind="stable")
    firsts = np.flatnonzero(np.diff(numbers[order, 0], prepend=-1))
    for cell in np.split(order, firsts[1:]):
        own = weights[cell]
        rows = numbers[cell[0]]
        matrix[np.ix_(rows, rows)] += (own * steepness[cell, None]).T @ own
    return matrix / len(numbers)


def _step(
    target: SmoothTarget, level: _Level, descriptors: Volume, known: Mask, coefficients: FloatArray
) -> FloatArray:
    """One Gauss-Newton step of the coefficients, mm [n, 3].

    Each axis is solved by itself: that costs a few more steps, each a ninth of the work.
    """
    lattice = target.lattice
    places = target.points + (target.weights @ coefficients) / np.array(lattice.voxel_mm)
    missing = level.wanted - _look_up(descriptors, _on_level(places, level.factor))
    missing[~known[tuple(_nearest(places, known.shape).T)]] = 0.0
    pull = np.einsum("nca,nc->na", level.gradients, missing) / len(places)
    wanted = target.weights.T @ pull - level.stiffness * (target.bending @ coefficients)
    solved = [
        linalg.cho_solve((level.factors[axis], True), wanted[:, axis], check_finite=False)
        for axis in range(3)
    ]
    return np.stack(solved, axis=1)


def _on_level(points: FloatArray, factor: int) -> FloatArray:
    return (points - (factor - 1) / 2) / factor


def _nearest(points: FloatArray, shape: tuple[int, ...]) -> IntArray:
    return np.clip(np.rint(points), 0, np.array(shape) - 1).astype(np.intp)


def _look_up(descriptors: Volume, points: FloatArray) -> Volume:
    """Trilinear interpolation of [K, J, I, c] at points [n, 3]; outside, the border's value goes on."""
    shape = descriptors.shape
    inside = np.clip(points, 0.0, np.array(shape[:3]) - 1.0).astype(np.float32)
    first = np.minimum(inside.astype(np.intp), np.maximum(np.array(shape[:3]) - 2, 0))
    share = inside - first
    flat = descriptors.reshape(-1, shape[3])
    found = np.zeros((len(points), shape[3]), dtype=np.float32)
    for corner in np.ndindex(2, 2, 2):
        at = np.minimum(first + corner, np.array(shape[:3]) - 1)
        weight = np.where(corner, share, 1.0 - share).prod(axis=1, dtype=np.float32)
        found += weight[:, None] * flat[(at[:, 0] * shape[1] + at[:, 1]) * shape[2] + at[:, 2]]
    return found


def _transform(target: SmoothTarget, coefficients: FloatArray, rigid: Any) -> Any | None:
    """The rigid transform after displacements every 6 mm, linear between: exact splines take seconds.

    Outside the grid the displacement at its border goes on.
    """
    lattice, grid = target.lattice, target.reference.grid
    last = np.maximum(np.array(lattice.shape) - 1, 1)
    nodes = [int(n) for n in np.maximum(2, np.rint(last * lattice.voxel_mm / _FIELD_MM) + 1)]
    between_mm = last * np.array(lattice.voxel_mm) / (np.array(nodes) - 1)
    field = lattice.on_grid(coefficients, (nodes[0], nodes[1], nodes[2]))
    if _folds(field, between_mm):
        return None
    along_ijk = field[..., ::-1] @ grid.direction_matrix.T
    padded = np.ascontiguousarray(np.pad(along_ijk, ((1, 1), (1, 1), (1, 1), (0, 0)), mode="edge"))
    image = SimpleITK.GetImageFromArray(padded, isVector=True)
    spacing = between_mm[::-1]
    image.SetSpacing(spacing.tolist())
    image.SetDirection(grid.direction)
    image.SetOrigin((np.array(grid.origin) - grid.direction_matrix @ spacing).tolist())
    start = SimpleITK.Transform(3, SimpleITK.sitkIdentity) if rigid is None else rigid
    return SimpleITK.CompositeTransform([start, SimpleITK.DisplacementFieldTransform(image)])


def _folds(field: FloatArray, between_mm: FloatArray) -> bool:
    """Whether a displacement field [k, j, i, 3] in mm turns space inside out anywhere."""
    slopes: list[FloatArray] = [np.gradient(field, size, axis=axis) for axis, size in enumerate(between_mm)]
    jacobian = np.stack(slopes, axis=-1) + np.eye(3)
    return bool((np.linalg.det(jacobian) <= 0.0).any())
