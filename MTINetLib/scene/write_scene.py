"""The scene of an analysis as files: scene.mrb and the rendered pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.report.file_names import PICTURE_FOLDER, PICTURES, SCENE_FILE, SCENE_TITLE
from MTINetLib.report.left_out import LeftOut
from MTINetLib.scene.gl import rendering_is_possible
from MTINetLib.scene.layout import show_usual_layout
from MTINetLib.scene.pictures.canvas import Picture, write_png
from MTINetLib.scene.save import save_scene
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.select_lesion import select_lesion
from MTINetLib.scene.show import ShownStudy, show_findings
from MTINetLib.study.study import Study

if TYPE_CHECKING:
    from MTINetLib.inference.analysis import Analysis


def write_scene(
    scene: Scene, folder: Path, study: Study, analysis: Analysis, *, progress: Progress | None = None
) -> tuple[str, ...]:
    """Write scene.mrb and, where this machine renders, pictures/*.png into a folder that is there.

    See scene_process.py, which keeps a crash of the graphics driver from the findings.

    Args:
        scene: an empty one, for this study alone.

    Returns:
        Sentences for people about what was left out and how to get it; none when all was written.

    Raises:
        MissingResourceError: the disk is full.
    """
    watcher = progress or Silent()
    left_out = LeftOut(folder)
    watcher.start(Stage.BUILDING_SCENE, 2)
    shown = None
    with left_out.unless_it_fails(SCENE_TITLE):
        shown = show_findings(scene, study, analysis)
    watcher.update(1)
    if shown is not None:
        _write(folder, shown, study, analysis, left_out, watcher)
    return left_out.sentences


def _write(
    folder: Path, shown: ShownStudy, study: Study, analysis: Analysis, left_out: LeftOut, progress: Progress
) -> None:
    possible = False
    with left_out.unless_it_fails("rendered picture"):
        possible, why_not = rendering_is_possible()
        if not possible:
            left_out.say(why_not)
    progress.update(2)
    progress.finish()
    if possible:
        draw_pictures(folder / PICTURE_FOLDER, shown, study.times_s, left_out, progress)
    progress.start(Stage.SAVING_SCENE, 1)
    with left_out.unless_it_fails(SCENE_FILE, SCENE_FILE):
        show_usual_layout(shown.scene, shown.reference, shown.chart, _centre(study, analysis))
        lesions = analysis.findings.lesions
        select_lesion(shown.results, lesions[0].label if lesions else None)
        save_scene(shown.scene, folder / SCENE_FILE)
    progress.update(1)
    progress.finish()


def draw_pictures(
    folder: Path,
    shown: ShownStudy,
    times: tuple[float | None, ...],
    left_out: LeftOut,
    progress: Progress | None = None,
) -> None:
    """Render phases.png, curves.png and 3d.png; ask :func:`rendering_is_possible` first.

    Args:
        left_out: takes note of a picture that cannot be drawn.
    """
    watcher = progress or Silent()
    folder.mkdir(parents=True, exist_ok=True)
    watcher.start(Stage.RENDERING_PICTURES, len(PICTURES))
    for done, name in enumerate(PICTURES, start=1):
        with left_out.unless_it_fails(f"{PICTURE_FOLDER}/{name}", f"{PICTURE_FOLDER}/{name}"):
            write_png(folder / name, _draw(name, shown, times))
        watcher.update(done)
    watcher.finish()


def _draw(name: str, shown: ShownStudy, times: tuple[float | None, ...]) -> Picture:
    from MTINetLib.scene.pictures.curves import draw_curves
    from MTINetLib.scene.pictures.phases import draw_phases
    from MTINetLib.scene.pictures.view_3d import draw_3d

    drawings: dict[str, Callable[[], Picture]] = {
        "phases.png": lambda: draw_phases(shown, times),
        "curves.png": lambda: draw_curves(shown),
        "3d.png": lambda: draw_3d(shown),
    }
    return drawings[name]()


def _centre(study: Study, analysis: Analysis) -> tuple[float, float, float]:
    """RAS of the largest lesion, or of the middle of the study."""
    lesions = analysis.findings.lesions
    if lesions:
        left, posterior, superior = lesions[0].centroid_lps_mm
    else:
        left, posterior, superior = study.grid.to_lps([(size - 1) / 2 for size in study.grid.shape])
    return -float(left), -float(posterior), float(superior)
