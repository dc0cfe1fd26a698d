"""Where the voxels of a volume lie in the patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """A regular voxel grid in the patient's LPS millimetre space.

    Arrays on the grid are indexed ``[k, j, i]`` (slice, row, column), their shape is :attr:`shape`.
    ``spacing``, ``origin`` and the columns of ``direction`` are ordered i, j, k, as in ITK:
    ``lps = origin + direction @ (spacing * (i, j, k))``.

    Args:
        shape: number of voxels (K, J, I).
        spacing: voxel size in mm along i, j, k.
        origin: LPS position in mm of the centre of voxel (0, 0, 0).
        direction: 3 x 3 orthonormal matrix, row-major; column n is the LPS direction of axis n (i, j, k).
    """

    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]
    direction: tuple[float, float, float, float, float, float, float, float, float]

    @property
    def direction_matrix(self) -> FloatArray:
        """Direction cosines, shape [3, 3]."""
        return np.array(self.direction, dtype=np.float64).reshape(3, 3)

    @property
    def ijk_to_lps(self) -> FloatArray:
        """Homogeneous 4 x 4 matrix from voxel index (i, j, k, 1) to LPS in mm."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.direction_matrix * np.array(self.spacing)
        matrix[:3, 3] = self.origin
        return matrix

    @property
    def voxel_volume_mm3(self) -> float:
        return float(np.prod(self.spacing))

    def to_lps(self, kji: npt.ArrayLike) -> FloatArray:
        """LPS positions in mm, [..., 3], of array indices (k, j, i), [..., 3]."""
        ijk = np.asarray(kji, dtype=np.float64)[..., ::-1]
        lps: FloatArray = ijk @ self.ijk_to_lps[:3, :3].T + np.array(self.origin)
        return lps

    def to_index(self, lps: npt.ArrayLike) -> FloatArray:
        """Continuous array indices (k, j, i), [..., 3], of LPS positions in mm, [..., 3]."""
        offset = np.asarray(lps, dtype=np.float64) - np.array(self.origin)
        kji: FloatArray = (offset @ np.linalg.inv(self.ijk_to_lps[:3, :3]).T)[..., ::-1]
        return kji

    def matches(self, other: Grid, tolerance_mm: float = 1e-2) -> bool:
        """Whether both grids have the same shape and their corners agree within the tolerance."""
        if self.shape != other.shape:
            return False
        last = np.array(self.shape) - 1
        corners = np.array(np.meshgrid(*[(0, n) for n in last])).reshape(3, -1).T
        return bool(np.abs(self.to_lps(corners) - other.to_lps(corners)).max() <= tolerance_mm)
