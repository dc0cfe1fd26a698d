"""A model whose network is asked slice by slice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.models.backends.runner import SliceRunner
from MTINetLib.models.device import Compute
from MTINetLib.models.info import ModelInfo
from MTINetLib.models.lesion_model import Computation
from MTINetLib.models.liver_scale import (
    BY_BODY,
    BY_MODEL,
    BY_USER,
    scaled_by_given_liver,
    scaled_by_own_liver,
)
from MTINetLib.models.neighbours import with_neighbours
from MTINetLib.models.predict import LesionSlice, SlicePredictor
from MTINetLib.models.preprocessing import SCALE_WITHOUT_LIVER, PreparedStudy, preprocessing_of
from MTINetLib.models.reading import LesionReading
from MTINetLib.progress import Progress
from MTINetLib.study.grid import Grid
from MTINetLib.study.normalise import IntensityScale
from MTINetLib.study.slices import SliceFrame
from MTINetLib.study.study import Study


class SlicewiseModel:
    """A :class:`LesionModel` of a network on a device. It remembers the last study that it was asked about.

    Args:
        info: what the model is.
        ready_for: gives the network ready for a device and precision.
        compute: where to run.
        batch_size: slices a batch; None takes it from free memory.
        keep_above: maps of slices that reach this probability are kept for reading lesions in them; None
            takes the model's own mask threshold.
        liver: bool [K, J, I] on the grid of the study that it will be asked about, where a user gave one: it
            sets the intensity scale in place of the liver that the network sees.
    """

    def __init__(
        self,
        info: ModelInfo,
        ready_for: Callable[[Compute], SliceRunner],
        compute: Compute,
        *,
        batch_size: int | None = None,
        keep_above: float | None = None,
        liver: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        self._info = info
        self._preprocessing = preprocessing_of(info.preprocessing)
        self._predictor = SlicePredictor(ready_for, compute, batch_size)
        self._keep_above = info.thresholds.mask if keep_above is None else keep_above
        self._liver = liver
        self._last: tuple[Study, PreparedStudy] | None = None
        self._organs: npt.NDArray[np.float16] | None = None

    @property
    def info(self) -> ModelInfo:
        """What it is."""
        return self._info

    def probability(self, study: Study, progress: Progress | None = None) -> npt.NDArray[np.float32]:
        """See :class:`LesionModel`."""
        prepared = self.prepared(study)
        segmented = self._predictor.segment(prepared.slices, self._keep_above, progress)
        self._organs = segmented.anatomy
        return prepared.frame.to_native(segmented.probability)

    def anatomy(self, study: Study, progress: Progress | None = None) -> npt.NDArray[np.uint8] | None:
        """See :class:`LesionModel`; known since :meth:`probability`, which is asked here if it was not."""
        if not self._info.anatomy:
            return None
        self.prepared(study)
        if self._organs is None:
            self.probability(study, progress)
        assert self._organs is not None
        return organs_on_grid(self._organs, study.grid)

    def read(
        self, study: Study, labels: npt.NDArray[Any], progress: Progress | None = None
    ) -> dict[int, LesionReading]:
        """See :class:`LesionModel`; each lesion is asked about in every slice that cuts it."""
        prepared = self.prepared(study)
        asked = lesion_slices(prepared.frame.labels_to_slices(labels))
        if not asked:
            return {}
        curves, logits = self._predictor.read(prepared.slices, asked, progress)
        label_of = np.array([item.label for item in asked])
        areas = np.array([int(item.mask.sum()) for item in asked])
        readings = {}
        for label in np.unique(label_of):
            own = label_of == label
            curve = None if curves is None else np.average(curves[own].astype(np.float64), 0, areas[own])
            readings[int(label)] = LesionReading(
                areas[own], None if logits is None else logits[own], _in_scanner_units(curve, prepared.scale)
            )
        return readings

    def computation(self, study: Study) -> Computation:
        """See :class:`LesionModel`."""
        prepared = self.prepared(study)
        scale, by = prepared.scale, prepared.scaled_by
        return Computation(
            device=self._predictor.compute.title,
            precision=self._predictor.compute.arithmetic,
            backend=self._predictor.compute.backend,
            notes=self._predictor.notes,
            settings={
                "intensity_scale": {"low": scale.low, "high": scale.high, **({"set_by": by} if by else {})},
                "image_size": self._preprocessing.slice_size,
            },
            flags=(SCALE_WITHOUT_LIVER,) if by == BY_BODY else (),
        )

    def prepared(self, study: Study) -> PreparedStudy:
        """The study's slices on the scale that the network sees; kept for the study asked about last."""
        if self._last is None or self._last[0] is not study:
            self._predictor.features.forget()
            self._last = self._organs = None  # its slices make room
            self._last = (study, self._scaled(self._preprocessing.prepare(study)))
        return self._last[1]

    def input_of(self, study: Study, places: Sequence[int]) -> npt.NDArray[np.float32]:
        """The network's input for some slices, [N, C, S, S]."""
        return with_neighbours(
            self.prepared(study).slices, places, self._predictor.network.settings.neighbours
        )

    def _scaled(self, prepared: PreparedStudy) -> PreparedStudy:
        """With the scale that the given liver sets, or else the network's own."""
        if not self._preprocessing.liver_sets_scale:
            return prepared
        if self._liver is not None:
            by_user = scaled_by_given_liver(prepared, self._liver)
            if by_user is not None:
                return replace(by_user, scaled_by=BY_USER)
        by_model = scaled_by_own_liver(prepared, partial(self._predictor.look, prepared.slices))
        if by_model is None:
            return replace(prepared, scaled_by=BY_BODY)
        return replace(by_model, scaled_by=BY_MODEL)


def lesion_slices(label_slices: npt.NDArray[Any]) -> list[LesionSlice]:
    """Every lesion in every slice that cuts it, slice by slice; ``label_slices`` are labels [Z, S, S]."""
    found = []
    for z in np.flatnonzero(label_slices.any(axis=(1, 2))):
        labels = np.unique(label_slices[z])
        found += [LesionSlice(int(n), int(z), label_slices[z] == n) for n in labels if n]
    return found


def organs_on_grid(logits: npt.NDArray[np.float16], grid: Grid) -> npt.NDArray[np.uint8]:
    """The organ of each voxel, uint8 [K, J, I]; logits [Z, classes, h, h] are interpolated first."""
    frame = SliceFrame.of(grid, logits.shape[2])
    best = frame.to_native(logits[:, 0])
    value = np.zeros(grid.shape, dtype=np.uint8)
    for organ in range(1, logits.shape[1]):
        other = frame.to_native(logits[:, organ])
        better = other > best
        value[better] = organ
        np.copyto(best, other, where=better)
    return value


def _in_scanner_units(
    curve: npt.NDArray[np.float64] | None, scale: IntensityScale
) -> tuple[float, ...] | None:
    """A curve of network units in the scanner's; None where there is none or it is not finite."""
    if curve is None:
        return None
    values = scale.invert(curve)
    return tuple(float(value) for value in values) if np.isfinite(values).all() else None
