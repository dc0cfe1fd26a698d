from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib import image
from support.made_analysis import TIMES_S, made_analysis, made_grid, made_study
from support.slicer_scene import empty_scene, rendering_or_skip

from MTINetLib.findings import LesionFinding
from MTINetLib.pipeline.remeasure import remeasure
from MTINetLib.presentation.classes import on_black, on_white
from MTINetLib.presentation.colours import rgb
from MTINetLib.report.file_names import OWN_FILES
from MTINetLib.scene import write_scene as writing
from MTINetLib.scene.pictures.context import liver_like
from MTINetLib.scene.pictures.curves import draw_curves, nice_ticks, span
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.show import ShownStudy, show_findings
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA
from MTINetLib.study.liver import Liver

pytestmark = pytest.mark.viewer

Picture = npt.NDArray[np.uint8]


def share_of(picture: Picture, hex_colour: str, tolerance: int = 30) -> float:
    colour = np.array(rgb(hex_colour)) * 255
    return float((np.abs(picture.astype(float) - colour).max(axis=-1) < tolerance).mean())


def shown(scene: Scene, **how: object) -> ShownStudy:
    rendering_or_skip()
    study = made_study(made_grid(**how))  # type: ignore[arg-type]
    return show_findings(scene, study, made_analysis(study))  # type: ignore[arg-type]


@pytest.mark.rendering
@pytest.mark.parametrize("left_handed", [False, True])
def test_the_phases_show_anatomy_and_outlines(scene: Scene, left_handed: bool) -> None:
    from MTINetLib.scene.pictures.phases import TILE_WIDTH, draw_phases

    stage = shown(scene, left_handed=left_handed)
    count = stage.volumes[0].GetScene().GetNumberOfNodes()
    picture = draw_phases(stage, TIMES_S)
    assert picture.shape[1] >= 4 * TILE_WIDTH
    assert 0.0005 < share_of(picture, on_black(HCC)) < 0.02, "an outline, not filled"
    assert 0.0003 < share_of(picture, on_black(HEMANGIOMA)) < 0.02
    assert stage.volumes[0].GetScene().GetNumberOfNodes() == count, "the stage leaves no nodes behind"


@pytest.mark.rendering
@pytest.mark.parametrize("left_handed", [False, True])
def test_the_patients_right_is_on_the_left_of_the_picture(scene: Scene, left_handed: bool) -> None:
    """The made liver lies on the patient's right (its i is low where L grows with i)."""
    from MTINetLib.scene.pictures.phases import TILE_WIDTH, draw_phases

    picture = draw_phases(shown(scene, left_handed=left_handed), TIMES_S)[:300]
    portal = picture[:, 2 * (TILE_WIDTH + 6) : 3 * TILE_WIDTH + 12].mean(axis=-1)
    half = portal.shape[1] // 2
    assert portal[:, :half].mean() > 1.1 * portal[:, half:].mean()


@pytest.mark.rendering
def test_the_plot_has_the_colours_of_both_classes(scene: Scene) -> None:
    from MTINetLib.scene.pictures.curves import draw_curves

    picture = draw_curves(shown(scene))
    for kind in (HCC, HEMANGIOMA):
        assert share_of(picture, on_white(kind)) > 0.001
    assert share_of(picture, "#FFFFFF") > 0.8


@pytest.mark.rendering
def test_the_three_dimensional_view_shows_lesions_in_the_body(scene: Scene) -> None:
    from MTINetLib.scene.pictures.view_3d import draw_3d

    picture = draw_3d(shown(scene))
    red, green, blue = (picture[..., n].astype(int) for n in range(3))
    assert ((red > green + 60) & (green > blue + 30)).mean() > 0.003, "the orange HCC"
    assert ((blue > red + 40) & (green > red + 20)).mean() > 0.001, "the blue hemangioma"
    assert picture[450, 600].sum() > picture[880, 20].sum(), "the body is brighter than the background"


@pytest.mark.rendering
def test_the_three_dimensional_view_shows_the_liver_s_own_surface_where_it_is_known(scene: Scene) -> None:
    from MTINetLib.scene.pictures.context import own_surface
    from MTINetLib.scene.pictures.view_3d import draw_3d

    rendering_or_skip()
    study = made_study(made_grid())
    made = made_analysis(study)
    box = np.zeros(study.grid.shape, bool)
    box[4:20, 20:60, 10:60] = True  # no estimate would look like it
    liver = Liver(box, "given", "by hand")
    findings = remeasure(study, made.labels, made.findings, liver=liver)
    stage = show_findings(scene, study, replace(made, findings=findings, liver=liver))
    surface = own_surface(stage.results.liver)
    bounds = np.array(surface.GetBounds()).reshape(3, 2)
    corners = np.array(np.meshgrid((4, 19), (20, 59), (10, 59))).reshape(3, -1).T
    ras = study.grid.to_lps(corners) * (-1, -1, 1)
    assert np.allclose(bounds, np.stack([ras.min(axis=0), ras.max(axis=0)], axis=1), atol=6)
    assert draw_3d(stage).std() > 5


@pytest.mark.rendering
def test_a_study_without_lesions_has_all_three_pictures(scene: Scene, tmp_path: Path) -> None:
    rendering_or_skip()
    study = made_study()
    assert writing.write_scene(scene, tmp_path, study, made_analysis(study, ())) == ()  # type: ignore[arg-type]
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {name for name in OWN_FILES if name.startswith(("pictures/", "scene"))}
    for name in ("phases", "curves", "3d"):
        assert image.imread(tmp_path / "pictures" / f"{name}.png").std() > 0.01


def test_without_opengl_the_scene_is_still_written(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "rendering_is_possible", lambda: (False, "Install libegl1."))
    study = made_study()
    notes = writing.write_scene(scene, tmp_path, study, made_analysis(study))  # type: ignore[arg-type]
    assert notes == ("Install libegl1.",)
    assert [path.name for path in tmp_path.iterdir()] == ["scene.mrb"]


def test_tissue_that_enhances_like_the_surroundings_is_the_liver() -> None:
    study = made_study(made_grid(degrees=(0.0, 0.0, 0.0)))
    labels = made_analysis(study).labels
    spacing = np.array(study.grid.spacing)[::-1]
    found = liver_like(list(study.volumes), [labels == 1, labels == 2], spacing)
    assert found is not None
    truth = (study.volumes[2] > 250) | (labels > 0)
    overlap = 2 * (found & truth).sum() / (found.sum() + truth.sum())
    assert overlap > 0.9
    assert liver_like(list(study.volumes), [], spacing) is None


SCALES = [lead * 10.0**power for power in (-12, -3, 0, 3, 6, 12) for lead in np.arange(1.0, 10.0, 0.1)]


@pytest.mark.parametrize("below", [0.0, 0.03, 0.4])
def test_ticks_are_round_and_few_at_every_scale(below: float) -> None:
    for scale in SCALES:
        low, high = -below * scale, scale
        ticks = nice_ticks(low, high)
        assert 3 <= len(ticks) <= 8, scale
        room = 1e-9 * scale
        assert all(low - room <= tick <= high + room for tick in ticks), scale
        assert len({f"{tick:g}" for tick in ticks}) == len(ticks), scale
        step = (ticks[1] - ticks[0]) / 10 ** np.floor(np.log10(ticks[1] - ticks[0]) + 1e-9)
        assert min(abs(step - nice) for nice in (1, 2, 5)) < 1e-6, scale


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.002, 0.009], (0.0, 0.009)),
        ([7.4e9, 2.0], (0.0, 7.4e9)),
        ([-900.0, -20.0], (-900.0, 0.0)),
        ([-3.0, 5.0, float("nan"), float("inf")], (-3.0, 5.0)),
        ([0.0, 0.0], (0.0, 1.0)),
        ([float("nan")], (0.0, 1.0)),
        ([], (0.0, 1.0)),
    ],
)
def test_an_axis_goes_from_zero_over_all_that_is_a_number(
    values: list[float], expected: tuple[float, float]
) -> None:
    assert span(values) == expected


@pytest.mark.rendering
def test_curves_of_any_scale_are_drawn(scene: Scene, tmp_path: Path) -> None:
    rendering_or_skip()
    for scale in (1e-6, 0.0, 0.0777, 7.6e7, -1.0):
        empty_scene()
        study = made_study()
        analysis = made_analysis(study)
        lesions = tuple(scaled(lesion, scale) for lesion in analysis.findings.lesions)
        shown = show_findings(
            scene, study, replace(analysis, findings=replace(analysis.findings, lesions=lesions))
        )
        assert draw_curves(shown).std() > 5, scale


def scaled(lesion: LesionFinding, scale: float) -> LesionFinding:
    curve = lesion.measured_curve
    mean, sd = (tuple(scale * value for value in values) for values in (curve.mean, curve.sd))
    measured = replace(curve, mean=mean, sd=sd)
    return replace(lesion, measured_curve=measured, predicted_curve=None, liver_curve=None)


@pytest.mark.parametrize("name", ["phases", "curves", "3d"])
@pytest.mark.rendering
def test_a_picture_that_cannot_be_drawn_costs_no_other(
    scene: Scene, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendering_or_skip()
    module = {"phases": "phases", "curves": "curves", "3d": "view_3d"}[name]

    def fail(*_: object) -> None:
        raise StopIteration

    monkeypatch.setattr(f"MTINetLib.scene.pictures.{module}.draw_{name}", fail)
    study = made_study()
    (note,) = writing.write_scene(scene, tmp_path, study, made_analysis(study))  # type: ignore[arg-type]
    assert note.startswith(f"There is no pictures/{name}.png: ")
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {item for item in OWN_FILES if item.startswith(("pictures/", "scene"))} - {
        f"pictures/{name}.png"
    }


@pytest.mark.parametrize(
    ("part", "missing"),
    [
        ("show_findings", "scene.mrb or rendered picture"),
        ("save_scene", "scene.mrb"),
        ("rendering_is_possible", "rendered picture"),
    ],
)
def test_a_scene_that_cannot_be_made_is_a_sentence(
    scene: Scene, part: str, missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def fail(*_: object) -> None:
        raise ArithmeticError

    monkeypatch.setattr(writing, "rendering_is_possible", lambda: (True, ""))
    monkeypatch.setattr(writing, "draw_pictures", lambda *_: None)
    monkeypatch.setattr(writing, part, fail)
    study = made_study()
    (note,) = writing.write_scene(scene, tmp_path, study, made_analysis(study))  # type: ignore[arg-type]
    assert note.startswith(f"There is no {missing}: a defect of MTINet (ArithmeticError")
