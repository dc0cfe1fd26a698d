"""Smooth deformation of one phase onto the reference, after the rigid registration, by SimpleITK."""

from __future__ import annotations

from typing import Any

import numpy as np
import SimpleITK

from MTINetLib.errors import InputError
from MTINetLib.study.align_resample import coarsen, to_image
from MTINetLib.study.align_rigid import RigidTarget
from MTINetLib.study.grid import Grid
from MTINetLib.study.study import Volume

#: Distance of the control points: organs bend over centimetres, contrast changes over millimetres.
_MESH_MM = 65.0
#: No control point moves further than this from where the rigid registration puts it.
_LARGEST_BEND_MM = 16.0
_STEP_MM = 3.0
_FIELD_MM = 6.0
_SEED = 20240315
_SAMPLES = 8_000
_ITERATIONS = 12


def register_smoothly(target: RigidTarget, moving: Volume, moving_grid: Grid, rigid: Any) -> Any:
    """A rigid and a B-spline transform in one, from points of the target to the moving volume's, LPS mm.

    Mattes mutual information on voxels of about 3 mm; cubic B-splines on a regular grid with bounds. The
    same volumes give the same transform.

    Args:
        rigid: where the registration starts, from register_rigidly; None starts where the volumes lie.

    Raises:
        InputError: the volumes hardly overlap or have no structure to register.
    """
    start = SimpleITK.Transform(3, SimpleITK.sitkIdentity) if rigid is None else rigid
    moving_coarse, source = coarsen(moving, moving_grid, _STEP_MM)
    extent = [count * size for count, size in zip(target.grid.shape[::-1], target.grid.spacing, strict=True)]
    mesh = [max(1, round(length / _MESH_MM)) for length in extent]
    spline = SimpleITK.BSplineTransformInitializer(target.image, mesh, 3)
    method = SimpleITK.ImageRegistrationMethod()
    method.SetNumberOfThreads(1)  # sums in one order: the same result on every machine
    method.SetMetricAsMattesMutualInformation(32)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentage(min(1.0, _SAMPLES / float(np.prod(target.grid.shape))), _SEED)
    method.SetMetricFixedMask(target.mask)
    method.SetInterpolator(SimpleITK.sitkLinear)
    method.SetOptimizerAsLBFGSB(
        gradientConvergenceTolerance=1e-5,
        numberOfIterations=_ITERATIONS,
        maximumNumberOfCorrections=5,
        maximumNumberOfFunctionEvaluations=2 * _ITERATIONS,
        costFunctionConvergenceFactor=1e8,
        lowerBound=-_LARGEST_BEND_MM,
        upperBound=_LARGEST_BEND_MM,
    )
    method.SetMovingInitialTransform(start)
    method.SetInitialTransform(spline, inPlace=True)
    try:
        method.Execute(target.image, to_image(moving_coarse, source))
    except RuntimeError as error:
        raise InputError("two phases overlap too little to be registered") from error
    return _sampled(SimpleITK.CompositeTransform([start, spline]), target.grid)


def _sampled(transform: Any, grid: Grid) -> Any:
    """The transform as displacements every 6 mm, linear between: a B-spline at every voxel takes seconds.

    Outside the grid the displacement at its border goes on.
    """
    last = [count - 1 for count in grid.shape[::-1]]
    counts = [max(1, round(n * size / _FIELD_MM)) for n, size in zip(last, grid.spacing, strict=True)]
    spacing = [n * size / count for n, size, count in zip(last, grid.spacing, counts, strict=True)]
    nodes = SimpleITK.TransformToDisplacementField(
        transform,
        SimpleITK.sitkVectorFloat64,
        [count + 1 for count in counts],
        grid.origin,
        spacing,
        grid.direction,
    )
    padded = SimpleITK.GetImageFromArray(
        np.pad(SimpleITK.GetArrayFromImage(nodes), ((1, 1), (1, 1), (1, 1), (0, 0)), mode="edge"),
        isVector=True,
    )
    padded.SetSpacing(spacing)
    padded.SetDirection(grid.direction)
    padded.SetOrigin(nodes.TransformContinuousIndexToPhysicalPoint((-1.0, -1.0, -1.0)))
    return SimpleITK.DisplacementFieldTransform(padded)
