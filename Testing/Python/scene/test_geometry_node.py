"""Lesions on a grid that no volume of the user has."""

from __future__ import annotations

import numpy as np
import pytest
from support.made_analysis import made_analysis, made_grid, made_study
from support.node_images import image_of

from MTINetLib.scene.geometry_node import is_grid_of
from MTINetLib.scene.results import corrected_labels, find_results, remove_results
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.select_lesion import lesion_point_ras
from MTINetLib.scene.show_results import show_results_now
from MTINetLib.scene.volumes import add_phase_volumes

pytestmark = pytest.mark.viewer


def test_a_volume_knows_its_grid(scene: Scene) -> None:
    study = made_study()
    volume = add_phase_volumes(scene, study)[2]
    assert is_grid_of(study.grid, volume)
    assert not is_grid_of(made_grid((23, 80, 96)), volume)
    assert not is_grid_of(made_grid(degrees=(12.0, -7.0, 6.0)), volume)


def test_the_grid_of_a_transformed_volume_is_its_own(scene: Scene) -> None:
    study = made_study()
    volume = add_phase_volumes(scene, study)[2]
    volume.SetAndObserveTransformNodeID(moved(scene, shear=0.0))
    grid = image_of(volume).grid
    assert is_grid_of(grid, volume)
    assert not is_grid_of(study.grid, volume)


def test_a_sheared_reference_gets_lesions_in_the_world(scene: Scene) -> None:
    study = made_study()
    volumes = add_phase_volumes(scene, study)
    for volume in volumes:
        volume.SetAndObserveTransformNodeID(moved(scene, shear=0.3))
    image = image_of(volumes[2])
    assert image.resampled
    labels = np.zeros(image.grid.shape, np.uint8)
    labels[5:9, 20:30, 20:40] = 1
    labels[12:15, 40:45, 20:40] = 2
    findings = made_analysis(study).findings
    results = show_results_now(scene, findings, labels, volumes, volumes[2], image.grid)
    assert results.reference is volumes[2]
    assert results.geometry is not results.reference
    assert results.geometry.GetHideFromEditors()
    assert results.segmentation.GetTransformNodeID() is None
    assert np.array_equal(corrected_labels(results), labels)
    point = lesion_point_ras(results, 1)
    assert point is not None
    k, j, i = np.round(image.grid.to_index(np.array(point) * [-1, -1, 1])).astype(int)
    assert labels[k, j, i] == 1
    again = find_results(scene, results.segmentation)
    assert again is not None
    assert again.geometry is results.geometry
    remove_results(results)
    assert results.geometry.GetScene() is None
    assert volumes[2].GetScene() is scene.mrml


def test_a_grid_that_is_the_volumes_own_needs_no_other(scene: Scene) -> None:
    study = made_study()
    volumes = add_phase_volumes(scene, study)
    analysis = made_analysis(study)
    results = show_results_now(scene, analysis.findings, analysis.labels, volumes, volumes[2], study.grid)
    assert results.geometry is volumes[2]


def moved(scene: Scene, shear: float) -> str:
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    matrix = vtkMatrix4x4()
    matrix.SetElement(0, 1, shear)
    matrix.SetElement(2, 3, 25.0)
    node = scene.mrml.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    node.SetMatrixTransformToParent(matrix)
    return str(node.GetID())
