"""Masks in and out of segments, cropped."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support.made_analysis import made_grid

from MTINetLib.scene.label_image import cropped, label_image, read_mask, write_mask
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.segmentation import empty_segmentation, lesion_mask
from MTINetLib.scene.volumes import add_volume, ijk_to_ras
from MTINetLib.study.grid import Grid

pytestmark = pytest.mark.viewer

GRID = made_grid((12, 20, 24))
BOX = (slice(3, 6), slice(8, 13), slice(10, 12))


@pytest.fixture
def volume(scene: Scene) -> Any:
    return add_volume(scene, "reference", np.zeros(GRID.shape, np.float32), GRID)


@pytest.fixture
def segmentation(volume: Any) -> Any:
    node = empty_segmentation("Lesions", volume)
    node.GetSegmentation().AddEmptySegment("one", "one")
    node.GetSegmentation().AddEmptySegment("two", "two")
    return node


def random_mask(seed: int = 3) -> np.ndarray:
    mask = np.random.default_rng(seed).random((3, 5, 2)) > 0.4
    mask[0, 0, 0] = mask[-1, -1, -1] = True
    return mask


def test_voxels_of_the_image_lie_where_the_grid_says(volume: Any) -> None:
    image = label_image(random_mask(), BOX, volume)
    assert image.GetExtent() == (10, 11, 8, 12, 3, 5)
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    to_ras = vtkMatrix4x4()
    image.GetImageToWorldMatrix(to_ras)
    place = np.array(to_ras.MultiplyPoint((10, 8, 3, 1)))
    assert place == pytest.approx(ijk_to_ras(GRID) @ (10, 8, 3, 1), abs=1e-3)


def test_a_mask_comes_back_voxel_by_voxel(segmentation: Any, volume: Any) -> None:
    write_mask(segmentation, "one", random_mask(), BOX, volume)
    found = read_mask(segmentation, "one", volume)
    assert found is not None
    assert found[1] == BOX
    assert np.array_equal(found[0], random_mask())


def test_slicers_own_reader_sees_the_same_voxels(
    segmentation: Any, volume: Any, scene: Scene, slicer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    logic = SimpleNamespace(logic=lambda: scene.application.GetModuleLogic("Segmentations"))
    monkeypatch.setattr(slicer, "mrmlScene", scene.mrml, raising=False)
    monkeypatch.setattr(slicer, "modules", SimpleNamespace(segmentations=logic), raising=False)
    write_mask(segmentation, "one", random_mask(), BOX, volume)
    theirs = slicer.util.arrayFromSegmentBinaryLabelmap(segmentation, "one", volume)
    assert np.array_equal(np.asarray(theirs) > 0, lesion_mask(segmentation, "one", volume))


def test_writing_again_replaces_what_was_there(segmentation: Any, volume: Any) -> None:
    write_mask(segmentation, "one", random_mask(), BOX, volume)
    other = (slice(0, 3), slice(0, 5), slice(0, 2))
    write_mask(segmentation, "one", random_mask(), other, volume)
    found = read_mask(segmentation, "one", volume)
    assert found is not None
    assert found[1] == other


def test_an_empty_mask_empties_the_segment(segmentation: Any, volume: Any) -> None:
    write_mask(segmentation, "one", random_mask(), BOX, volume)
    write_mask(segmentation, "one", np.zeros((3, 5, 2), bool), BOX, volume)
    assert read_mask(segmentation, "one", volume) is None
    assert segmentation.GetSegmentation().GetSegment("one") is not None


def test_segments_that_share_an_image_keep_their_own(segmentation: Any, volume: Any) -> None:
    write_mask(segmentation, "one", random_mask(), BOX, volume)
    write_mask(segmentation, "two", ~random_mask(), BOX, volume)
    segmentation.GetSegmentation().CollapseBinaryLabelmaps(False)
    assert segmentation.GetSegmentation().GetNumberOfLayers() == 1
    everywhere = np.ones((3, 5, 2), bool)
    write_mask(segmentation, "two", everywhere, BOX, volume)
    whole = np.zeros(GRID.shape, bool)
    whole[BOX] = random_mask()
    assert np.array_equal(lesion_mask(segmentation, "one", volume), whole)
    whole[BOX] = True
    assert np.array_equal(lesion_mask(segmentation, "two", volume), whole)


def test_a_segment_on_another_grid_is_resampled(scene: Scene, segmentation: Any, volume: Any) -> None:
    fine = Grid(
        (24, 40, 48),
        tuple(size / 2 for size in GRID.spacing),  # type: ignore[arg-type]
        tuple(GRID.to_lps((-0.25, -0.25, -0.25))),
        GRID.direction,
    )
    other = add_volume(scene, "finer", np.zeros(fine.shape, np.float32), fine)
    box = (slice(6, 12), slice(16, 26), slice(20, 24))
    write_mask(segmentation, "one", np.ones((6, 10, 4), bool), box, other)
    found = read_mask(segmentation, "one", volume)
    assert found is not None
    assert found[1] == (slice(3, 6), slice(8, 13), slice(10, 12))
    assert found[0].all()


def test_voxels_outside_the_volume_are_left_out(segmentation: Any, volume: Any) -> None:
    box = (slice(-2, 2), slice(15, 25), slice(20, 30))
    write_mask(segmentation, "one", np.ones((4, 10, 10), bool), box, volume)
    found = read_mask(segmentation, "one", volume)
    assert found is not None
    assert found[1] == (slice(0, 2), slice(15, 20), slice(20, 24))
    box = (slice(-5, -2), slice(0, 3), slice(0, 3))
    write_mask(segmentation, "two", np.ones((3, 3, 3), bool), box, volume)
    assert read_mask(segmentation, "two", volume) is None


def test_a_volume_and_a_segmentation_moved_apart_meet_where_they_are_now(
    segmentation: Any, volume: Any, scene: Scene
) -> None:
    write_mask(segmentation, "one", np.ones((3, 5, 2), bool), BOX, volume)
    move = scene.mrml.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    step = ijk_to_ras(GRID)[:3, 0] * 4  # four columns
    matrix = vtkMatrix4x4()
    for axis in range(3):
        matrix.SetElement(axis, 3, float(step[axis]))
    move.SetMatrixTransformToParent(matrix)
    segmentation.SetAndObserveTransformNodeID(move.GetID())
    found = read_mask(segmentation, "one", volume)
    assert found is not None
    assert found[1] == (BOX[0], BOX[1], slice(14, 16))


def test_cropping_finds_the_smallest_box() -> None:
    mask = np.zeros((6, 7, 8), bool)
    mask[1:3, 2, 5:7] = True
    small = cropped(mask, (slice(10, 16), slice(0, 7), slice(100, 108)))
    assert small is not None
    assert small[1] == (slice(11, 13), slice(2, 3), slice(105, 107))
    assert small[0].all()
    assert cropped(np.zeros((2, 2, 2), bool), (slice(0, 2),) * 3) is None
