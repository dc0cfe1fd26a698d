"""The picture of outlining in the docs: a box that the mouse draws, and the outline that comes of it.

A person looks at it; the test sees that the outline is the lesion. ``make pictures`` keeps it in
Resources/Screenshots.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.mouse import drag, pixel_of
from support.outline_network import real_user_folder
from support.slicer_scene import rendering_or_skip

from MTINetLib.phantom.demo import make_demo_case
from MTINetLib.pipeline.outlined import OUTLINED_BY
from MTINetLib.scene.node_geometry import rough_grid
from MTINetLib.scene.pictures.canvas import write_png
from MTINetLib.scene.pictures.slice_stage import SliceStage
from MTINetLib.scene.roi_box import box_of_roi
from MTINetLib.scene.segmentation import lesion_mask, outlines_only, segment_labels
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.user_folder import USER_FOLDER_VARIABLE

_VIEW, _SIZE, _GAP, _ROUND_MM = "MTINetArterial", 460, 6, 55.0
_BOX_COLOUR = (255, 225, 90)


@pytest.mark.slow
@pytest.mark.rendering
def test_a_lesion_that_was_missed_is_pictured_with_its_box_and_its_outline(
    slicer_desktop: Any, widget: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendering_or_skip()
    monkeypatch.setenv(USER_FOLDER_VARIABLE, str(real_user_folder()))
    slicer_desktop.open_window()
    case, session = make_demo_case(), widget.logic.session
    missed = int(case.labels.max())
    volumes = add_study(session, case)
    widget.logic.measureMasks(case.labels * (case.labels != missed))
    for _ in range(6):
        slicer_desktop.process_events()
    first, last, k = box_pixels(case, missed)
    panel = next(one for one in widget.panels if type(one).__name__ == "CorrectPanel")
    monkeypatch.setattr(type(panel.outlining), "onOutline", lambda _self: None)
    panel.ui.drawButton.click()
    drag(_VIEW, first, last)
    session.outlining.outline()
    widget.logic.wait()
    (told,) = session.findings.provenance.settings[OUTLINED_BY]["boxes"]
    seen = volumes[FOUR_PHASES.index(Phase(told["image"].split(" - ")[0]))]
    display = session.results.segmentation.GetDisplayNode()
    display.SetVisibility(False)
    before = picture(session, seen, case, missed, k, "a box, drawn with the mouse")
    display.SetVisibility(True)
    after = picture(session, seen, case, missed, k, "what LiteMedSAM outlines in it")
    folder = Path(os.environ.get("MTINET_PICTURES") or tmp_path)
    write_png(folder / "outline.png", np.hstack([before, np.zeros_like(before[:, :_GAP]), after]))
    new = max(segment_labels(session.results.segmentation).items())[1]
    mask = lesion_mask(session.results.segmentation, new, session.results.reference) > 0
    truth = case.labels == missed
    assert 2 * (mask & truth).sum() / (mask.sum() + truth.sum()) > 0.6


def add_study(session: Any, case: Any) -> Any:
    from MTINetLib.scene.volumes import add_phase_volumes
    from MTINetLib.session.choices import choose_volume

    volumes = add_phase_volumes(session.scene, case.study)
    for phase, node in zip(FOUR_PHASES, volumes, strict=True):
        choose_volume(session.choices, phase, node)
    session.choices.alignment = "off"
    return volumes


def box_pixels(case: Any, label: int) -> tuple[tuple[int, int], tuple[int, int], int]:
    """Two corners around the widest slice of a lesion, a little off, and that slice."""
    k = int(np.argmax((case.labels == label).sum(axis=(1, 2))))
    rows, columns = np.nonzero(case.labels[k] == label)
    low, high = (k, rows.min() - 2, columns.min() - 1), (k, rows.max() + 1, columns.max() + 2)
    to_ras = np.array((-1.0, -1.0, 1.0))
    first, last = (pixel_of(_VIEW, case.study.grid.to_lps(corner) * to_ras) for corner in (low, high))
    return first, last, k


def picture(session: Any, volume: Any, case: Any, label: int, k: int, title: str) -> Any:
    """The slice around the lesion with the outlines, as Slicer draws them, and the box."""
    places = np.argwhere(case.labels == label).mean(axis=0)
    middle = case.study.grid.to_lps(places) * (-1.0, -1.0, 1.0)
    with outlines_only(session.results.segmentation), SliceStage(session.scene, _SIZE, _SIZE) as stage:
        stage.look_at(volume, k)
        centre = stage.to_slice(middle[None])[0]
        stage.frame(centre - _ROUND_MM, centre + _ROUND_MM)
        stage.write(title, (12, _SIZE - 22), 18, bold=True)
        stage.write("synthetic", (12, 14), 14, (0.75, 0.78, 0.8))
        drawn = stage.picture(volume).copy()
        (left, bottom), (right, top) = np.sort(stage.to_pixels(box_corners(session)), axis=0).astype(int)
    rows, columns = slice(_SIZE - top, _SIZE - bottom), slice(left, right)
    for edge in ((rows.start, columns), (rows.stop, columns), (rows, left), (rows, right)):
        drawn[edge] = _BOX_COLOUR
    return drawn


def box_corners(session: Any) -> Any:
    """World RAS of two opposite corners of the box, [2, 3]."""
    grid = rough_grid(session.results.geometry)
    return np.array(box_of_roi(session.outlining.marks.box, grid)) * (-1.0, -1.0, 1.0)
