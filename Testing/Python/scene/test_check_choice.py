"""What the user is told of the volumes that the user chose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from support.dicom_layouts import Truth, make_truth

from MTINetLib.phantom.case import PhantomSettings, make_case
from MTINetLib.presentation.evidence_words import evidence_in_words
from MTINetLib.scene.phase_images import node_array
from MTINetLib.scene.propose_phases import PhaseProposal, check_choice, propose_phases
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.sequences import TIME_ATTRIBUTE
from MTINetLib.scene.volumes import add_volume
from MTINetLib.study.evidence import CHOSEN
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import FOUR_PHASES

pytestmark = pytest.mark.viewer

PRE, ARTERIAL, PORTAL_VENOUS, DELAYED = FOUR_PHASES
NO_WORDS = ("a", "b", "c", "d")


@pytest.fixture
def truth() -> Truth:
    return make_truth()


def volumes(
    scene: Scene, truth: Truth, names: Sequence[str] = NO_WORDS, times: Sequence[float] | None = None
) -> list[Any]:
    nodes = [
        add_volume(scene, name, array.astype(np.int16), truth.grid)
        for name, array in zip(names, truth.volumes, strict=True)
    ]
    for node, time in zip(nodes, times or (), strict=bool(times)):
        node.SetAttribute(TIME_ATTRIBUTE, str(time))
    return nodes


def chosen(scene: Scene, nodes: Sequence[Any]) -> PhaseProposal:
    return check_choice(scene, dict(zip(FOUR_PHASES, nodes, strict=True)), FOUR_PHASES)


def test_a_right_choice_has_no_warning_and_is_sure(scene: Scene, truth: Truth) -> None:
    proposal = chosen(scene, volumes(scene, truth, times=(0, 55, 95, 215)))
    assert proposal.warnings == ()
    assert proposal.notes == ()
    assert proposal.missing == ()
    assert [proposal.phases[phase].time_s for phase in FOUR_PHASES] == [0, 55, 95, 215]
    for choice in proposal.phases.values():
        assert choice.confidence == 1.0
        assert choice.evidence[0] == CHOSEN
    assert any(
        "55 s after the pre-contrast" in evidence_in_words(item)
        for item in proposal.phases[ARTERIAL].evidence
    )


def test_times_count_from_a_pre_contrast_volume_that_is_not_the_first(scene: Scene, truth: Truth) -> None:
    proposal = chosen(scene, volumes(scene, truth, times=(15, 55, 95, 215)))
    assert [proposal.phases[phase].time_s for phase in FOUR_PHASES] == [0, 40, 80, 200]


def test_phases_not_chosen_are_missing(scene: Scene, truth: Truth) -> None:
    nodes = volumes(scene, truth)
    proposal = check_choice(scene, {PRE: nodes[0], ARTERIAL: nodes[1], DELAYED: None}, FOUR_PHASES)
    assert proposal.missing == (PORTAL_VENOUS, DELAYED)
    assert set(proposal.phases) == {PRE, ARTERIAL}
    assert proposal.warnings == ()
    assert check_choice(scene, {}, FOUR_PHASES).missing == FOUR_PHASES


def test_times_in_the_wrong_order_are_said(scene: Scene, truth: Truth) -> None:
    nodes = volumes(scene, truth, times=(0, 95, 55, 215))
    assert any(
        "The arterial phase was acquired 40 s after the portal venous phase" in warning
        for warning in chosen(scene, nodes).warnings
    )


def test_unusual_times_are_said(scene: Scene, truth: Truth) -> None:
    nodes = volumes(scene, truth, times=(0, 55, 59, 215))
    warnings = chosen(scene, nodes).warnings
    assert any("4 s lie between the arterial and the portal venous phase" in text for text in warnings)


def test_a_name_that_means_another_phase_is_said(scene: Scene, truth: Truth) -> None:
    nodes = volumes(scene, truth, names=("pre", "portal venous", "arterial", "delayed"))
    warnings = chosen(scene, nodes).warnings
    assert any("'portal venous' is taken for the arterial phase" in text for text in warnings)
    assert any("'arterial' is taken for the portal venous phase" in text for text in warnings)


def test_a_pre_contrast_volume_that_is_bright_is_said(scene: Scene, truth: Truth) -> None:
    nodes = volumes(scene, truth)
    warnings = chosen(scene, [nodes[1], nodes[0], nodes[2], nodes[3]]).warnings
    assert any("Vessels are darker in another phase than in 'b'" in text for text in warnings)


def test_an_arterial_volume_that_does_not_brighten_is_said(scene: Scene, truth: Truth) -> None:
    nodes = volumes(scene, truth)
    rng = np.random.default_rng(2)
    flat = truth.volumes[0] + rng.integers(0, 4, truth.volumes[0].shape)
    again = add_volume(scene, "second pre", flat.astype(np.int16), truth.grid)
    warnings = chosen(scene, [nodes[0], again, nodes[2], nodes[3]]).warnings
    assert any(
        "The vessels in 'second pre' are no brighter than before contrast" in text for text in warnings
    )


def test_four_volumes_without_enhancement_are_said(scene: Scene, truth: Truth) -> None:
    rng = np.random.default_rng(4)
    nodes = [
        add_volume(
            scene,
            name,
            (truth.volumes[0] + rng.integers(0, 4, truth.grid.shape)).astype(np.int16),
            truth.grid,
        )
        for name in NO_WORDS
    ]
    assert any("Hardly anything brightens" in text for text in chosen(scene, nodes).warnings)


def test_one_volume_for_two_phases_is_said(scene: Scene, truth: Truth) -> None:
    nodes = volumes(scene, truth, times=(0, 55, 95, 215))
    warnings = chosen(scene, [nodes[0], nodes[1], nodes[1], nodes[3]]).warnings
    assert (
        "The arterial and the portal venous phase are the same volume 'b': choose a different one for each."
        in warnings
    )


def test_two_volumes_with_the_same_image_are_said(scene: Scene, truth: Truth) -> None:
    nodes = volumes(scene, truth)
    copy = add_volume(scene, "copy", truth.volumes[1].astype(np.int16), truth.grid)
    warnings = chosen(scene, [nodes[0], nodes[1], copy, nodes[3]]).warnings
    assert any(
        "'b' (arterial phase) and 'copy' (portal venous phase) hold the same image" in text
        for text in warnings
    )


def test_volumes_that_differ_in_one_voxel_are_not_called_the_same(scene: Scene, truth: Truth) -> None:
    nodes = volumes(scene, truth)
    array = truth.volumes[1].astype(np.int16)
    array[3, 11, 17] += 1
    almost = add_volume(scene, "almost", array, truth.grid)
    warnings = chosen(scene, [nodes[0], nodes[1], almost, nodes[3]]).warnings
    assert not any("the same image" in text for text in warnings)


def test_a_constant_volume_is_said(scene: Scene, truth: Truth) -> None:
    nodes = volumes(scene, truth)
    constant = add_volume(scene, "flat", np.full(truth.grid.shape, 7, np.int16), truth.grid)
    warnings = chosen(scene, [nodes[0], nodes[1], nodes[2], constant]).warnings
    assert any("'flat' has the same value everywhere" in text for text in warnings)


def test_a_volume_of_one_slice_is_said(scene: Scene, truth: Truth) -> None:
    nodes = volumes(scene, truth)
    one = add_volume(
        scene, "one", truth.volumes[3][:1].astype(np.int16), Grid((1, 24, 32), *_place(truth.grid))
    )
    warnings = chosen(scene, [*nodes[:3], one]).warnings
    assert any("'one' (delayed phase) has only 1 slice" in text for text in warnings)


def _place(grid: Grid) -> tuple[Any, Any, Any]:
    return grid.spacing, grid.origin, grid.direction


def test_another_grid_is_a_note_not_a_warning(scene: Scene, truth: Truth) -> None:
    nodes = volumes(scene, truth, times=(0, 55, 95, 215))
    finer = Grid(
        (8, 48, 64),
        (3.5, 4.0, 9.0),
        tuple(float(v) for v in truth.grid.to_lps([0, -0.25, -0.25])),  # type: ignore[arg-type]
        truth.grid.direction,
    )
    large = np.repeat(np.repeat(truth.volumes[3], 2, axis=1), 2, axis=2)
    other = add_volume(scene, "fine", large.astype(np.int16), finer)
    other.SetAttribute(TIME_ATTRIBUTE, "215")
    proposal = chosen(scene, [*nodes[:3], other])
    assert proposal.warnings == ()
    assert proposal.notes == (
        "The delayed phase has another grid than the portal venous phase; it will be resampled.",
    )


def test_a_volume_that_hardly_overlaps_is_said(scene: Scene, slicer: Any, truth: Truth) -> None:
    nodes = volumes(scene, truth)
    transform = scene.mrml.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = np.eye(4)
    matrix[:3, 3] = (180, 0, 0)
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
    nodes[0].SetAndObserveTransformNodeID(transform.GetID())
    warnings = chosen(scene, nodes).warnings
    said = [text for text in warnings if "covers only" in text]
    assert len(said) == 1
    assert "The pre-contrast phase 'a' covers only" in said[0]


def test_a_node_that_cannot_be_a_phase_is_said_and_missing(scene: Scene, truth: Truth) -> None:
    nodes = volumes(scene, truth)
    labels = scene.mrml.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "labels")
    empty = scene.mrml.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty")
    proposal = chosen(scene, [nodes[0], labels, empty, nodes[3]])
    assert proposal.missing == (ARTERIAL, PORTAL_VENOUS)
    assert any("'labels' cannot be a phase, it is a label map" in text for text in proposal.warnings)
    assert any("'empty' has no image data" in text for text in proposal.warnings)


@pytest.mark.parametrize(("value", "said"), [(np.inf, True), (-np.inf, True), (np.nan, False)])
def test_infinite_values_are_said_and_nan_means_no_image(
    scene: Scene, truth: Truth, value: float, said: bool
) -> None:
    nodes = volumes(scene, truth)
    array = truth.volumes[3].copy()
    array[4, 5, 6] = value
    broken = add_volume(scene, "broken", array, truth.grid)
    proposal = chosen(scene, [*nodes[:3], broken])
    assert set(proposal.phases) == set(FOUR_PHASES)
    sentence = "'broken' (delayed phase) holds infinite values"
    assert any(sentence in warning for warning in proposal.warnings) is said
    assert np.array_equal(node_array(broken)[4, 5, 6], value, equal_nan=True)


def phantom_nodes(scene: Scene, change: Callable[[np.ndarray], np.ndarray]) -> list[Any]:
    study = make_case(21, 0, PhantomSettings(slices=(20, 22), matrix=(192, 192), breathing=False)).study
    changed = change(study.volumes)
    return [
        add_volume(scene, name, array.astype(np.float32), study.grid)
        for name, array in zip(NO_WORDS, changed, strict=True)
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda v: np.stack([(one - one.mean()) / one.std() for one in v]), "was standardised by itself"),
        (lambda v: v * np.array([1, 1, 0.35, 1])[:, None, None, None], "scaled each by itself"),
        (lambda v: np.minimum(v, np.percentile(v, 97)), "cut off at one value"),
    ],
)
def test_values_without_a_zero_or_a_scale_are_said_before_the_analysis(
    change: Callable[[np.ndarray], np.ndarray], said: str, scene: Scene
) -> None:
    nodes = phantom_nodes(scene, change)
    assert any(said in warning for warning in chosen(scene, nodes).warnings)
    marked = propose_phases(scene, nodes, FOUR_PHASES)
    if not marked.missing:
        assert any(said in warning for warning in marked.warnings)


def test_a_constant_that_will_be_subtracted_is_a_note(scene: Scene) -> None:
    plain, moved = (
        chosen(scene, phantom_nodes(scene, lambda v: v)),
        chosen(scene, phantom_nodes(scene, lambda v: v + 1500)),
    )
    assert (plain.warnings, plain.notes) == ((), ())
    assert moved.warnings == ()
    (note,) = moved.notes
    assert (
        note == "The air around the body is not at 0, so this constant is subtracted from all values: 1500."
    )
