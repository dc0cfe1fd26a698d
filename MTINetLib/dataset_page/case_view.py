"""What the page shows of one case. Cases are looked at in several processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from MTINetLib.dataset.check import LookedAt, look_at_case
from MTINetLib.dataset.checked import CaseCheck
from MTINetLib.dataset.plausible import NamedCase
from MTINetLib.dataset.tables import Row, RowError
from MTINetLib.dataset_page.pictures import SIDE_PX, Picture
from MTINetLib.dataset_page.planes import Image, Plane, planes_through
from MTINetLib.errors import InputError
from MTINetLib.phases.doubts import doubted
from MTINetLib.phases.recognise import recognise_phases
from MTINetLib.presentation.classes import on_black
from MTINetLib.presentation.warnings import is_warning
from MTINetLib.presentation.words import phase_title, seconds
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.reading.volumes.read import read_label_map, read_volume
from MTINetLib.report.body import body, tissue_window
from MTINetLib.report.key_slice import body_crop
from MTINetLib.report.outlined_slice import Pixels, jpeg_of, outlined_slice
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import Phase, usual_reference
from MTINetLib.study.resample import resample_labels

_TRANSVERSE, _CORONAL = ("R", "L", "A"), ("R", "L", "H")
Volumes = Mapping[Phase, SourceVolume]


@dataclass(frozen=True)
class Task:
    """One line of a dataset.

    Args:
        seen: names of the cases in the lines before.
    """

    folder: Path
    row: Row | RowError
    phases: tuple[Phase, ...]
    classes: Mapping[str, Mapping[int, str]]
    seen: frozenset[str]


@dataclass(frozen=True)
class CaseView:
    """A case on the page.

    Args:
        check: what was found out about it.
        named: what is compared between cases.
        pictures: a transverse slice of each phase that can be read, and a coronal plane of the reference.
        volumes_ml: of each lesion by its class, in the order of their numbers.
    """

    check: CaseCheck
    named: NamedCase | None = None
    pictures: tuple[Picture, ...] = ()
    volumes_ml: tuple[tuple[str, float], ...] = ()


def title_of(task: Task) -> str:
    """For what is said of a process that died."""
    return f"line {task.row.line} of the table"


def see_case(task: Task) -> CaseView:
    """Look at a case and draw it; what cannot be read is told and not drawn."""
    looked = look_at_case(task.folder, task.row, task.phases, task.classes, task.seen)
    if isinstance(task.row, RowError):
        return CaseView(looked.check)
    volumes = _volumes(task, looked)
    reference = usual_reference(task.phases)
    if reference not in volumes:
        return CaseView(looked.check, looked.named)
    grid = volumes[reference].grid
    labels = _labels(task, task.row, grid)
    times, flags = _times(volumes, task.phases)
    told = task.classes.get(looked.check.case, {})
    classes = {int(n): told.get(int(n), looked.check.case_class) for n in np.unique(labels) if n}
    check = replace(looked.check, flags=tuple(dict.fromkeys((*looked.check.flags, *flags))))
    ml = grid.voxel_volume_mm3 / 1000.0
    sizes = tuple((each, float((labels == n).sum()) * ml) for n, each in classes.items())
    pictures = _pictures(
        volumes, reference, labels, {n: on_black(each) for n, each in classes.items()}, times
    )
    return CaseView(check, looked.named, pictures, sizes)


def _volumes(task: Task, looked: LookedAt) -> dict[Phase, SourceVolume]:
    """Those that can be read; of the others the check has told already."""
    if looked.volumes is not None:
        return dict(zip(task.phases, looked.volumes, strict=True))
    found = {}
    for phase in task.phases:
        try:
            assert isinstance(task.row, Row)
            volume = read_volume(task.row.path(phase.value, task.folder))
            if volume.array.size:
                found[phase] = volume
        except (InputError, OSError):
            continue
    return found


def _labels(task: Task, row: Row, grid: Grid) -> Image:
    """The mask on the reference phase's grid, also where it lies on another; empty where there is none."""
    try:
        mask = read_label_map(row.path("mask", task.folder)) if row.values["mask"] else None
    except (InputError, OSError):
        mask = None
    if mask is None or not 0 <= mask.array.min() <= mask.array.max() <= 255:
        return np.zeros(grid.shape, dtype=np.uint8)
    return resample_labels(np.rint(mask.array).astype(np.uint8), mask.grid, grid)


def _times(volumes: Volumes, phases: Sequence[Phase]) -> tuple[dict[Phase, float | None], tuple[str, ...]]:
    """When the phases were taken, where the files tell it, and what speaks against their being these."""
    if set(volumes) != set(phases):
        return {}, ()
    try:
        found = doubted(recognise_phases([volumes[one] for one in phases], volumes, phases=phases))
    except InputError:
        return {}, ()
    doubts = tuple(flag for flag in found.flags if is_warning(flag))
    return dict(zip(found.phases, found.times_s, strict=True)), doubts


def _pictures(
    volumes: Volumes,
    reference: Phase,
    labels: Image,
    colours: Mapping[int, str],
    times: Mapping[Phase, float | None],
) -> tuple[Picture, ...]:
    grid = volumes[reference].grid
    across, along = planes_through(labels, grid)
    slices = {phase: across.sample(one.array, one.grid, grid) for phase, one in volumes.items()}
    known = np.nan_to_num(slices[reference])
    inside = body(known)
    window = tissue_window(np.stack([np.nan_to_num(one) for one in slices.values()]), inside)
    crop = body_crop(inside)
    marks = across.cut(labels)
    found = []
    for phase, plane in slices.items():
        pixels = outlined_slice(crop.cut(plane), crop.cut(marks), colours, across.pixel_mm, window, SIDE_PX)
        time = times.get(phase)
        details = [*([] if time is None else [seconds(time)]), _spacing(volumes[phase].grid)]
        found.append(_picture(pixels, phase_title(phase), ", ".join(details), _TRANSVERSE))
    front = np.asarray(along.cut(volumes[reference].array), dtype=np.float32)
    pixels = outlined_slice(front, along.cut(labels), colours, along.pixel_mm, window, SIDE_PX)
    found.append(_picture(pixels, f"{phase_title(reference)}, coronal", _place(across, grid), _CORONAL))
    return tuple(found)


def _picture(pixels: Pixels, title: str, detail: str, letters: tuple[str, str, str]) -> Picture:
    return Picture(jpeg_of(pixels), (pixels.shape[1], pixels.shape[0]), title, detail, letters)


def _spacing(grid: Grid) -> str:
    return " × ".join(f"{size:.3g}" for size in grid.spacing) + " mm"


def _place(across: Plane, grid: Grid) -> str:
    """Which slice the others show, counted as the file counts, from 1."""
    axis = across.axes.order[0]
    index = grid.shape[axis] - 1 - across.index if across.axes.flipped[0] else across.index
    return f"beside slice {index + 1} of {grid.shape[axis]}"
