"""Rigid registration of one phase to the reference, by SimpleITK."""

from __future__ import annotations

from typing import Any

import numpy as np
import SimpleITK

from MTINetLib.errors import InputError
from MTINetLib.study.align_motion import Reference
from MTINetLib.study.align_resample import coarsen, to_image
from MTINetLib.study.grid import FloatArray, Grid
from MTINetLib.study.study import Volume

_STEP_MM = 3.0
_SEED = 20240314


def register_rigidly(
    fixed: Volume, fixed_grid: Grid, moving: Volume, moving_grid: Grid, start_mm: FloatArray
) -> Any:
    """The rigid transform from points of the fixed volume to points of the moving one, LPS mm.

    Mattes mutual information on voxels of about 3 mm, two resolutions, started from a shift. The same
    volumes give the same transform.

    Args:
        start_mm: LPS shift of the moving volume's content against the fixed one's.

    Raises:
        InputError: the volumes hardly overlap or have no structure to register.
    """
    fixed_coarse, grid = coarsen(fixed, fixed_grid, _STEP_MM)
    moving_coarse, source = coarsen(moving, moving_grid, _STEP_MM)
    fixed_image, moving_image = to_image(fixed_coarse, grid), to_image(moving_coarse, source)
    start = SimpleITK.Euler3DTransform()
    start.SetCenter([float(v) for v in grid.to_lps([(n - 1) / 2 for n in grid.shape])])
    start.SetTranslation([float(v) for v in start_mm])
    method = SimpleITK.ImageRegistrationMethod()
    method.SetNumberOfThreads(1)  # sums in one order: the same result on every machine
    method.SetMetricAsMattesMutualInformation(32)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentagePerLevel([0.4, 0.1], _SEED)
    method.SetMetricFixedMask(to_image(_mask(fixed, fixed_grid, grid), grid))
    method.SetInterpolator(SimpleITK.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=2.0, minStep=0.05, numberOfIterations=60, relaxationFactor=0.5
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([2, 1])
    method.SetSmoothingSigmasPerLevel([3.0, 0.0])
    method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn()
    method.SetInitialTransform(start, inPlace=True)
    try:
        method.Execute(fixed_image, moving_image)
    except RuntimeError as error:
        raise InputError("two phases overlap too little to be registered") from error
    return start


def _mask(fixed: Volume, fixed_grid: Grid, grid: Grid) -> Any:
    """The body on the registration's grid, uint8; the whole volume where no body is found."""
    reference = Reference.of(fixed, fixed_grid)
    index = np.indices(grid.shape).reshape(3, -1).T
    place = np.rint(reference.grid.to_index(grid.to_lps(index))).astype(np.intp)
    place = np.clip(place, 0, np.array(reference.grid.shape) - 1)
    mask = reference.inside[place[:, 0], place[:, 1], place[:, 2]].reshape(grid.shape)
    return (mask if mask.any() else np.ones(grid.shape, dtype=bool)).astype(np.uint8)
