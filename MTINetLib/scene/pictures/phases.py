"""The phases side by side: a lesion's key slice with outlines, phase titles and a legend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.presentation.colours import Rgb
from MTINetLib.presentation.words import phase_title, seconds
from MTINetLib.report.body import body
from MTINetLib.report.key_slice import key_slice
from MTINetLib.scene.pictures.canvas import BACKGROUND, Picture, open_window, pixels, text_actor
from MTINetLib.scene.pictures.slice_stage import SliceStage, volume_to_ras
from MTINetLib.scene.segmentation import SegmentedLesion, outlines_only, read_lesions
from MTINetLib.scene.show import ShownStudy
from MTINetLib.scene.slicer_core import slicer_module
from MTINetLib.study.grid import FloatArray

TILE_WIDTH = 480
MOST_ROWS = 3
#: A lesion needs no row of its own where another row shows this share of its largest area.
_ENOUGH_AREA = 0.85
_GAP = 6
_LEGEND_HEIGHT = 44


def draw_phases(shown: ShownStudy, times: Sequence[float | None]) -> Picture:
    """One row of all phases per key slice, of the three largest lesions at most; [height, width, 3]."""
    lesions = read_lesions(shown.segmentation, shown.reference)
    slices = _slices_to_show(lesions, shown.reference)
    inside = body(np.asarray(slicer_module().util.arrayFromVolume(shown.reference)))
    with outlines_only(shown.segmentation), SliceStage(shown.scene, TILE_WIDTH, TILE_WIDTH) as stage:
        stage.look_at(shown.reference, slices[0])
        extent = np.ptp(stage.to_slice(_points(shown.reference, inside[slices[0]], slices[0])), axis=0)
        aspect = extent[1] / extent[0] if extent.all() else 1.0
        stage.resize(TILE_WIDTH, int(np.clip(round(TILE_WIDTH * aspect), 300, 620)))
        rows = [_row(stage, shown, lesions, k, inside, times) for k in slices]
    legend = _legend(lesions, rows[0].shape[1])
    return _stacked([*rows, legend])


def _slices_to_show(lesions: Sequence[SegmentedLesion], reference: Any) -> list[int]:
    if not lesions:
        return [reference.GetImageData().GetDimensions()[2] // 2]
    wanted: list[int] = []
    for lesion in lesions:
        areas = lesion.mask.sum(axis=(1, 2))
        if not any(areas[k] >= _ENOUGH_AREA * areas.max() for k in wanted):
            wanted.append(key_slice(lesion.mask, 1))
    return wanted[:MOST_ROWS]


def _row(
    stage: SliceStage,
    shown: ShownStudy,
    lesions: Sequence[SegmentedLesion],
    k: int,
    inside: npt.NDArray[np.bool_],
    times: Sequence[float | None],
) -> Picture:
    stage.look_at(shown.reference, k)
    outline = stage.to_slice(_points(shown.reference, inside[k], k))
    margin = 0.03 * (outline.max(axis=0) - outline.min(axis=0))
    stage.frame(outline.min(axis=0) - margin, outline.max(axis=0) + margin)
    tiles = []
    for place, (phase, volume) in enumerate(shown.results.by_phase.items()):
        time = times[place]
        stage.wipe()
        title = phase_title(phase)
        _write_marks(stage, title if time is None else f"{title}, {seconds(time)}")
        if place == 0:
            stage.write(f"slice {k + 1}", (12, 18), 15, (0.75, 0.78, 0.8))
        for lesion in lesions:
            if lesion.mask[k].any():
                _write_number(stage, shown.reference, lesion, k)
        tiles.append(stage.picture(volume))
        tiles.append(_block(tiles[0].shape[0], _GAP))
    return np.hstack(tiles[:-1])


def _write_marks(stage: SliceStage, title: str) -> None:
    width, height = stage.size
    left, right, _, top = stage.edges()
    stage.write(title, (12, height - 20), 19, bold=True)
    for letter, at in ((left, (14, height / 2)), (right, (width - 14, height / 2))):
        stage.write(letter, at, 18, (0.95, 0.85, 0.45), align="Centered", bold=True)
    stage.write(top, (width - 14, height - 20), 18, (0.95, 0.85, 0.45), align="Centered", bold=True)


def _write_number(stage: SliceStage, reference: Any, lesion: SegmentedLesion, k: int) -> None:
    outline = stage.to_pixels(_points(reference, lesion.mask[k], k))
    at = (float(outline[:, 0].max()) + 7, float(outline[:, 1].max()) + 7)
    stage.write(lesion.name.split(" ")[0], at, 17, lesion.colour, bold=True)


def _legend(lesions: Sequence[SegmentedLesion], width: int) -> Picture:
    window, renderer = open_window(width, _LEGEND_HEIGHT, BACKGROUND)
    middle = _LEGEND_HEIGHT / 2
    note = "Outlines: MTI-Net, research use only"
    renderer.AddViewProp(text_actor(note, (width - 14, middle), 16, (0.62, 0.66, 0.7), align="Right"))
    x = 16.0
    swatches: list[tuple[int, Rgb]] = []
    for lesion in lesions:
        swatches.append((int(x), lesion.colour))
        renderer.AddViewProp(text_actor(lesion.name, (x + 26, middle), 18))
        x += 60 + 10 * len(lesion.name)
    if not lesions:
        renderer.AddViewProp(text_actor("No lesion found", (x, middle), 18))
    picture = pixels(window)
    window.Finalize()
    for left, colour in swatches:
        picture[15:-15, left : left + 16] = np.round(np.array(colour) * 255)
    return picture


def _points(volume: Any, mask: npt.NDArray[np.bool_], k: int) -> FloatArray:
    """RAS of the voxels of a slice mask [J, I]; of its corners where the mask is empty."""
    rows, columns = np.nonzero(mask) if mask.any() else np.nonzero(np.ones_like(mask))
    matrix = volume_to_ras(volume)
    ijk = np.stack([columns, rows, np.full_like(rows, k)], axis=1).astype(np.float64)
    ras: FloatArray = ijk @ matrix[:3, :3].T + matrix[:3, 3]
    return ras


def _block(height: int, width: int) -> Picture:
    colour = (np.array(BACKGROUND) * 255).astype(np.uint8)
    return np.full((height, width, 3), colour, dtype=np.uint8)


def _stacked(rows: Sequence[Picture]) -> Picture:
    parts: list[Picture] = []
    for row in rows:
        parts.extend([row, _block(_GAP, row.shape[1])])
    return np.vstack(parts[:-1])
