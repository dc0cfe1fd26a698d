"""Sphericity and largest diameter of a mask, from the surface that marching cubes put around it.

As PyRadiomics has them: sphericity is (36 pi V^2)^(1/3) / A with volume and area of the mesh, the diameter
is the largest distance between two of its vertices. The cubes' triangles are worked out here, case by case.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist

Spacing = tuple[float, float, float]
_Vectors = npt.NDArray[np.float64]

#: Corners (k, j, i) of a cube's faces, counter-clockwise seen from outside in a right-handed (i, j, k) frame.
_FACES = (
    ((0, 0, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1)),
    ((1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0)),
    ((0, 0, 0), (0, 0, 1), (1, 0, 1), (1, 0, 0)),
    ((0, 1, 0), (1, 1, 0), (1, 1, 1), (0, 1, 1)),
    ((0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)),
    ((0, 0, 1), (0, 1, 1), (1, 1, 1), (1, 0, 1)),
)


@dataclass(frozen=True)
class Shape:
    """Volume in mm3, surface in mm2, and the largest diameter in mm of a mask's mesh."""

    volume_mm3: float
    area_mm2: float
    diameter_mm: float

    @property
    def sphericity(self) -> float:
        """1 for a ball, less for anything else; the steps of voxels alone cost a ball about a twelfth."""
        return float(np.cbrt(36 * np.pi * self.volume_mm3**2) / self.area_mm2)


def mask_shape(mask: npt.NDArray[np.bool_], spacing_kji: Spacing) -> Shape:
    """The mesh of a mask [K, J, I] that holds at least one voxel."""
    padded = np.pad(mask, 1).astype(np.uint8)
    case = np.zeros(tuple(n - 1 for n in padded.shape), dtype=np.uint8)
    k, j, i = case.shape
    for bit in range(8):
        at = (bit >> 2) & 1, (bit >> 1) & 1, bit & 1
        case |= padded[at[0] : at[0] + k, at[1] : at[1] + j, at[2] : at[2] + i] << np.uint8(bit)
    where = np.argwhere((case > 0) & (case < 255))
    cases = case[tuple(where.T)]
    area, lean, moment = _measures(spacing_kji)
    # The volume is the flux of (0, 0, i) through the surface: that of each cube, moved to where it lies.
    volume = float((where[:, 2] * spacing_kji[2] * lean[cases] + moment[cases]).sum())
    return Shape(
        abs(volume), float(area[cases].sum()), _diameter(where * np.array(spacing_kji), cases, spacing_kji)
    )


def _diameter(origins: _Vectors, cases: npt.NDArray[np.uint8], spacing: Spacing) -> float:
    vertices = np.concatenate(
        [
            (origins[cases == case][:, None, :] + points[None]).reshape(-1, 3)
            for case in np.unique(cases)
            if len(points := np.unique(np.array(_triangles()[case]).reshape(-1, 3), axis=0) * spacing)
        ]
    )
    try:
        vertices = vertices[ConvexHull(vertices).vertices]
    except QhullError:
        vertices = np.unique(vertices, axis=0)
    return float(pdist(vertices).max())


@lru_cache(maxsize=64)
def _measures(spacing: Spacing) -> tuple[_Vectors, _Vectors, _Vectors]:
    """Of each case: its area, its area as seen along i, and the flux of (0, 0, i) from its own corner."""
    area, lean, moment = np.zeros(256), np.zeros(256), np.zeros(256)
    for case, triangles in enumerate(_triangles()):
        for triangle in triangles:
            a, b, c = np.array(triangle) * spacing
            normal = np.cross(b - a, c - a) / 2
            area[case] += float(np.linalg.norm(normal))
            lean[case] += normal[2]
            moment[case] += normal[2] * (a[2] + b[2] + c[2]) / 3
    return area, lean, moment


@lru_cache(maxsize=1)
def _triangles() -> tuple[tuple[tuple[tuple[float, ...], ...], ...], ...]:
    """The triangles (three points k, j, i in parts of the cube) of each of the 256 cases."""
    found = []
    for case in range(256):
        follow = dict(step for face in _FACES for step in _steps(face, case))
        loops = []
        while follow:
            point, after = follow.popitem()
            loop = [point]
            while after != loop[0]:
                loop.append(after)
                after = follow.pop(after)
            loops.append(loop)
        found.append(tuple((loop[0], b, c) for loop in loops for b, c in pairwise(loop[1:])))
    return tuple(found)


def _steps(face: tuple[tuple[int, ...], ...], case: int) -> list[tuple[tuple[float, ...], tuple[float, ...]]]:
    """Where the surface crosses a face: around each run of inside corners, from its begin to its end."""
    inside = [bool(case >> (corner[0] * 4 + corner[1] * 2 + corner[2]) & 1) for corner in face]
    middle = [tuple((p + q) / 2 for p, q in zip(face[n], face[(n + 1) % 4], strict=True)) for n in range(4)]
    begins = [n for n in range(4) if not inside[n] and inside[(n + 1) % 4]]
    steps = []
    for begin in begins:
        end = (begin + 1) % 4
        while inside[(end + 1) % 4]:
            end = (end + 1) % 4
        steps.append((middle[begin], middle[end]))
    return steps
