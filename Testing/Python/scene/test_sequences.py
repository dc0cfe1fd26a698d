"""Volume sequences: time points as volumes, their times, and what a browser shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.node_images import add_array, image_of

from MTINetLib.errors import InputError
from MTINetLib.scene.phase_images import candidate_volumes, volumes_of_sequence
from MTINetLib.scene.save import load_scene, save_scene
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.sequences import (
    TIME_ATTRIBUTE,
    changes_with_browser,
    sequence_of,
    time_points_in_scene,
    volume_sequences,
)

pytestmark = pytest.mark.viewer

MATRIX = np.array([[-2.0, 0, 0, 10], [0, -2.0, 0, 20], [0, 0, 3.0, 30], [0, 0, 0, 1]])


def made_sequence(scene: Scene, indices: tuple[str, ...], unit: str = "s", name: str = "dyn") -> Any:
    """A sequence whose item n holds the value 100 n everywhere."""
    mrml = scene.mrml
    sequence = mrml.AddNewNodeByClass("vtkMRMLSequenceNode", name)
    sequence.SetIndexName("time")
    sequence.SetIndexUnit(unit)
    if not all(index.replace(".", "").isdigit() for index in indices):
        sequence.SetIndexType(sequence.TextIndex)
    for number, index in enumerate(indices):
        values = np.full((6, 8, 10), 100 * number, np.int16)
        source = add_array(scene, values, MATRIX, f"frame {number}")
        source.SetAttribute("DICOM.instanceUIDs", f"1.2.{number}.1 1.2.{number}.2")
        sequence.SetDataNodeAtValue(source, index)
        scene.mrml.RemoveNode(source)
    return sequence


def browse(scene: Scene, slicer: Any, sequence: Any) -> Any:
    """A browser over a sequence, and the logic that keeps its volume up to date."""
    logic = slicer.vtkSlicerSequencesLogic()
    logic.SetMRMLScene(scene.mrml)
    browser = scene.mrml.AddNewNodeByClass("vtkMRMLSequenceBrowserNode", "browser")
    browser.SetAndObserveMasterSequenceNodeID(sequence.GetID())
    logic.UpdateProxyNodesFromSequences(browser)
    return browser


def times(nodes: tuple[Any, ...]) -> list[str | None]:
    return [node.GetAttribute(TIME_ATTRIBUTE) for node in nodes]


def test_each_time_point_becomes_a_volume_where_it_lay(scene: Scene) -> None:
    nodes = volumes_of_sequence(made_sequence(scene, ("0", "30", "70", "180")))
    assert [int(image_of(node).array[0, 0, 0]) for node in nodes] == [0, 100, 200, 300]
    for node in nodes:
        image = image_of(node)
        assert image.grid.to_lps((2, 3, 4)) == pytest.approx([-(10 - 8), -(20 - 6), 36])
    assert nodes[1].GetAttribute("DICOM.instanceUIDs") == "1.2.1.1 1.2.1.2"
    assert nodes[1].GetName() == "dyn 30 s"
    assert candidate_volumes(scene) == nodes


@pytest.mark.parametrize(
    ("indices", "unit", "expected"),
    [
        (("0", "30.5", "70"), "s", ["0", "30.5", "70"]),
        (("36000", "36030", "36070"), "s", ["0", "30", "70"]),
        (("0", "30500", "70000"), "ms", ["0", "30.5", "70"]),
        (("0", "0.5", "1.5"), "min", ["0", "30", "90"]),
        (("0", "1", "2"), "", [None, None, None]),
        (("0", "1", "2"), "count", [None, None, None]),
        (("800", "1000", "1200"), "sec/mm2", [None, None, None]),
        (("0", "arterial", "late"), "s", [None, None, None]),
    ],
)
def test_index_values_are_times_only_in_a_unit_of_time(
    scene: Scene, indices: tuple[str, ...], unit: str, expected: list[str | None]
) -> None:
    nodes = volumes_of_sequence(made_sequence(scene, indices, unit))
    assert times(nodes) == expected


def test_a_sequence_from_dicom_import_has_its_times_in_attributes(scene: Scene) -> None:
    sequence = made_sequence(scene, ("0", "1", "2"), unit="")
    sequence.SetAttribute("MultiVolume.FrameLabels", "0.0,31000.0,72000.0")
    sequence.SetAttribute("MultiVolume.FrameIdentifyingDICOMTagName", "AcquisitionTime")
    sequence.SetAttribute("MultiVolume.FrameIdentifyingDICOMTagUnits", "ms")
    assert times(volumes_of_sequence(sequence)) == ["0", "31", "72"]


def test_frames_told_apart_by_something_else_have_no_times(scene: Scene) -> None:
    sequence = made_sequence(scene, ("0", "1", "2"), unit="")
    sequence.SetAttribute("MultiVolume.FrameLabels", "2.3,4.6,6.9")
    sequence.SetAttribute("MultiVolume.FrameIdentifyingDICOMTagName", "EchoTime")
    sequence.SetAttribute("MultiVolume.FrameIdentifyingDICOMTagUnits", "ms")
    assert times(volumes_of_sequence(sequence)) == [None, None, None]


def test_no_voxel_is_copied(scene: Scene) -> None:
    sequence = made_sequence(scene, ("0", "30"))
    nodes = volumes_of_sequence(sequence)
    assert nodes[1].GetImageData() is sequence.GetNthDataNode(1).GetImageData()


def test_asking_again_gives_the_same_volumes_and_makes_a_deleted_one_anew(scene: Scene) -> None:
    sequence = made_sequence(scene, ("0", "30", "70"))
    first = volumes_of_sequence(sequence)
    assert volumes_of_sequence(sequence) == first
    scene.mrml.RemoveNode(first[1])
    again = volumes_of_sequence(sequence)
    assert (again[0], again[2]) == (first[0], first[2])
    assert again[1].GetName() == "dyn 30 s"
    assert len(time_points_in_scene(sequence)) == 3


def test_the_volume_that_a_browser_shows_is_no_candidate_and_leads_to_its_sequence(
    scene: Scene, slicer: Any
) -> None:
    sequence = made_sequence(scene, ("0", "30", "70"))
    browser = browse(scene, slicer, sequence)
    shown = browser.GetProxyNode(sequence)
    assert shown.GetImageData() is not None
    assert changes_with_browser(shown)
    assert candidate_volumes(scene) == ()
    assert sequence_of(shown) is sequence
    assert sequence_of(browser) is sequence
    nodes = volumes_of_sequence(shown)
    assert volumes_of_sequence(browser) == nodes
    assert candidate_volumes(scene) == nodes
    browser.SetSelectedItemNumber(2)
    assert [int(image_of(node).array[0, 0, 0]) for node in nodes] == [0, 100, 200]


def test_time_points_stand_under_the_transform_of_the_volume_shown(scene: Scene, slicer: Any) -> None:
    sequence = made_sequence(scene, ("0", "30"))
    shown = browse(scene, slicer, sequence).GetProxyNode(sequence)
    transform = scene.mrml.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = np.eye(4)
    matrix[:3, 3] = (100, 0, 0)
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
    shown.SetAndObserveTransformNodeID(transform.GetID())
    browse(scene, slicer, made_sequence(scene, ("0", "9"), name="another"))
    for node in volumes_of_sequence(sequence):
        assert image_of(node).grid.to_lps((0, 0, 0)) == pytest.approx([-110, -20, 30])


def test_a_sequence_of_something_else_is_refused(scene: Scene) -> None:
    sequence = scene.mrml.AddNewNodeByClass("vtkMRMLSequenceNode", "moves")
    transform = scene.mrml.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    sequence.SetDataNodeAtValue(transform, "0")
    for node in (sequence, transform, None):
        with pytest.raises(InputError, match="is no sequence of volumes"):
            volumes_of_sequence(node)
    assert volume_sequences(scene) == ()


def test_sequences_with_several_volumes_are_listed(scene: Scene) -> None:
    several = made_sequence(scene, ("0", "30"))
    made_sequence(scene, ("0",), name="one")
    assert volume_sequences(scene) == (several,)


def test_time_points_are_known_again_after_the_scene_was_saved_and_opened(
    scene: Scene, tmp_path: Path
) -> None:
    volumes_of_sequence(made_sequence(scene, ("0", "30", "70")))
    save_scene(scene, tmp_path / "scene.mrb")
    load_scene(scene, tmp_path / "scene.mrb")
    (sequence,) = volume_sequences(scene)
    nodes = time_points_in_scene(sequence)
    assert times(nodes) == ["0", "30", "70"]
    assert volumes_of_sequence(sequence) == nodes
    assert [int(image_of(node).array[0, 0, 0]) for node in nodes] == [0, 100, 200]
    assert image_of(nodes[1]).grid.to_lps((2, 3, 4)) == pytest.approx([-2, -14, 36])
