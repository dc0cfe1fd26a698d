"""The chosen phases when volumes are deleted and scenes are read; selectors behave as Slicer's do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from MTINetLib.session.choices import PHASE_NAMES, chosen_volumes
from MTINetLib.study.phase import FOUR_PHASES, Phase

AddStudy = Callable[[Any], Any]


def selected(widget: Any) -> list[str | None]:
    panel = next(panel for panel in widget.panels if type(panel).__name__ == "StudyPanel")
    nodes = [getattr(panel.ui, f"{PHASE_NAMES[phase]}Selector").currentNode() for phase in FOUR_PHASES]
    return [None if node is None else node.GetID() for node in nodes]


def chosen(widget: Any) -> list[str | None]:
    volumes = chosen_volumes(widget.logic.session.choices)
    return [volumes[phase].GetID() if phase in volumes else None for phase in FOUR_PHASES]


def test_a_deleted_volume_leaves_its_phase_empty_and_the_others_alone(
    slicer_desktop: Any, widget: Any, add_study: AddStudy
) -> None:
    """A selector of Slicer turns to the volume after the deleted one, which is another phase."""
    study = add_study(widget.logic)
    ids = [node.GetID() for node in study.volumes]
    assert selected(widget) == ids
    slicer_desktop.slicer.mrmlScene.RemoveNode(study.volumes[1])
    assert chosen(widget) == [ids[0], None, ids[2], ids[3]]
    assert selected(widget) == chosen(widget)
    assert widget.logic.session.proposal.missing == (Phase.ARTERIAL,)


def test_a_scene_that_is_added_takes_no_choice_away(
    slicer_desktop: Any, widget: Any, add_study: AddStudy, tmp_path: Path
) -> None:
    """A selector of Slicer forgets its volume when a scene is read."""
    slicer = slicer_desktop.slicer
    other = slicer.vtkMRMLScene()
    other.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "of another study")
    path = tmp_path / "other.mrml"
    other.SetURL(str(path))
    assert other.Commit()
    study = add_study(widget.logic)
    ids = [node.GetID() for node in study.volumes]
    for shown in (True, False):
        (widget.enter if shown else widget.exit)()
        slicer.mrmlScene.SetURL(str(path))
        assert slicer.mrmlScene.Import()
        slicer_desktop.process_events()
        assert chosen(widget) == ids
        if shown:
            assert selected(widget) == ids


def test_the_selectors_show_the_volumes_of_an_opened_scene(
    slicer_desktop: Any, widget: Any, add_study: AddStudy, tmp_path: Path
) -> None:
    slicer = slicer_desktop.slicer
    add_study(widget.logic)
    path = str(tmp_path / "study.mrb")
    assert slicer.util.saveScene(path)
    slicer.mrmlScene.Clear()
    assert selected(widget) == chosen(widget) == [None] * 4
    slicer.util.loadScene(path)
    assert None not in chosen(widget)
    assert selected(widget) == chosen(widget)
    slicer.util.loadScene(path)  # once more, beside the first: the choices are those of the new one
    assert None not in chosen(widget)
    assert selected(widget) == chosen(widget)
