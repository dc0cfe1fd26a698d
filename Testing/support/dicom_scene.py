"""A DICOM study as Slicer's import leaves it: volume nodes, and a database that knows the files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from support import dicom_layouts

from MTINetLib.study.grid import Grid

#: How a loader may lay a volume out: axes (k, j, i) that run the other way than in the file.
Turned = tuple[bool, bool, bool]


@dataclass
class FakeDatabase:
    """Answers as ctkDICOMDatabase does; ``refuses`` lets it drop what it is given, as a full disk would."""

    isOpen: bool = True  # noqa: N815
    files: dict[str, str] = field(default_factory=dict)
    refuses: bool = False

    def fileForInstance(self, uid: str) -> str:
        return self.files.get(uid, "")

    def prepareInsert(self) -> None: ...

    def insert(self, path: str) -> None:
        import pydicom

        if not self.refuses:
            self.files[str(pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID)] = path


def with_database(scene: Any, database: Any) -> Any:
    """The same scene beside a DICOM database."""
    return replace(scene, find_database=lambda: database)


@dataclass(frozen=True)
class LoadedStudy:
    """Four volume nodes in the order of the phases, what they hold, and the files behind them."""

    nodes: tuple[Any, ...]
    truth: dicom_layouts.Truth
    database: FakeDatabase


def load_study(
    scene: Any,
    folder: Path,
    layout: Any,
    turned: Turned = (False, False, False),
    shape: tuple[int, int, int] = (10, 32, 40),
) -> LoadedStudy:
    """Write a study in a layout and add its volumes as a loader would that turns some of the axes."""
    from MTINetLib.scene.volumes import add_volume

    truth = dicom_layouts.make_truth(dicom_layouts.oblique_grid(shape))
    for phase, rise in zip((1, 2, 3), (1500, 600, 300), strict=True):
        truth.volumes[phase, 3:6, 14:21, 8:15] += rise
    images = layout(truth)
    database = FakeDatabase()
    for number, image in enumerate(images):
        path = folder / f"{number:04d}"
        dicom_layouts.save(image, path)
        database.files[str(image.SOPInstanceUID)] = str(path)
    grid = turn(truth.grid, turned)
    nodes = []
    for t, name in enumerate(("LAVA PRE", "LAVA ART", "LAVA PV", "LAVA DEL")):
        node = add_volume(scene, name, np.flip(truth.volumes[t], np.flatnonzero(turned)), grid)
        node.SetAttribute("DICOM.instanceUIDs", " ".join(_uids(images, t, grid.shape[0], turned[0])))
        nodes.append(node)
    return LoadedStudy(tuple(nodes), truth, database)


def turn(grid: Grid, turned: Turned) -> Grid:
    """The same voxels in the same places, counted from the other end along some axes (k, j, i)."""
    ends = [size - 1 if other else 0 for size, other in zip(grid.shape, turned, strict=True)]
    signs = np.array([-1.0 if other else 1.0 for other in turned[::-1]])
    direction = (grid.direction_matrix * signs).ravel()
    origin = grid.to_lps(ends)
    return Grid(grid.shape, grid.spacing, tuple(origin), tuple(direction))  # type: ignore[arg-type]


def _uids(images: Sequence[Any], t: int, count: int, backwards: bool) -> list[str]:
    """Of one time point in the order of its slices; the one file's where it holds all frames."""
    if len(images) == 1:
        return [str(images[0].SOPInstanceUID)]
    if len(images) == 4:
        return [str(images[t].SOPInstanceUID)]
    own = [str(image.SOPInstanceUID) for image in images[t * count : (t + 1) * count]]
    return own[::-1] if backwards else own
