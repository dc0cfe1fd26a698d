"""Rigid registration of one phase to the reference, by SimpleITK."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK

from MTINetLib.errors import InputError
from MTINetLib.registration.motion import Reference
from MTINetLib.study.grid import FloatArray, Grid
from MTINetLib.study.resample import coarsen, resample, to_image
from MTINetLib.study.study import Volume

_STEP_MM = 3.0
_SEED = 20240314
#: Voxels that the metric looks at per resolution; more take longer and move the result by less than 0.1 mm.
_SAMPLES = (15_000, 25_000)
_SHRINK = (2, 1)


@dataclass(frozen=True)
class RigidTarget:
    """The fixed volume and its body on the registration's grid, as SimpleITK images."""

    image: Any
    mask: Any
    grid: Grid

    @staticmethod
    def of(array: Volume, grid: Grid, reference: Reference) -> RigidTarget:
        coarse, coarse_grid = coarsen(array, grid, _STEP_MM)
        inside = reference.inside if reference.inside.any() else np.ones_like(reference.inside)
        mask = resample(inside.astype(np.float32), reference.grid, coarse_grid) > 0.5
        return RigidTarget(
            to_image(coarse, coarse_grid), to_image(mask.astype(np.uint8), coarse_grid), coarse_grid
        )


def register_rigidly(target: RigidTarget, moving: Volume, moving_grid: Grid, start_mm: FloatArray) -> Any:
    """The rigid transform from points of the target to points of the moving volume, LPS mm.

    Mattes mutual information on voxels of about 3 mm, two resolutions, started from a shift. The same
    volumes give the same transform.

    Args:
        start_mm: LPS shift of the moving volume's content against the target's.

    Raises:
        InputError: the volumes hardly overlap or have no structure to register.
    """
    moving_coarse, source = coarsen(moving, moving_grid, _STEP_MM)
    start = SimpleITK.Euler3DTransform()
    start.SetCenter([float(v) for v in target.grid.to_lps([(n - 1) / 2 for n in target.grid.shape])])
    start.SetTranslation([float(v) for v in start_mm])
    method = SimpleITK.ImageRegistrationMethod()
    method.SetNumberOfThreads(1)  # sums in one order: the same result on every machine
    method.SetMetricAsMattesMutualInformation(32)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentagePerLevel(_shares(target.grid), _SEED)
    method.SetMetricFixedMask(target.mask)
    method.SetInterpolator(SimpleITK.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=2.0, minStep=0.05, numberOfIterations=50, relaxationFactor=0.5
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel(list(_SHRINK))
    method.SetSmoothingSigmasPerLevel([3.0, 0.0])
    method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn()
    method.SetInitialTransform(start, inPlace=True)
    try:
        method.Execute(target.image, to_image(moving_coarse, source))
    except RuntimeError as error:
        raise InputError("two phases overlap too little to be registered") from error
    return start


def _shares(grid: Grid) -> list[float]:
    """The share of voxels that the metric samples at each resolution."""
    voxels = float(np.prod(grid.shape))
    return [min(1.0, samples * shrink**3 / voxels) for samples, shrink in zip(_SAMPLES, _SHRINK, strict=True)]
