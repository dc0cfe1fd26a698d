"""Volume nodes as images: where their voxels lie in the world, and what cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.made_analysis import made_grid
from support.node_images import add_array, image_of
from support.volume_files import set_pixdim, without_sform, write

from MTINetLib.errors import InputError
from MTINetLib.scene.node_geometry import rough_grid
from MTINetLib.scene.phase_images import candidate_volumes, node_image_steps
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.volumes import add_volume
from MTINetLib.study.grid import Grid
from MTINetLib.study.resample import resample

pytestmark = pytest.mark.viewer

SHAPE = (9, 24, 20)
#: A marked voxel (k, j, i) away from the middle and from every border.
MARKED = (6, 17, 4)
#: RAS axes in LPS, row-major.
TURN_LPS = (-1, 0, 0, 0, -1, 0, 0, 0, 1)
TURN_90 = [[0, -1, 0, 10], [1, 0, 0, -20], [0, 0, 1, 30], [0, 0, 0, 1]]


def volume(scene: Scene, matrix: Any, shape: tuple[int, int, int] = SHAPE, mark: bool = True) -> Any:
    """A volume node with one bright voxel; ``matrix`` goes from index (i, j, k) to RAS."""
    array = np.zeros(shape, dtype=np.int16)
    if mark:
        array[MARKED] = 1000
    return add_array(scene, array, matrix, "phase")


def put_under(scene: Scene, slicer: Any, node: Any, matrix: Any) -> Any:
    transform = scene.mrml.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(np.asarray(matrix, float)))
    node.SetAndObserveTransformNodeID(transform.GetID())
    return transform


def place_of_mark(image: Any) -> np.ndarray:
    """World RAS of the brightest voxel."""
    kji = np.unravel_index(int(np.argmax(image.array)), image.array.shape)
    return image.grid.to_lps(kji) * [-1, -1, 1]


def test_a_plain_volume_lies_where_its_matrix_says(scene: Scene) -> None:
    node = volume(scene, [[-2, 0, 0, 50], [0, -2.5, 0, 60], [0, 0, 4, -70], [0, 0, 0, 1]])
    image = image_of(node)
    # By hand: i = 4, j = 17, k = 6.
    assert place_of_mark(image) == pytest.approx([50 - 8, 60 - 42.5, -70 + 24])
    assert image.grid.spacing == (2.0, 2.5, 4.0)
    assert image.grid.direction == (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    assert not image.resampled
    assert image.description == "phase"


def test_a_left_handed_volume_keeps_its_slices_in_order(scene: Scene) -> None:
    node = volume(scene, [[-2, 0, 0, 50], [0, -2.5, 0, 60], [0, 0, -4, 70], [0, 0, 0, 1]])
    image = image_of(node)
    assert place_of_mark(image) == pytest.approx([42, 17.5, 70 - 24])
    assert np.linalg.det(image.grid.direction_matrix) == pytest.approx(-1)
    assert np.argmax(image.array.reshape(9, -1).max(axis=1)) == 6


def test_an_oblique_grid_comes_back_as_it_was(scene: Scene) -> None:
    for grid in (made_grid(SHAPE), made_grid(SHAPE, left_handed=True), made_grid(SHAPE, (70, 10, 100))):
        node = add_volume(scene, "oblique", np.zeros(grid.shape, np.float32), grid)
        assert image_of(node).grid.matches(grid, tolerance_mm=1e-6)


def test_the_array_is_the_nodes_own_memory(scene: Scene, slicer: Any) -> None:
    node = volume(scene, np.eye(4))
    image = image_of(node)
    slicer.util.arrayFromVolume(node)[0, 0, 0] = 77
    assert image.array[0, 0, 0] == 77
    assert image.array.dtype == np.int16


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (TURN_90, [10 - 17.0, -20 + 4.0, 30 + 6.0]),
        ([[2, 0, 0, 0], [0, 3, 0, 0], [0, 0, 0.5, 0], [0, 0, 0, 1]], [8.0, 51.0, 3.0]),
        ([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, -1, 5], [0, 0, 0, 1]], [4.0, 17.0, -1.0]),
        ([[0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]], [6.0, 4.0, 17.0]),
    ],
    ids=["turn and shift", "scales", "flip", "axes exchanged"],
)
def test_a_linear_transform_is_folded_into_the_grid(
    scene: Scene, slicer: Any, matrix: Any, expected: list[float]
) -> None:
    node = volume(scene, np.eye(4))
    put_under(scene, slicer, node, matrix)
    image = image_of(node)
    assert place_of_mark(image) == pytest.approx(expected, abs=1e-9)
    assert not image.resampled
    assert image.array[MARKED] == 1000


def test_nested_transforms_apply_from_the_inside_out(scene: Scene, slicer: Any) -> None:
    node = volume(scene, np.eye(4))
    inner = put_under(scene, slicer, node, [[1, 0, 0, 100], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    put_under(scene, slicer, inner, TURN_90)
    # (4, 17, 6) -> shifted to (104, 17, 6) -> turned to (-17, 104) -> shifted by (10, -20, 30).
    assert place_of_mark(image_of(node)) == pytest.approx([-7, 84, 36])


def test_a_volume_with_another_grid_keeps_its_own(scene: Scene) -> None:
    coarse = np.zeros((5, 12, 10), np.int16)
    coarse[3, 8, 2] = 9
    node = add_array(scene, coarse, np.diag([2.0, 2.0, 2.0, 1.0]))
    image = image_of(node)
    assert image.grid.shape == (5, 12, 10)
    assert place_of_mark(image) == pytest.approx([4, 16, 6])


def test_rounded_direction_cosines_are_kept_not_resampled(scene: Scene) -> None:
    node = volume(scene, [[1, 0.0003, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    image = image_of(node)
    assert not image.resampled
    assert place_of_mark(image) == pytest.approx([4 + 17 * 0.0003, 17, 6], abs=1e-6)
    # Resampling to another grid takes such a direction as it is.
    resampled = resample(
        image.array.astype(np.float32), image.grid, Grid(SHAPE, (1, 1, 1), (0, 0, 0), TURN_LPS)
    )
    k, j, i = np.argwhere(resampled > 100)[0]
    assert (i, j, k) == (4, 17, 6)


def test_a_sheared_volume_is_resampled_onto_perpendicular_axes(scene: Scene, slicer: Any) -> None:
    node = volume(scene, np.eye(4))
    # Like a tilted gantry: each slice is shifted along its columns by a quarter of a millimetre more.
    put_under(scene, slicer, node, [[1, 0, 0, 0], [0, 1, 0.25, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    before = scene.mrml.GetNumberOfNodes()
    image = image_of(node)
    assert image.resampled
    axes = image.grid.direction_matrix
    assert axes.T @ axes == pytest.approx(np.eye(3), abs=1e-12)
    # The mark lay between two rows: it is shared by them, and its centre of mass is exact.
    kji = np.argwhere(image.array > 0)
    weights = image.array[tuple(kji.T)]
    centre = np.average(image.grid.to_lps(kji) * [-1, -1, 1], axis=0, weights=weights)
    assert centre == pytest.approx([4, 17 + 0.25 * 6, 6], abs=1e-3)
    assert np.nansum(image.array) == pytest.approx(1000, abs=0.1)
    assert np.isnan(image.array).any()  # the corners that no slice reaches
    assert scene.mrml.GetNumberOfNodes() == before
    assert node.GetTransformNodeID() is not None


def bent_by(scene: Scene, slicer: Any, node: Any, displacement: tuple[float, float, float]) -> Any:
    """Put a node under a grid transform that moves everything by the same RAS displacement."""
    import vtk

    grid = slicer.vtkOrientedGridTransform()
    image = vtk.vtkImageData()
    image.SetDimensions(6, 6, 6)
    image.SetOrigin(-100, -100, -100)
    image.SetSpacing(60, 60, 60)
    image.AllocateScalars(vtk.VTK_DOUBLE, 3)
    from vtk.util.numpy_support import vtk_to_numpy

    vtk_to_numpy(image.GetPointData().GetScalars())[:] = displacement
    grid.SetDisplacementGridData(image)
    grid.SetInterpolationModeToCubic()
    transform = scene.mrml.AddNewNodeByClass("vtkMRMLGridTransformNode")
    transform.SetAndObserveTransformToParent(grid)
    node.SetAndObserveTransformNodeID(transform.GetID())
    return transform


def test_a_grid_transform_moves_the_image_and_leaves_the_scene_alone(scene: Scene, slicer: Any) -> None:
    node = volume(scene, np.diag([1.0, 1.0, 2.0, 1.0]))
    bent_by(scene, slicer, node, (3.0, -2.0, 4.0))
    before = scene.mrml.GetNumberOfNodes()
    image = image_of(node)
    assert image.resampled
    assert place_of_mark(image) == pytest.approx([4 + 3, 17 - 2, 12 + 4], abs=1e-3)
    # The grid goes along, so that a shift blurs nothing.
    assert image.array == pytest.approx(slicer.util.arrayFromVolume(node), abs=0.5)
    assert scene.mrml.GetNumberOfNodes() == before
    assert slicer.util.arrayFromVolume(node)[MARKED] == 1000


def test_a_thin_plate_transform_puts_a_mark_where_mrml_puts_it(scene: Scene, slicer: Any) -> None:
    import vtk

    source, target = vtk.vtkPoints(), vtk.vtkPoints()
    for x in (0, 20):
        for y in (0, 24):
            for z in (0, 9):
                source.InsertNextPoint(x, y, z)
                target.InsertNextPoint(x + 0.1 * y, y + 2, z - 0.05 * x)
    spline = vtk.vtkThinPlateSplineTransform()
    spline.SetBasisToR()
    spline.SetSourceLandmarks(source)
    spline.SetTargetLandmarks(target)
    node = volume(scene, np.eye(4), mark=False)
    slicer.util.arrayFromVolume(node)[2:7, 15:20, 2:7] = 500
    slicer.util.arrayFromVolumeModified(node)
    transform = scene.mrml.AddNewNodeByClass("vtkMRMLTransformNode")
    transform.SetAndObserveTransformToParent(spline)
    node.SetAndObserveTransformNodeID(transform.GetID())
    image = image_of(node)
    assert image.resampled
    moved = np.zeros(3)
    node.TransformPointToWorld([4.0, 17.0, 4.0], moved)
    kji = np.argwhere(image.array > 1)
    centre = np.average(image.grid.to_lps(kji) * [-1, -1, 1], axis=0, weights=image.array[tuple(kji.T)])
    assert centre == pytest.approx(moved, abs=0.05)


def test_a_non_linear_transform_over_a_linear_one_uses_both(scene: Scene, slicer: Any) -> None:
    node = volume(scene, np.eye(4))
    inner = put_under(scene, slicer, node, TURN_90)
    bent_by(scene, slicer, inner, (0.0, 0.0, 3.0))
    image = image_of(node)
    assert place_of_mark(image) == pytest.approx([-7, -16, 39], abs=1e-3)


def test_a_bending_transform_without_displacement_keeps_every_voxel(scene: Scene, slicer: Any) -> None:
    grid = made_grid(SHAPE)
    values = np.random.default_rng(3).integers(0, 900, SHAPE).astype(np.int16)
    node = add_volume(scene, "still", values, grid)
    bent_by(scene, slicer, node, (0.0, 0.0, 0.0))
    image = image_of(node)
    assert image.grid.matches(grid, 1e-4)
    assert image.array == pytest.approx(values, abs=0.1)


def test_resampling_goes_in_steps_that_give_the_same_image(scene: Scene, slicer: Any) -> None:
    node = volume(scene, np.eye(4))
    put_under(scene, slicer, node, [[1, 0, 0, 0], [0, 1, 0.25, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    steps = node_image_steps(node)
    count = 0
    while True:
        try:
            next(steps)
            count += 1
        except StopIteration as end:
            image = end.value
            break
    assert count >= 1
    assert np.array_equal(image.array, image_of(node).array, equal_nan=True)


def test_a_transform_that_squashes_a_volume_flat_is_refused(scene: Scene, slicer: Any) -> None:
    node = volume(scene, np.eye(4))
    put_under(scene, slicer, node, np.diag([1.0, 1.0, 0.0, 1.0]))
    with pytest.raises(InputError, match="'phase' has voxels without a volume"):
        image_of(node)


def test_a_deleted_node_and_other_kinds_are_refused_with_a_reason(scene: Scene) -> None:
    with pytest.raises(InputError, match="No volume is chosen"):
        image_of(None)
    deleted = volume(scene, np.eye(4))
    scene.mrml.RemoveNode(deleted)
    with pytest.raises(InputError, match="it was deleted"):
        image_of(deleted)
    for kind, reason in (
        ("vtkMRMLLabelMapVolumeNode", "a label map"),
        ("vtkMRMLVectorVolumeNode", "a colour or vector volume"),
        ("vtkMRMLModelNode", "no scalar volume"),
    ):
        with pytest.raises(InputError, match=reason):
            image_of(scene.mrml.AddNewNodeByClass(kind, "other"))


def test_a_volume_without_image_data_is_refused(scene: Scene) -> None:
    node = scene.mrml.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty")
    with pytest.raises(InputError, match="'empty' has no image data"):
        image_of(node)


def stored(scene: Scene, node: Any, path: Path) -> Any:
    storage = scene.mrml.AddNewNodeByClass("vtkMRMLVolumeArchetypeStorageNode")
    storage.SetFileName(str(path))
    node.SetAndObserveStorageNodeID(storage.GetID())
    return node


@pytest.mark.parametrize("format_", ["nii", "nii2", "nrrd", "mha"])
def test_sheared_axes_that_were_coerced_when_a_file_was_loaded_are_refused(
    scene: Scene, tmp_path: Path, format_: str
) -> None:
    axes = np.diag([2.0, 2.0, 3.0])
    axes[1, 2] = 0.8
    path = write(tmp_path, format_, np.ones(SHAPE, "i2"), axes, np.zeros(3))
    node = stored(scene, volume(scene, np.diag([2, 2, np.hypot(3, 0.8), 1])), path)
    for look in (image_of, rough_grid):
        with pytest.raises(InputError, match="axes that are not perpendicular, and they were changed"):
            look(node)
    kept = np.eye(4)
    kept[:3, :3] = np.diag([-1, -1, 1]) @ axes
    image = image_of(stored(scene, volume(scene, kept), path))
    assert image.resampled
    kji = np.argwhere(image.array > 0)
    centre = np.average(image.grid.to_lps(kji), axis=0, weights=image.array[tuple(kji.T)])
    assert centre == pytest.approx(axes @ MARKED[::-1], abs=1e-3)


def test_a_voxel_size_that_a_file_does_not_say_is_asked_for(scene: Scene, tmp_path: Path) -> None:
    path = write(tmp_path, "nii", np.ones(SHAPE, "i2"), np.diag([2.0, 2.0, 3.0]), np.zeros(3))
    data = bytearray(path.read_bytes())
    set_pixdim(data, 3, 0.0)
    without_sform(data)
    path.write_bytes(data)
    node = stored(scene, volume(scene, np.eye(4)), path)
    with pytest.raises(InputError, match="write the true size in mm"):
        image_of(node)
    given = stored(scene, volume(scene, np.diag([2, 2, 3, 1])), path)
    assert image_of(given).grid.spacing == (2.0, 2.0, 3.0)


@pytest.mark.parametrize("content", [None, b"of another kind"])
def test_a_file_that_is_gone_or_changed_says_nothing_of_a_volume(
    scene: Scene, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "phase.nii.gz"
    if content is not None:
        path.write_bytes(content)
    assert image_of(stored(scene, volume(scene, np.eye(4)), path)).grid.spacing == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("value", [-np.inf, np.inf])
def test_infinite_values_are_refused(scene: Scene, value: float) -> None:
    array = np.ones(SHAPE, np.float32)
    array[2, 3, 4] = value
    node = add_array(scene, array, np.eye(4), "broken")
    with pytest.raises(InputError, match="'broken' holds infinite values"):
        image_of(node)


def test_candidates_are_the_visible_scalar_volumes_with_an_image(scene: Scene) -> None:
    first, second = volume(scene, np.eye(4)), volume(scene, np.eye(4))
    hidden = volume(scene, np.eye(4))
    hidden.SetHideFromEditors(True)
    labels = add_array(scene, np.zeros(SHAPE, np.uint8), np.eye(4), kind="vtkMRMLLabelMapVolumeNode")
    assert labels.GetImageData() is not None
    scene.mrml.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty")
    assert candidate_volumes(scene) == (first, second)
