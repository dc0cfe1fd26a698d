"""Boxes around lesions as a table, in the millimetres that ``mtinet outline --box`` takes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from MTINetLib.dataset.folder import write_table
from MTINetLib.importers.found import Box, FoundCase
from MTINetLib.importers.imported import Imported
from MTINetLib.reading.volumes.read import header_geometry
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import usual_reference

BOXES_FILE = "boxes.csv"
BOX_COLUMNS = ("case", "patient", "phase", "class", "reference", "box")


def write_boxes(result: Imported, cases: Sequence[FoundCase]) -> int:
    """A line for each box; ``box`` are two corners in LPS mm, ``reference`` says whether its phase is the one
    that masks lie on. How many there are."""
    written = {case.case: case for case in result.cases}
    reference = usual_reference(result.phases)
    rows = []
    for case in cases:
        files = written[case.case].files
        for phase, boxes in case.boxes.items():
            if phase not in files:
                continue
            grid = header_geometry(result.folder / "cases" / case.case / files[phase]).grid
            is_reference = "yes" if phase is reference else "no"
            rows += [
                [case.case, case.patient, phase.value, box.lesion_class, is_reference, corners_of(box, grid)]
                for box in boxes
            ]
    write_table(result.folder / BOXES_FILE, BOX_COLUMNS, rows)
    return len(rows)


def corners_of(box: Box, grid: Grid) -> str:
    """``x,y,z,x,y,z`` of the corners of the first and the last voxel's outer sides, LPS mm."""
    lowest = np.array(box.lowest) - 0.5
    highest = np.array(box.highest) + 0.5
    corners = np.array([[(lowest, highest)[n >> axis & 1][axis] for axis in range(3)] for n in range(8)])
    lps = grid.to_lps(corners)
    return ",".join(f"{value:.1f}" for value in (*lps.min(axis=0), *lps.max(axis=0)))
