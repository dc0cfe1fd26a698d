"""For any geometry and any chain of transforms, voxels lie where MRML itself puts them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.made_analysis import made_analysis, made_grid, made_study, turned
from support.node_images import add_array, image_of

from MTINetLib.scene.phase_images import NodeImage
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.segmentation import segment_ids
from MTINetLib.scene.show_results import show_results_now
from MTINetLib.scene.slicer_core import slicer_module
from MTINetLib.scene.volumes import add_phase_volumes

pytestmark = pytest.mark.viewer

SHAPE = (5, 7, 6)
#: Tried many times in one process and one scene; the time of one example says nothing.
tries = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

angles = st.tuples(*[st.floats(-180, 180)] * 3)
shifts = st.tuples(*[st.floats(-400, 400)] * 3)
spacings = st.tuples(*[st.floats(0.3, 9.0)] * 3)
flips = st.tuples(*[st.sampled_from((-1.0, 1.0))] * 3)


def matrix_of(angle: Sequence[float], shift: Sequence[float], columns: Sequence[float]) -> np.ndarray:
    """4 x 4: columns of a rotation, each scaled, and a shift."""
    matrix = np.eye(4)
    matrix[:3, :3] = np.reshape(turned((angle[0], angle[1], angle[2])), (3, 3)) * np.array(columns)
    matrix[:3, 3] = shift
    return matrix


#: Index to RAS of a volume: oblique, of both handednesses.
volume_matrices = st.builds(
    lambda angle, shift, spacing, flip: matrix_of(angle, shift, np.multiply(spacing, flip)),
    angles,
    shifts,
    spacings,
    flips,
)
#: Transforms that keep axes perpendicular: turns, shifts, mirrors, one scale for all axes.
similarities = st.builds(
    lambda angle, shift, scale, flip: matrix_of(angle, shift, np.multiply(scale, flip)),
    angles,
    shifts,
    st.floats(0.5, 2.0),
    flips,
)
#: Anything linear that does not squash: a similarity with a skew.
skews = st.builds(
    lambda base, skew, where: base @ _skew(skew, where),
    similarities,
    st.floats(0.05, 0.6),
    st.sampled_from(((0, 1), (0, 2), (1, 2), (2, 1), (1, 0), (2, 0))),
)


def _skew(amount: float, where: tuple[int, int]) -> np.ndarray:
    matrix = np.eye(4)
    matrix[where] = amount
    return matrix


def volume(scene: Scene, matrix: np.ndarray, array: np.ndarray, chain: Sequence[np.ndarray]) -> Any:
    """A volume under a chain of transforms, the innermost first."""
    node = add_array(scene, array, matrix)
    child = node
    for step in chain:
        transform = scene.mrml.AddNewNodeByClass("vtkMRMLLinearTransformNode")
        transform.SetMatrixTransformToParent(slicer_module().util.vtkMatrixFromArray(step))
        child.SetAndObserveTransformNodeID(transform.GetID())
        child = transform
    return node


def mrml_world(node: Any, ijk: Sequence[float]) -> np.ndarray:
    """World RAS of a voxel, asked of MRML."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    to_ras, to_world = vtkMatrix4x4(), vtkMatrix4x4()
    node.GetIJKToRASMatrix(to_ras)
    if node.GetParentTransformNode() is not None:
        assert node.GetParentTransformNode().GetMatrixTransformToWorld(to_world)
    return np.array(to_world.MultiplyPoint(to_ras.MultiplyPoint((*ijk, 1.0))))[:3]


def corners(shape: tuple[int, ...]) -> np.ndarray:
    """Indices (k, j, i) of the eight corner voxels, [8, 3]."""
    return np.array(np.meshgrid(*[(0, count - 1) for count in shape], indexing="ij")).reshape(3, -1).T


@tries
@given(matrix=volume_matrices, chain=st.lists(similarities, max_size=3))
def test_every_corner_voxel_lies_where_mrml_puts_it(
    scene: Scene, matrix: np.ndarray, chain: list[np.ndarray]
) -> None:
    node = volume(scene, matrix, np.zeros(SHAPE, np.uint8), chain)
    image = image_of(node)
    assert not image.resampled
    for kji in corners(SHAPE):
        found = image.grid.to_lps(kji) * [-1, -1, 1]
        assert np.abs(found - mrml_world(node, kji[::-1])).max() < 1e-3


@tries
@given(matrix=volume_matrices, chain=st.lists(similarities, max_size=2), scale=spacings)
def test_scales_along_the_volumes_own_axes_are_exact(
    scene: Scene, matrix: np.ndarray, chain: list[np.ndarray], scale: tuple[float, float, float]
) -> None:
    own_axes = matrix.copy()
    own_axes[:3, :3] /= np.linalg.norm(matrix[:3, :3], axis=0)
    stretch = own_axes @ np.diag([*scale, 1.0]) @ np.linalg.inv(own_axes)
    node = volume(scene, matrix, np.zeros(SHAPE, np.uint8), [stretch, *chain])
    image = image_of(node)
    assert not image.resampled
    for kji in corners(SHAPE):
        found = image.grid.to_lps(kji) * [-1, -1, 1]
        assert np.abs(found - mrml_world(node, kji[::-1])).max() < 1e-3


@tries
@given(matrix=volume_matrices, skew=skews, chain=st.lists(similarities, max_size=1))
def test_a_sheared_image_has_at_every_place_the_value_that_mrml_has_there(
    scene: Scene, matrix: np.ndarray, skew: np.ndarray, chain: list[np.ndarray]
) -> None:
    # A ramp is interpolated linearly without an error: its value tells the index exactly.
    k, j, i = np.indices(SHAPE)
    ramp = (100 + 2 * i + 30 * j + 500 * k).astype(np.float32)
    node = volume(scene, matrix, ramp, [skew, *chain])
    image = image_of(node)
    axes = image.grid.direction_matrix
    assert np.abs(axes.T @ axes - np.eye(3)).max() < 1.1e-3
    world = np.array([mrml_world(node, ijk) for ijk in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1))])
    back = np.linalg.inv(np.column_stack([world[1:].T - world[:1].T]))
    places = np.indices(image.array.shape).reshape(3, -1).T
    ijk = (image.grid.to_lps(places) * [-1, -1, 1] - world[0]) @ back.T
    inside = np.all((ijk >= 0) & (ijk <= np.array(SHAPE[::-1]) - 1), axis=1)
    wanted = 100 + ijk @ [2, 30, 500]
    assert inside.any()
    assert np.abs(image.array.reshape(-1)[inside] - wanted[inside]).max() < 0.05
    # All of the volume has found room.
    for kji in corners(SHAPE):
        index = image.grid.to_index(mrml_world(node, kji[::-1]) * [-1, -1, 1])
        assert np.all((index > -1e-3) & (index < np.array(image.array.shape) - 1 + 1e-3))


@settings(tries, max_examples=15)
@given(
    matrix=volume_matrices,
    bend=st.lists(st.floats(-1.5, 1.5), min_size=24, max_size=24),
    chain=st.lists(similarities, max_size=1),
)
def test_a_bent_image_has_at_every_place_the_value_that_mrml_has_there(
    scene: Scene, matrix: np.ndarray, bend: list[float], chain: list[np.ndarray]
) -> None:
    import vtk

    k, j, i = np.indices((9, 11, 10))
    node = volume(scene, matrix, (100 + 2 * i + 30 * j + 500 * k).astype(np.float32), chain)
    # The volume's corners move by up to one and a half voxels of its finest axis.
    source, target = vtk.vtkPoints(), vtk.vtkPoints()
    unit = np.linalg.norm(matrix[:3, :3], axis=0).min()
    for number, kji in enumerate(corners((9, 11, 10))):
        place = mrml_world(node, kji[::-1])
        source.InsertNextPoint(*place)
        target.InsertNextPoint(*(place + unit * np.array(bend[3 * number : 3 * number + 3])))
    spline = vtk.vtkThinPlateSplineTransform()
    spline.SetBasisToR()
    spline.SetSourceLandmarks(source)
    spline.SetTargetLandmarks(target)
    outer = scene.mrml.AddNewNodeByClass("vtkMRMLTransformNode")
    outer.SetAndObserveTransformToParent(spline)
    last = node
    while last.GetParentTransformNode() is not None:
        last = last.GetParentTransformNode()
    last.SetAndObserveTransformNodeID(outer.GetID())
    image = image_of(node)
    assert image.resampled
    to_ijk = np.linalg.inv(matrix)
    rng = np.random.default_rng(0)
    checked = 0
    for place in rng.integers(0, image.array.shape, (60, 3)):
        local = np.zeros(3)
        node.TransformPointFromWorld(image.grid.to_lps(place) * [-1, -1, 1], local)
        ijk = (to_ijk @ [*local, 1.0])[:3]
        if np.all((ijk >= 0) & (ijk <= [9, 10, 8])):
            wanted = 100 + ijk @ [2, 30, 500]
            assert abs(image.array[tuple(place)] - wanted) < 3.0  # 0.006 of a slice
            checked += 1
    assert checked > 5


def shown_under(scene: Scene, chain: Sequence[np.ndarray]) -> tuple[NodeImage, Any, np.ndarray]:
    """Results over a study under transforms: the reference's image, the segmentation, and the labels."""
    study = made_study(made_grid((12, 40, 48)))
    volumes = add_phase_volumes(scene, study)
    child = None
    for step in chain:
        transform = scene.mrml.AddNewNodeByClass("vtkMRMLLinearTransformNode")
        transform.SetMatrixTransformToParent(slicer_module().util.vtkMatrixFromArray(step))
        for node in volumes if child is None else (child,):
            node.SetAndObserveTransformNodeID(transform.GetID())
        child = transform
    reference = volumes[study.index(study.reference)]
    image = image_of(reference)
    # One voxel a lesion, so that its place is known exactly.
    labels = np.zeros(image.array.shape, np.uint8)
    _, j, i = image.array.shape
    labels[3, j // 4, i // 3], labels[8, j // 2, i - 5] = 1, 2
    findings = made_analysis(study).findings  # type: ignore[arg-type]
    results = show_results_now(scene, findings, labels, volumes, reference, image.grid)
    return image, results.segmentation, labels


def assert_segments_lie_on_the_grid(image: NodeImage, segmentation: Any, labels: np.ndarray) -> None:
    for label, segment_id in enumerate(segment_ids(segmentation), start=1):
        wanted = image.grid.to_lps(np.argwhere(labels == label)[0]) * [-1, -1, 1]
        found = np.array(segmentation.GetSegmentCenterRAS(segment_id))
        assert np.abs(found - wanted).max() < 1e-3


@settings(tries, max_examples=12)
@given(chain=st.lists(similarities, max_size=2))
def test_lesions_lie_in_the_world_where_their_voxels_do(scene: Scene, chain: list[np.ndarray]) -> None:
    image, segmentation, labels = shown_under(scene, chain)
    assert not image.resampled
    assert_segments_lie_on_the_grid(image, segmentation, labels)


@settings(tries, max_examples=6)
@given(skew=skews)
def test_lesions_found_on_a_resampled_image_lie_where_its_grid_is(scene: Scene, skew: np.ndarray) -> None:
    image, segmentation, labels = shown_under(scene, [skew])
    assert image.resampled
    assert_segments_lie_on_the_grid(image, segmentation, labels)
