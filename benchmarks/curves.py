"""How long curves take of a long series in memory: ``python -m benchmarks.curves OUT.json``."""

from __future__ import annotations

import argparse
import json
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

import MTINetLib
from MTINetLib.curves.measure import CurveRequest, measure_curves
from MTINetLib.curves.regions import BoxRegion, PointRegion, Region, SegmentRegion
from MTINetLib.curves.series import TimeSeries
from MTINetLib.study.grid import Grid

_POINTS, _SHAPE, _SPACING = 300, (40, 256, 256), (1.5, 1.5, 4.0)
#: So many volumes differ; the series repeats them, so that it fits into any memory.
_DIFFERENT = 6


def run_curves() -> dict[str, Any]:
    """Seconds on the wall and of this process, for small and large regions, with and without motion check."""
    grid = Grid(_SHAPE, _SPACING, (0.0, 0.0, 0.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
    arrays = _volumes()
    times = [2.5 * number for number in range(_POINTS)]
    series = TimeSeries.of_arrays([arrays[number % _DIFFERENT] for number in range(_POINTS)], grid, times)
    measured = []
    for name, regions in _regions(grid).items():
        for motion in (False, True):
            wall, own = time.perf_counter(), time.process_time()
            measure_curves(series, regions, CurveRequest(watch_motion=motion))
            wall, own = time.perf_counter() - wall, time.process_time() - own
            measured.append({"regions": name, "motion": motion, "wall_s": wall, "process_s": own})
    return {
        "mtinet": MTINetLib.__version__,
        "points": _POINTS,
        "shape": _SHAPE,
        "measured": measured,
        "peak_volumes": _peak(series, _regions(grid)["lesion and liver"], arrays[0].nbytes),
    }


def _volumes() -> list[np.ndarray[Any, np.dtype[np.float32]]]:
    rng = np.random.default_rng(1)
    smooth = ndimage.gaussian_filter(rng.normal(size=_SHAPE), 3)
    still = (1000 * (smooth - smooth.min())).astype(np.float32)
    return [still * np.float32(1 + 0.1 * number) for number in range(_DIFFERENT)]


def _regions(grid: Grid) -> dict[str, list[Region]]:
    lesion, liver = np.zeros(_SHAPE, dtype=bool), np.zeros(_SHAPE, dtype=bool)
    lesion[15:22, 110:130, 110:130] = True
    liver[5:35, 60:180, 60:190] = True
    small: list[Region] = [
        SegmentRegion.of("lesion", lesion, grid),
        BoxRegion.between("box", (180.0, 180.0, 60.0), (200.0, 200.0, 80.0)),
        PointRegion("point", (150.0, 150.0, 80.0)),
    ]
    return {
        "lesion, box, point": small,
        "lesion and liver": [small[0], SegmentRegion.of("liver", liver, grid)],
    }


def _peak(series: TimeSeries, regions: list[Region], volume_bytes: int) -> float:
    """The most that is held beside the data, in volumes."""
    few = TimeSeries(
        series.points[:4], lambda: (array for _, array in zip(range(4), series.read(), strict=False))
    )
    tracemalloc.start()
    try:
        measure_curves(few, regions)
        return tracemalloc.get_traced_memory()[1] / volume_bytes
    finally:
        tracemalloc.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="where the figures go, as JSON")
    out: Path = parser.parse_args().out
    out.write_text(json.dumps(run_curves(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
