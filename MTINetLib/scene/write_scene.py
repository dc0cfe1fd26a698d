"""The scene of an analysis as files: scene.mrb and the rendered pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from MTINetLib.errors import MissingResourceError
from MTINetLib.progress import Progress, Silent
from MTINetLib.report.write_outputs import PICTURE_FOLDER, PICTURES, SCENE_FILE
from MTINetLib.scene.gl import rendering_is_possible
from MTINetLib.scene.layout import show_usual_layout
from MTINetLib.scene.save import save_scene
from MTINetLib.scene.select_lesion import select_lesion
from MTINetLib.scene.show import ShownStudy, show_findings
from MTINetLib.scene.slicer_core import clear_own_scene, slicer_module
from MTINetLib.study.study import Study

if TYPE_CHECKING:
    from MTINetLib.inference.analyze import Analysis


def write_scene(
    folder: Path, study: Study, analysis: Analysis, *, progress: Progress | None = None
) -> tuple[str, ...]:
    """Write scene.mrb and, where this machine renders, pictures/*.png into a folder that is there.

    Meant for processes outside the application, where the scene is our own; it is empty afterwards.

    Returns:
        Sentences for people about what was left out and how to get it; none when all was written.

    Raises:
        MissingResourceError: a file could not be written.
    """
    watcher = progress or Silent()
    watcher.start("Building the scene", 2)
    try:
        slicer_module()
    except MissingResourceError as error:
        watcher.finish()
        return (f"There is no {SCENE_FILE} and no rendered picture: {error}",)
    clear_own_scene()
    shown = show_findings(study, analysis)
    watcher.update(1)
    possible, why_not = rendering_is_possible()
    watcher.update(2)
    watcher.finish()
    if possible:
        draw_pictures(folder / PICTURE_FOLDER, shown, study.times_s, watcher)
    watcher.start("Saving the scene", 1)
    show_usual_layout(shown.reference, shown.chart, _centre(study, analysis))
    lesions = analysis.findings.lesions
    select_lesion(shown.results, lesions[0].label if lesions else None)
    save_scene(folder / SCENE_FILE)
    clear_own_scene()
    watcher.update(1)
    watcher.finish()
    return () if possible else (why_not,)


def draw_pictures(
    folder: Path, shown: ShownStudy, times: tuple[float | None, ...], progress: Progress | None = None
) -> None:
    """Render phases.png, curves.png and 3d.png; ask :func:`rendering_is_possible` first."""
    from MTINetLib.scene.pictures.canvas import Picture, write_png
    from MTINetLib.scene.pictures.curves import draw_curves
    from MTINetLib.scene.pictures.phases import draw_phases
    from MTINetLib.scene.pictures.view_3d import draw_3d

    watcher = progress or Silent()
    folder.mkdir(parents=True, exist_ok=True)
    drawings: tuple[Callable[[], Picture], ...] = (
        lambda: draw_phases(shown, times),
        lambda: draw_curves(shown),
        lambda: draw_3d(shown),
    )
    watcher.start("Rendering pictures", len(drawings))
    for done, (name, draw) in enumerate(zip(PICTURES, drawings, strict=True), start=1):
        write_png(folder / name, draw())
        watcher.update(done)
    watcher.finish()


def _centre(study: Study, analysis: Analysis) -> tuple[float, float, float]:
    """RAS of the largest lesion, or of the middle of the study."""
    lesions = analysis.findings.lesions
    if lesions:
        left, posterior, superior = lesions[0].centroid_lps_mm
    else:
        left, posterior, superior = study.grid.to_lps([(size - 1) / 2 for size in study.grid.shape])
    return -float(left), -float(posterior), float(superior)
