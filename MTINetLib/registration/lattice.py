"""A smooth field of displacements: cubic B-splines on a lattice of control points, and its stiffness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from MTINetLib.study.grid import FloatArray

IntArray = npt.NDArray[np.intp]

_LARGEST_LATTICE = 1500


@dataclass(frozen=True)
class Lattice:
    """Control points over a volume of ``shape`` [K, J, I] voxels of ``voxel_mm`` (K, J, I).

    ``cells`` counts the spans between control points per axis; an axis has three control points more.
    """

    shape: tuple[int, int, int]
    voxel_mm: tuple[float, float, float]
    cells: tuple[int, int, int]

    @staticmethod
    def over(
        shape: tuple[int, int, int], voxel_mm: tuple[float, float, float], distance_mm: float
    ) -> Lattice:
        """Control points about ``distance_mm`` apart, further in a volume so large that they were many."""
        while True:
            cells = [
                max(1, round((count - 1) * size / distance_mm))
                for count, size in zip(shape, voxel_mm, strict=True)
            ]
            lattice = Lattice(shape, voxel_mm, (cells[0], cells[1], cells[2]))
            if lattice.size <= _LARGEST_LATTICE:
                return lattice
            distance_mm *= 1.1

    @property
    def counts(self) -> tuple[int, int, int]:
        """Control points per axis."""
        return (self.cells[0] + 3, self.cells[1] + 3, self.cells[2] + 3)

    @property
    def size(self) -> int:
        """Control points in all."""
        return int(np.prod(self.counts))

    def at(self, points: FloatArray) -> tuple[IntArray, FloatArray]:
        """The 64 control points that rule at each of ``points`` [n, 3] (voxels K, J, I), and their weights.

        Returns:
            Numbers of control points [n, 64] and weights [n, 64], which sum to 1.
        """
        first, weights = [], []
        for axis in range(3):
            cell, weight = self._along(points[:, axis], axis)
            first.append(cell)
            weights.append(weight)
        steps = np.arange(4)
        k = first[0][:, None] + steps
        j = first[1][:, None] + steps
        i = first[2][:, None] + steps
        numbers = (k[:, :, None, None] * self.counts[1] + j[:, None, :, None]) * self.counts[2]
        products = weights[0][:, :, None, None] * weights[1][:, None, :, None] * weights[2][:, None, None, :]
        return (numbers + i[:, None, None, :]).reshape(-1, 64), products.reshape(-1, 64)

    def on_grid(self, coefficients: FloatArray, counts: tuple[int, int, int]) -> FloatArray:
        """The field [k, j, i, c] at ``counts`` evenly spaced nodes per axis, from corner to corner voxel.

        Args:
            coefficients: [control points, c].
        """
        bases = []
        for axis, count in enumerate(counts):
            cell, weight = self._along(np.linspace(0, self.shape[axis] - 1, count), axis)
            basis = np.zeros((count, self.counts[axis]))
            for step in range(4):
                basis[np.arange(count), cell + step] = weight[:, step]
            bases.append(basis)
        field = coefficients.reshape(*self.counts, -1)
        return np.asarray(np.einsum("ax,by,cz,xyzd->abcd", *bases, field, optimize=True))

    def bending_energy(self) -> FloatArray:
        """The matrix [n, n] of the mean squared second derivatives (1/mm^2 per mm) of one component's field.

        The thin-plate energy of Rueckert et al., IEEE Trans Med Imaging 1999, equation 5: shifts, turns and
        stretches of the whole cost nothing.
        """
        axes = [self._derivative_products(axis) for axis in range(3)]
        orders = ((2, 0, 0, 1), (0, 2, 0, 1), (0, 0, 2, 1), (1, 1, 0, 2), (1, 0, 1, 2), (0, 1, 1, 2))
        energy = np.zeros((self.size, self.size))
        for k, j, i, times in orders:
            energy += times * np.kron(np.kron(axes[0][k], axes[1][j]), axes[2][i])
        return energy

    def _along(self, positions: FloatArray, axis: int) -> tuple[IntArray, FloatArray]:
        last = max(1, self.shape[axis] - 1)
        spans = np.clip(positions / last, 0.0, 1.0 - 1e-9) * self.cells[axis]
        cell = spans.astype(np.intp)
        return cell, _cubic(spans - cell)[0]

    def _derivative_products(self, axis: int) -> list[FloatArray]:
        """Mean products of the axis' basis functions, of their first and of their second derivatives."""
        cells = self.cells[axis]
        span_mm = max(1, self.shape[axis] - 1) * self.voxel_mm[axis] / cells
        samples = (np.arange(8 * cells) + 0.5) / 8
        cell = samples.astype(np.intp)
        products = []
        for order, weight in enumerate(_cubic(samples - cell)):
            basis = np.zeros((len(samples), cells + 3))
            for step in range(4):
                basis[np.arange(len(samples)), cell + step] = weight[:, step] / span_mm**order
            products.append(basis.T @ basis / len(samples))
        return products


def _cubic(f: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The four cubic B-splines at a share 0..1 of their span [n, 4], and two derivatives by that share."""
    value = np.stack([(1 - f) ** 3, 3 * f**3 - 6 * f**2 + 4, -3 * f**3 + 3 * f**2 + 3 * f + 1, f**3], -1) / 6
    slope = np.stack([-((1 - f) ** 2), 3 * f**2 - 4 * f, -3 * f**2 + 2 * f + 1, f**2], -1) / 2
    bend = np.stack([1 - f, 3 * f - 2, -3 * f + 1, f], -1)
    return value, slope, bend
