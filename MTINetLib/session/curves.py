"""Curves of anything along a series of the scene: measured in steps, shown, and followed under the mouse."""

from __future__ import annotations

import math
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from MTINetLib.curves.figures import baseline_of, relative_changes
from MTINetLib.curves.measure import CurveRequest, measuring_steps
from MTINetLib.curves.regions import Region
from MTINetLib.curves.results import Curves, Values
from MTINetLib.curves.series import Array, TimeSeries
from MTINetLib.curves.told import time_points_told, times_told
from MTINetLib.curves.write import write_curves
from MTINetLib.errors import Cancelled, InputError, MTINetError, Statement
from MTINetLib.presentation.statements import stating
from MTINetLib.progress import Stage
from MTINetLib.scene.curve_nodes import curves_chart, measured_curves, show_curves, show_voxel
from MTINetLib.scene.curve_series import (
    box_region_of,
    lps_of,
    point_regions_of,
    segment_regions_of,
    series_of_sequence,
    series_of_volumes,
)
from MTINetLib.scene.pointer import Point, pointer_ras
from MTINetLib.session.core import SessionCore
from MTINetLib.session.events import Topic
from MTINetLib.session.state import Message, ProgressSeen, State, message_of
from MTINetLib.session.task import Steps
from MTINetLib.study.grid import Grid


class CurveDesk:
    """What was measured last, and the voxel under the mouse; tells Topic.CURVES.

    Attributes:
        curves, chart: of the last measurement, None before.
        message: what the last one had to say; None for nothing.
        following: whether the curve of the voxel under the mouse is drawn too.
    """

    def __init__(self, core: SessionCore) -> None:
        self._core = core
        self.curves: Curves | None = None
        self.chart: Any = None
        self.message: Message | None = None
        self.following = False
        self._grids: tuple[Grid, ...] = ()
        self._arrays: tuple[Array | None, ...] = ()
        self._at: Point | None = None

    @property
    def running(self) -> bool:
        return self._core.state is State.CURVES

    def measure(self) -> None:
        """Begin to measure what is chosen; session.cancel() ends it."""
        if not self._core.busy:
            self.message = None
            self._core.tasks.start(State.CURVES, self._measure(), self._failed)
            self._core.events.tell(Topic.CURVES)

    def show_relative(self, relative: bool) -> None:
        """Draw the change from the baseline instead of the signal, or the signal again."""
        self._core.choices.curveRelative = relative
        if self.curves is not None:
            self.chart = show_curves(self._core.scene, self.curves, relative=relative)
            self._at = None
        self._core.events.tell(Topic.CURVES)

    def follow(self, wanted: bool) -> None:
        """Draw the curve of the voxel under the mouse, or no longer."""
        self.following, self._at = wanted, None
        if not wanted:
            self._draw_voxel(None)
        elif self.curves is not None and not self._grids:
            self._read_again(self.curves)

    def write(self, folder: Path) -> None:
        """Tables, JSON and picture into a new or empty folder.

        Raises:
            InputError: nothing was measured, or the folder cannot be written.
        """
        if self.curves is None:
            raise stating(InputError, Statement.of("no_curves"))
        write_curves(self.curves, folder)

    def poll(self) -> None:
        """Follow the mouse, from voxel to voxel."""
        if not self.following or self.curves is None or self.running:
            return
        at = pointer_ras(self._core.scene)
        if at != self._at:
            self._at = at
            self._draw_voxel(None if at is None else self.voxel_curve(at))

    def voxel_curve(self, ras: Point) -> Values | None:
        """The signal of the voxel at a place in the world at each time point; None outside of the images."""
        found: list[float | None] = []
        for grid, array in zip(self._grids, self._arrays, strict=True):
            k, j, i = np.rint(grid.to_index(lps_of(ras))).astype(int)
            inside = 0 <= k < grid.shape[0] and 0 <= j < grid.shape[1] and 0 <= i < grid.shape[2]
            value = float(array[k, j, i]) if array is not None and inside else math.nan
            found.append(value if math.isfinite(value) else None)
        return tuple(found) if any(value is not None for value in found) else None

    def forget(self) -> None:
        """The scene goes."""
        self.curves = self.chart = self.message = None
        self._grids, self._arrays, self._at = (), (), None
        self._core.events.tell(Topic.CURVES)

    def restore(self) -> None:
        """Take up what the scene holds, after it was opened or the module was reloaded."""
        self.curves, self.chart = measured_curves(self._core.scene), curves_chart(self._core.scene)
        if self.chart is None:
            self.curves = None
        self._core.events.tell(Topic.CURVES)

    def _read_again(self, curves: Curves) -> None:
        """The voxels of the chosen series, if it has the time points of the curves."""
        with suppress(MTINetError):
            self._keep(self._series(), curves)

    def _keep(self, series: TimeSeries, curves: Curves) -> None:
        if len(series.points) == len(curves.points):
            self._grids = tuple(point.grid for point in series.points)
            self._arrays = tuple(series.read())

    def _measure(self) -> Steps[None]:
        choices, scene = self._core.choices, self._core.scene
        series = self._series()
        yield None
        regions: list[Region] = []
        if choices.curveSegments is not None:
            for region in segment_regions_of(scene, choices.curveSegments, series.points[0].grid):
                regions.append(region)
                yield None
        if choices.curveBox is not None:
            regions.append(box_region_of(choices.curveBox))
        if choices.curvePoints is not None:
            regions += point_regions_of(choices.curvePoints)
        if not regions:
            raise stating(InputError, Statement.of("choose_curve_regions"))
        request = CurveRequest(time_points_told(choices.curveBaseline), choices.curveReference or None)
        self.curves = yield from _with_progress(measuring_steps(series, regions, request), len(series.points))
        self._keep(series, self.curves)
        self.chart = show_curves(scene, self.curves, relative=choices.curveRelative)
        self._at = None
        self._core.events.tell(Topic.CURVES)
        yield None

    def _series(self) -> TimeSeries:
        choices = self._core.choices
        if choices.curveSeries is not None:
            series = series_of_sequence(choices.curveSeries)
        else:
            ids = [name for name in choices.curveVolumes.split(",") if name]
            nodes = [self._core.scene.mrml.GetNodeByID(name) for name in ids]
            if not nodes:
                raise stating(InputError, Statement.of("choose_curve_series"))
            series = series_of_volumes(nodes)
        if choices.curveTimes.strip():
            times = times_told(choices.curveTimes, len(series.points))
            series = series.at(times, "the times that you gave")
        return series

    def _draw_voxel(self, values: Values | None) -> None:
        if self.curves is None or self.chart is None or self.chart.GetScene() is None:
            return
        relative = self._core.choices.curveRelative
        if values is not None and relative:
            changes = relative_changes(values, baseline_of(values, self.curves.baseline))
            values = tuple(None if change is None else 100 * change for change in changes)
        show_voxel(self._core.scene, self.chart, self.curves, values, relative=relative)

    def _failed(self, error: MTINetError) -> None:
        self.message = None if isinstance(error, Cancelled) else message_of(error)
        if not isinstance(error, Cancelled):
            self._core.error = error  # for scripts that wait
        self._core.events.tell(Topic.CURVES)


def _with_progress(steps: Generator[int, None, Curves], total: int) -> Steps[Curves]:
    while True:
        try:
            number = next(steps)
        except StopIteration as end:
            curves: Curves = end.value
            return curves
        yield ProgressSeen(Stage.MEASURING_CURVES, number, total)
