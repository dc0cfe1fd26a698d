"""Two scenes beside each other in one process, and what keeps a process-wide one from coming back."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.made_analysis import made_analysis, made_study
from support.shown_results import paint, results_in
from support.slicer_scene import empty_scene

import MTINetLib
from MTINetLib.scene.edit_lesions import delete_lesion
from MTINetLib.scene.results import corrected_labels, remove_results, selected_lesion
from MTINetLib.scene.save import load_scene, save_scene
from MTINetLib.scene.scene import Scene, nodes_of_class
from MTINetLib.scene.segmentation import segment_labels
from MTINetLib.scene.select_lesion import select_lesion
from MTINetLib.scene.show import show_findings

#: What belongs to a process and not to a scene; modules and functions of slicer.util that look it up.
_OF_THE_PROCESS = {"mrmlScene", "dicomDatabase"}
_OF_THE_APPLICATION = {"app", "modules"}
_UTIL = {"arrayFromVolume", "updateVolumeFromArray", "vtkMatrixFromArray"}
#: The one function that may ask the application.
_ASKS = ("scene", "slicer_core.py"), "application_scene"


def _shown(scene: Scene) -> Any:
    study = made_study()
    return show_findings(scene, study, made_analysis(study)).results  # type: ignore[arg-type]


def _state(scene: Scene) -> tuple[Any, ...]:
    """All that the nodes of a scene hold, as MRML would save it."""
    nodes = nodes_of_class(scene.mrml, "vtkMRMLNode")
    return tuple((node.GetID(), node.GetName(), node.GetMTime()) for node in nodes)


@pytest.mark.viewer
def test_what_is_done_in_one_scene_never_reaches_the_other(tmp_path: Path) -> None:
    first, second = empty_scene(), empty_scene()
    one, other = _shown(first), _shown(second)
    assert one.segmentation.GetScene() is first.mrml
    assert other.segmentation.GetScene() is second.mrml
    for scene in (first, second):
        assert {node.GetScene() for node in nodes_of_class(scene.mrml, "vtkMRMLNode")} == {scene.mrml}
        assert len(nodes_of_class(scene.mrml, "vtkMRMLScalarVolumeNode")) == 4
    before, labels = _state(second), corrected_labels(other)

    select_lesion(one, 2)
    delete_lesion(one, 1)
    segment = segment_labels(one.segmentation)[2]
    mask = np.zeros(labels.shape, np.bool_)
    mask[3:6, 10:20, 10:20] = True
    paint(one, segment, mask)
    move = first.mrml.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    one.segmentation.SetAndObserveTransformNodeID(move.GetID())
    assert corrected_labels(one)[4, 15, 15] == 2, "resampled, through a label map in its own scene"
    save_scene(first, tmp_path / "first.mrb")
    remove_results(one)
    first.mrml.Clear(False)

    assert _state(second) == before
    assert np.array_equal(corrected_labels(other), labels)
    assert results_in(first) == ()
    (again,) = results_in(second)
    assert again.segmentation is other.segmentation
    assert selected_lesion(other) is None
    load_scene(second, tmp_path / "first.mrb")
    assert results_in(first) == ()
    assert [selected_lesion(results) for results in results_in(second)] == [2]


@pytest.mark.viewer
def test_a_scene_ends_with_the_object_that_holds_it() -> None:
    for _ in range(20):
        scene = empty_scene()
        _shown(scene)
    assert len(results_in(scene)) == 1


def _found(path: Path) -> list[str]:
    """Words of a file that reach for the scene of the process, with their lines."""
    found = []
    tree = ast.parse(path.read_text(encoding="utf-8"))
    room = path.parent.name if path.parent.name != "pictures" else "scene"
    allowed = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and ((room, path.name), function.name) == _ASKS
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or id(node) in allowed:
            continue
        owner = ast.unparse(node.value)
        process = node.attr in _OF_THE_PROCESS and owner == "slicer"
        application = node.attr in _OF_THE_APPLICATION and owner == "slicer" and room in ("scene", "session")
        util = owner.endswith(".util") and room in ("scene", "session") and node.attr not in _UTIL
        if process or application or util:
            found.append(f"{path.name}:{node.lineno} {ast.unparse(node)}")
    return found


def test_nothing_reaches_for_the_scene_of_the_process() -> None:
    library = Path(MTINetLib.__file__).parent
    files = [*library.rglob("*.py"), library.parent / "MTINet" / "MTINet.py"]
    assert len(files) > 100
    assert [word for path in files for word in _found(path)] == []


def test_the_guard_sees_what_it_forbids(tmp_path: Path) -> None:
    (tmp_path / "scene").mkdir()
    file = tmp_path / "scene" / "some.py"
    file.write_text(
        "slicer.mrmlScene\nslicer.app.x\nslicer.util.getNode(1)\nslicer.util.arrayFromVolume(1)\n"
    )
    assert [word.split()[0] for word in _found(file)] == ["some.py:1", "some.py:2", "some.py:3"]
