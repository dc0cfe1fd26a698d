"""How elastix registers one phase: rigid, then B-splines, by its own parameter maps.

elastix is the field's own library for this (Klein et al., IEEE Trans Med Imaging 29 (2010) 196-205). It is
needed for the comparison only.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import ndimage

from MTINetLib.errors import MissingResourceError
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.grid import FloatArray, Grid
from MTINetLib.study.resample import to_image

PACKAGE = "itk-elastix"
_METRIC, _PENALTY = "AdvancedMattesMutualInformation", "TransformBendingEnergyPenalty"


@dataclass(frozen=True)
class Settings:
    """What is set in elastix's default parameter maps.

    ``iterations`` and ``samples`` are its defaults, new samples at every iteration too. ``grid_mm`` did best
    on the phantom of seed 42.

    Args:
        penalty: weight of the bending energy beside the mutual information; 0 leaves it out.
        grid_mm: distance of the B-splines' control points at the last resolution.
    """

    penalty: float = 0.0
    grid_mm: float = 40.0
    resolutions: int = 3
    iterations: int = 256
    samples: int = 2048


@dataclass(frozen=True)
class Displacements:
    """How far points of the reference lie from their places in the moving phase, LPS mm [K, J, I, 3]."""

    field: FloatArray
    grid: Grid

    def through(self, points: FloatArray) -> FloatArray:
        """Where points [n, 3] of the reference lie in the moving phase, LPS mm."""
        index = self.grid.to_index(points).T
        parts = [
            ndimage.map_coordinates(self.field[..., axis], index, order=1, mode="nearest")
            for axis in range(3)
        ]
        return np.asarray(points + np.stack(parts, axis=1))

    def transform(self) -> Any:
        """The same as a SimpleITK transform."""
        import SimpleITK

        field = to_image(np.ascontiguousarray(self.field, dtype=np.float64), self.grid)
        return SimpleITK.DisplacementFieldTransform(field)


def require_elastix() -> Any:
    """The package ``itk`` with elastix in it, at work on one thread.

    Raises:
        MissingResourceError: it is not installed.
    """
    try:
        import itk

        itk.ElastixRegistrationMethod  # noqa: B018  # itk alone comes without it
    except (ImportError, AttributeError) as error:
        raise MissingResourceError(
            f"The comparison needs elastix, which is not installed; run pip install {PACKAGE}."
        ) from error
    itk.MultiThreaderBase.SetGlobalDefaultNumberOfThreads(1)
    return itk


def register(fixed: SourceVolume, moving: SourceVolume, settings: Settings) -> tuple[Displacements, float]:
    """Register one phase to the reference; the seconds are those of the registration alone.

    Raises:
        MissingResourceError: elastix is not installed.
    """
    itk = require_elastix()
    target, image = _image(itk, fixed), _image(itk, moving)
    started = time.perf_counter()
    registration = itk.ElastixRegistrationMethod.New(target, image)
    registration.SetParameterObject(_parameters(itk, settings))
    registration.SetNumberOfThreads(1)
    registration.SetLogToConsole(False)
    registration.UpdateLargestPossibleRegion()
    seconds = time.perf_counter() - started
    with tempfile.TemporaryDirectory(prefix="mtinet-elastix-") as folder:
        transformix = itk.TransformixFilter.New(image)
        transformix.SetTransformParameterObject(registration.GetTransformParameterObject())
        transformix.SetComputeDeformationField(True)
        transformix.SetOutputDirectory(folder)
        transformix.SetLogToConsole(False)
        transformix.UpdateLargestPossibleRegion()
        field = itk.array_from_image(transformix.GetOutputDeformationField())
    return Displacements(np.asarray(field, dtype=np.float64), fixed.grid), seconds


def _parameters(itk: Any, settings: Settings) -> Any:
    parameters = itk.ParameterObject.New()
    for name in ("rigid", "bspline"):
        chosen = parameters.GetDefaultParameterMap(name, settings.resolutions, settings.grid_mm)
        chosen["MaximumNumberOfIterations"] = [str(settings.iterations)]
        chosen["NumberOfSpatialSamples"] = [str(settings.samples)]
        chosen["WriteResultImage"] = ["false"]
        if name == "bspline" and settings.penalty:
            chosen["Metric"] = [_METRIC, _PENALTY]
            chosen["Metric1Weight"] = [str(settings.penalty)]
        elif name == "bspline":
            chosen["Registration"] = ["MultiResolutionRegistration"]
            chosen["Metric"] = [_METRIC]
        parameters.AddParameterMap(chosen)
    return parameters


def _image(itk: Any, volume: SourceVolume) -> Any:
    image = itk.image_from_array(np.ascontiguousarray(volume.array, dtype=np.float32))
    image.SetSpacing([float(value) for value in volume.grid.spacing])
    image.SetOrigin([float(value) for value in volume.grid.origin])
    image.SetDirection(itk.matrix_from_array(volume.grid.direction_matrix))
    return image
