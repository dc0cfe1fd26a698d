"""Phases proposed among volume nodes: by DICOM, times, marks and names, and never by a silent guess."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from support.dicom_layouts import (
    LAYOUTS,
    Truth,
    clock,
    make_truth,
    save,
    series_per_phase,
)
from support.dicom_scene import with_database
from support.node_images import add_array

from MTINetLib.presentation.evidence_words import evidence_in_words
from MTINetLib.scene.node_sources import sources_of
from MTINetLib.scene.phase_images import candidate_volumes, volumes_of_sequence
from MTINetLib.scene.propose_phases import PhaseProposal, check_choice, propose_phases
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.sequences import TIME_ATTRIBUTE
from MTINetLib.scene.volumes import PHASE_ATTRIBUTE, add_volume
from MTINetLib.study.evidence import MARKED
from MTINetLib.study.phase import FOUR_PHASES, Phase

pytestmark = pytest.mark.viewer

PRE, ARTERIAL, PORTAL_VENOUS, DELAYED = FOUR_PHASES
NAMES = ("5: LAVA pre", "6: LAVA arterial", "7: LAVA portal venous", "8: LAVA delayed")
NO_WORDS = ("a", "b", "c", "d")


@pytest.fixture
def truth() -> Truth:
    return make_truth()


def add_volumes(scene: Scene, truth: Truth, names: Sequence[str] = NAMES) -> list[Any]:
    """The four volumes of the truth as nodes, in the order of time."""
    return [
        add_volume(scene, name, array.astype(np.int16), truth.grid)
        for name, array in zip(names, truth.volumes, strict=True)
    ]


def names(proposal: PhaseProposal) -> dict[Phase, str]:
    return {phase: choice.name for phase, choice in proposal.phases.items()}


def right(nodes: Sequence[Any]) -> dict[Phase, str]:
    return {phase: node.GetName() for phase, node in zip(FOUR_PHASES, nodes, strict=True)}


class Database:
    """Answers as ctkDICOMDatabase does for one instance."""

    isOpen = True  # noqa: N815

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.asked: list[str] = []

    def fileForInstance(self, uid: str) -> str:
        self.asked.append(uid)
        return self.files.get(uid, "")


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def scene(scene: Scene, database: Database) -> Scene:
    return with_database(scene, database)


def from_dicom(
    scene: Scene,
    database: Database,
    folder: Path,
    truth: Truth,
    images: list[Dataset],
    volume_names: Sequence[str],
) -> list[Any]:
    """Nodes as Slicer's import makes them of images in time-major order: instances in slice order."""
    nodes = add_volumes(scene, truth, volume_names)
    count = truth.grid.shape[0] if len(images) > len(nodes) else 1
    for number, image in enumerate(images):
        path = folder / f"{number:04d}.dcm"
        save(image, path)
        database.files[str(image.SOPInstanceUID)] = str(path)
    for number, node in enumerate(nodes):
        own = images[number * count : (number + 1) * count]
        node.SetAttribute("DICOM.instanceUIDs", " ".join(str(image.SOPInstanceUID) for image in own))
    return nodes


def test_names_tell_the_phases_with_their_evidence(scene: Scene, truth: Truth) -> None:
    nodes = add_volumes(scene, truth)
    proposal = propose_phases(scene, nodes[::-1], FOUR_PHASES)
    assert names(proposal) == right(nodes)
    assert proposal.missing == ()
    assert proposal.warnings == ()
    arterial = proposal.phases[ARTERIAL]
    assert arterial.node_id == nodes[1].GetID()
    assert "word:arterial" in arterial.evidence
    assert 0.6 <= arterial.confidence < 1
    assert arterial.time_s is None
    assert any("times" in note for note in proposal.notes)


@pytest.mark.parametrize(
    ("short", "said"),
    [
        (PORTAL_VENOUS, "The portal venous phase lacks 27 mm (38 %) of the range of the arterial phase"),
        (DELAYED, "The delayed phase lacks 27 mm (38 %) of the range of the portal venous phase"),
    ],
)
def test_a_phase_of_a_part_of_the_range_is_said_with_what_is_missing(
    scene: Scene, truth: Truth, short: Phase, said: str
) -> None:
    part = replace(truth.grid, shape=(5, *truth.grid.shape[1:]))
    nodes = [
        add_volume(scene, name, (array[:5] if phase is short else array).astype(np.int16), grid)
        for phase, name, array in zip(FOUR_PHASES, NAMES, truth.volumes, strict=True)
        for grid in (part if phase is short else truth.grid,)
    ]
    proposal = propose_phases(scene, nodes, FOUR_PHASES)
    assert not proposal.missing
    assert any(said in warning for warning in proposal.warnings)


def test_a_volume_whose_name_also_speaks_of_bolus_tracking_is_proposed_with_a_warning(
    scene: Scene, truth: Truth
) -> None:
    nodes = add_volumes(scene, truth, (NAMES[0], "6: LAVA SmartPrep art", *NAMES[2:]))
    proposal = propose_phases(scene, nodes, FOUR_PHASES)
    assert names(proposal) == right(nodes)
    assert proposal.phases[ARTERIAL].confidence < 0.8
    assert any("bolus tracking" in warning for warning in proposal.warnings)


def test_an_empty_scene_is_said(scene: Scene) -> None:
    proposal = propose_phases(scene, candidate_volumes(scene), FOUR_PHASES)
    assert proposal.phases == {}
    assert proposal.missing == FOUR_PHASES
    assert proposal.warnings == ("There is no volume in the scene to choose phases from.",)


def test_volumes_without_any_evidence_stay_unchosen(scene: Scene, truth: Truth) -> None:
    proposal = propose_phases(scene, add_volumes(scene, truth, NO_WORDS), FOUR_PHASES)
    assert proposal.phases == {}
    assert proposal.missing == FOUR_PHASES
    assert proposal.warnings == (
        "Nothing tells which volumes are the pre-contrast, arterial, portal venous and delayed phases: "
        "choose them yourself.",
    )


def test_what_is_certain_is_proposed_and_the_rest_stays_empty(scene: Scene, truth: Truth) -> None:
    nodes = add_volumes(scene, truth, ("LAVA pre", "x", "LAVA portal venous", "y"))
    proposal = propose_phases(scene, nodes, FOUR_PHASES)
    assert names(proposal) == {PRE: "LAVA pre", PORTAL_VENOUS: "LAVA portal venous"}
    assert proposal.missing == (ARTERIAL, DELAYED)
    assert proposal.warnings == (
        "Nothing tells which volumes are the arterial and delayed phases: choose them yourself.",
    )


@pytest.mark.parametrize("layout", ["f", "a", "c", "g", "e"])
def test_dicom_headers_tell_the_phases_of_every_layout(
    scene: Scene, truth: Truth, database: Database, tmp_path: Path, layout: str
) -> None:
    images = LAYOUTS[layout](truth)
    if layout == "c":  # written slice by slice; the import sorts by time
        images.sort(key=lambda image: (image.TemporalPositionIdentifier, image.InstanceNumber))
    nodes = from_dicom(scene, database, tmp_path, truth, images, NO_WORDS)
    proposal = propose_phases(scene, [nodes[2], nodes[0], nodes[3], nodes[1]], FOUR_PHASES)
    assert names(proposal) == right(nodes)
    assert [proposal.phases[phase].time_s for phase in FOUR_PHASES] == pytest.approx(truth.times_s, abs=0.5)
    assert proposal.warnings == ()
    choice = proposal.phases[DELAYED]
    assert choice.series_uid == str(images[-1].SeriesInstanceUID)
    assert choice.time_point == (None if layout == "f" else 4)
    assert choice.instance_uids[0] in database.files


def test_times_alone_tell_phases_of_series_without_words(
    scene: Scene, truth: Truth, database: Database, tmp_path: Path
) -> None:
    images = series_per_phase(truth, descriptions=("t1_vibe_fs",) * 4)
    nodes = from_dicom(scene, database, tmp_path, truth, images, ("3: t1", "4: t1", "5: t1", "6: t1"))
    proposal = propose_phases(scene, nodes, FOUR_PHASES)
    assert names(proposal) == right(nodes)
    assert any(
        "40 s after the arterial phase" in evidence_in_words(item)
        for item in proposal.phases[PORTAL_VENOUS].evidence
    )


def test_a_study_past_midnight_goes_on(
    scene: Scene, truth: Truth, database: Database, tmp_path: Path
) -> None:
    images = series_per_phase(truth, descriptions=("t1",) * 4)
    late = 23 * 3600 + 59 * 60
    for number, image in enumerate(images):
        time = truth.times_s[number // truth.grid.shape[0]]
        image.AcquisitionTime = image.SeriesTime = clock(time, start_s=late)
    nodes = from_dicom(scene, database, tmp_path, truth, images, NO_WORDS)
    proposal = propose_phases(scene, nodes, FOUR_PHASES)
    assert names(proposal) == right(nodes)
    assert [proposal.phases[phase].time_s for phase in FOUR_PHASES] == pytest.approx(truth.times_s)


def test_at_most_two_files_a_volume_are_asked_for(
    scene: Scene, truth: Truth, database: Database, tmp_path: Path
) -> None:
    nodes = from_dicom(scene, database, tmp_path, truth, series_per_phase(truth), NO_WORDS)
    propose_phases(scene, nodes, FOUR_PHASES)
    assert len(database.asked) <= 2 * len(nodes)


def _closed(database: Database) -> None:
    database.isOpen = False


def _without_files(database: Database) -> None:
    database.files.clear()


def _broken(database: Database) -> None:
    def fail(uid: str) -> str:
        raise RuntimeError("database is locked")

    database.fileForInstance = fail  # type: ignore[method-assign]


@pytest.mark.parametrize("spoil", [_closed, _without_files, _broken])
def test_without_the_files_the_names_still_tell(
    scene: Scene, truth: Truth, database: Database, tmp_path: Path, spoil: Callable[[Database], None]
) -> None:
    nodes = from_dicom(scene, database, tmp_path, truth, series_per_phase(truth), NAMES)
    spoil(database)
    proposal = propose_phases(scene, nodes, FOUR_PHASES)
    assert names(proposal) == right(nodes)
    assert proposal.phases[PRE].series_uid is None
    assert len(proposal.phases[PRE].instance_uids) == truth.grid.shape[0]


def test_a_file_that_is_no_dicom_is_passed_over(
    scene: Scene, truth: Truth, database: Database, tmp_path: Path
) -> None:
    nodes = from_dicom(scene, database, tmp_path, truth, series_per_phase(truth), NAMES)
    for path in tmp_path.glob("*.dcm"):
        path.write_bytes(b"not an image")
    assert names(propose_phases(scene, nodes, FOUR_PHASES)) == right(nodes)


def test_files_that_a_volume_was_read_from_tell_without_a_database(
    scene: Scene, truth: Truth, tmp_path: Path
) -> None:
    nodes = add_volumes(scene, truth, NO_WORDS)
    slices = truth.grid.shape[0]
    for number, image in enumerate(series_per_phase(truth)):
        path = tmp_path / f"IMG{number:04d}.dcm"
        save(image, path)
        node = nodes[number // slices]
        if node.GetStorageNode() is None:
            storage = scene.mrml.AddNewNodeByClass("vtkMRMLVolumeArchetypeStorageNode")
            storage.SetFileName(str(path))
            node.SetAndObserveStorageNodeID(storage.GetID())
        node.GetStorageNode().AddFileName(str(path))
    proposal = propose_phases(scene, nodes, FOUR_PHASES)
    assert names(proposal) == right(nodes)
    assert [proposal.phases[phase].time_s for phase in FOUR_PHASES] == pytest.approx(truth.times_s)


def test_marks_and_times_of_the_nodes_are_believed(scene: Scene, truth: Truth) -> None:
    nodes = add_volumes(scene, truth, NO_WORDS)
    for node, phase, time in zip(nodes, FOUR_PHASES, (-12.0, 33.0, 71.0, 182.5), strict=True):
        node.SetAttribute(PHASE_ATTRIBUTE, phase.value)
        node.SetAttribute(TIME_ATTRIBUTE, str(time))
    proposal = propose_phases(scene, nodes[::-1], FOUR_PHASES)
    assert names(proposal) == right(nodes)
    assert proposal.phases[PRE].evidence[0] == MARKED
    # Times before contrast stay as they are: they count from the bolus.
    assert [proposal.phases[phase].time_s for phase in FOUR_PHASES] == [-12.0, 33.0, 71.0, 182.5]


def test_a_mark_on_two_volumes_is_not_used_and_said(scene: Scene, truth: Truth) -> None:
    nodes = add_volumes(scene, truth)
    for node in nodes[1:3]:
        node.SetAttribute(PHASE_ATTRIBUTE, ARTERIAL.value)
    proposal = propose_phases(scene, nodes, FOUR_PHASES)
    assert names(proposal) == right(nodes)
    assert "2 volumes are marked as the arterial phase; the marks are not used." in proposal.warnings


def test_a_senseless_mark_is_ignored(scene: Scene, truth: Truth) -> None:
    nodes = add_volumes(scene, truth)
    nodes[0].SetAttribute(PHASE_ATTRIBUTE, "first")
    nodes[0].SetAttribute(TIME_ATTRIBUTE, "soon")
    assert names(propose_phases(scene, nodes, FOUR_PHASES)) == right(nodes)


def made_sequence(scene: Scene, truth: Truth, indices: Sequence[str], unit: str) -> Any:
    sequence = scene.mrml.AddNewNodeByClass("vtkMRMLSequenceNode", "dyn")
    sequence.SetIndexUnit(unit)
    for node, index in zip(add_volumes(scene, truth, NO_WORDS), indices, strict=True):
        sequence.SetDataNodeAtValue(node, index)
        scene.mrml.RemoveNode(node)
    return sequence


def test_times_of_a_sequence_tell_the_phases(scene: Scene, truth: Truth) -> None:
    sequence = made_sequence(scene, truth, ("0", "55000", "95000", "215000"), "ms")
    nodes = volumes_of_sequence(sequence)
    proposal = propose_phases(scene, candidate_volumes(scene), FOUR_PHASES)
    assert names(proposal) == right(nodes)
    assert [proposal.phases[phase].time_s for phase in FOUR_PHASES] == [0, 55, 95, 215]
    assert proposal.phases[PRE].series_uid is None
    assert proposal.phases[PRE].time_point == 1


def test_files_that_a_sequence_was_read_from_tell_its_phases(
    scene: Scene, truth: Truth, tmp_path: Path
) -> None:
    sequence = made_sequence(scene, truth, ("0", "1", "2", "3"), "")
    paths = []
    for number, image in enumerate(LAYOUTS["g"](truth)):
        paths.append(tmp_path / f"{number:04d}.dcm")
        save(image, paths[-1])
    sequence.SetAttribute("MultiVolume.FrameFileList", ",".join(str(path) for path in paths))
    nodes = volumes_of_sequence(sequence)
    proposal = propose_phases(scene, nodes, FOUR_PHASES)
    assert names(proposal) == right(nodes)
    assert [proposal.phases[phase].time_s for phase in FOUR_PHASES] == pytest.approx(truth.times_s)


def test_a_sequence_without_times_is_not_guessed(scene: Scene, truth: Truth) -> None:
    sequence = made_sequence(scene, truth, ("0", "1", "2", "3"), "")
    proposal = propose_phases(scene, volumes_of_sequence(sequence), FOUR_PHASES)
    assert len(proposal.missing) >= 2
    assert any("yourself" in warning for warning in proposal.warnings)


def test_a_sequence_that_was_not_opened_is_pointed_to(scene: Scene, truth: Truth) -> None:
    made_sequence(scene, truth, ("0", "55", "95", "215"), "s")
    proposal = propose_phases(scene, candidate_volumes(scene), FOUR_PHASES)
    assert proposal.warnings == ("The sequence 'dyn' holds 4 time points: use it to make volumes of them.",)


def test_a_multi_volume_is_pointed_to(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    # The wheel has no multi-volumes; a vector volume stands for one.
    monkeypatch.setattr("MTINetLib.scene.propose_phases._MULTI_VOLUME", "vtkMRMLVectorVolumeNode")
    scene.mrml.AddNewNodeByClass("vtkMRMLVectorVolumeNode", "dyn")
    (warning,) = propose_phases(scene, candidate_volumes(scene), FOUR_PHASES).warnings
    assert warning.startswith("'dyn' is a multi-volume: load it again as a volume sequence")


def test_other_series_are_left_out_with_the_reason(scene: Scene, truth: Truth) -> None:
    nodes = add_volumes(scene, truth)
    other = add_volume(scene, "9: T2 haste", truth.volumes[0], truth.grid)
    empty = scene.mrml.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty")
    proposal = propose_phases(scene, [*nodes, other, empty], FOUR_PHASES)
    assert names(proposal) == right(nodes)
    reasons = dict(proposal.left_out)
    assert reasons["9: T2 haste"] == "it is T2-weighted"
    assert "has no image data" in reasons["empty"]


def of_study(images: list[Dataset], number: int) -> list[Dataset]:
    for image in images:
        image.StudyInstanceUID = f"1.2.840.{number}"
        image.SOPInstanceUID = f"{image.SOPInstanceUID}"[:40] + f".{number}"
        image.SeriesInstanceUID = f"{image.SeriesInstanceUID}"[:40] + f".{number}"
    return images


def test_of_two_studies_none_is_taken_by_guess(
    scene: Scene, truth: Truth, database: Database, tmp_path: Path
) -> None:
    nodes = []
    for number in (1, 2):
        images = of_study(series_per_phase(truth), number)
        nodes += from_dicom(scene, database, tmp_path / str(number), truth, images, NAMES)
    proposal = propose_phases(scene, nodes, FOUR_PHASES)
    assert proposal.phases == {}
    assert any("2 studies with four phases each" in warning for warning in proposal.warnings)


def test_a_choice_from_two_studies_is_said(
    scene: Scene, truth: Truth, database: Database, tmp_path: Path
) -> None:
    nodes = from_dicom(scene, database, tmp_path / "1", truth, of_study(series_per_phase(truth), 1), NAMES)
    other = from_dicom(scene, database, tmp_path / "2", truth, of_study(series_per_phase(truth), 2), NAMES)
    own = check_choice(scene, dict(zip(FOUR_PHASES, nodes, strict=True)), FOUR_PHASES)
    assert own.warnings == ()
    assert own.phases[PRE].series_uid
    mixed = check_choice(scene, dict(zip(FOUR_PHASES, [*nodes[:3], other[3]], strict=True)), FOUR_PHASES)
    assert any("come from different DICOM studies" in warning for warning in mixed.warnings)


def test_the_study_with_four_phases_is_taken_beside_another(
    scene: Scene, truth: Truth, database: Database, tmp_path: Path
) -> None:
    nodes = from_dicom(scene, database, tmp_path / "1", truth, of_study(series_per_phase(truth), 1), NAMES)
    other = from_dicom(scene, database, tmp_path / "2", truth, of_study(series_per_phase(truth), 2), NAMES)[
        :2
    ]
    proposal = propose_phases(scene, [*other, *nodes], FOUR_PHASES)
    assert [proposal.phases[phase].node_id for phase in FOUR_PHASES] == [node.GetID() for node in nodes]
    assert [reason for _, reason in proposal.left_out] == ["of another study"] * 2


def test_a_volume_from_a_file_completes_a_dicom_study(
    scene: Scene, truth: Truth, database: Database, tmp_path: Path
) -> None:
    nodes = from_dicom(scene, database, tmp_path, truth, series_per_phase(truth), NAMES)
    nodes[3].RemoveAttribute("DICOM.instanceUIDs")
    proposal = propose_phases(scene, nodes, FOUR_PHASES)
    assert names(proposal) == right(nodes)


def test_volumes_under_transforms_are_recognised_too(scene: Scene, slicer: Any, truth: Truth) -> None:
    nodes = add_volumes(scene, truth)
    transform = scene.mrml.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = np.eye(4)
    matrix[0, 2], matrix[:3, 3] = 0.2, (40, 50, 60)
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
    for node in nodes:
        node.SetAndObserveTransformNodeID(transform.GetID())
    proposal = propose_phases(scene, nodes, FOUR_PHASES)
    assert names(proposal) == right(nodes)
    assert proposal.warnings == ()


def test_a_volume_that_is_squashed_flat_is_left_out(scene: Scene, slicer: Any, truth: Truth) -> None:
    nodes = add_volumes(scene, truth)
    transform = scene.mrml.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(np.diag([1.0, 0, 1, 1])))
    nodes[1].SetAndObserveTransformNodeID(transform.GetID())
    proposal = propose_phases(scene, nodes, FOUR_PHASES)
    assert ARTERIAL in proposal.missing
    assert "voxels without a volume" in dict(proposal.left_out)[nodes[1].GetName()]


def test_only_a_few_voxels_of_a_large_volume_are_looked_at(scene: Scene) -> None:
    node = add_array(scene, np.ones((80, 320, 320), np.int16), np.eye(4), "large")
    volume = sources_of(scene, [node])[0].volume
    assert volume.array.size <= 80 * 48 * 48
    assert volume.array.shape == volume.grid.shape
    whole = np.array([79, 319, 319])
    assert volume.grid.to_lps(whole / [1, 7, 7]) == pytest.approx([-319, -319, 79])


def test_nothing_in_the_scene_is_changed(scene: Scene, truth: Truth) -> None:
    nodes = add_volumes(scene, truth)
    before = (scene.mrml.GetNumberOfNodes(), [node.GetMTime() for node in nodes])
    propose_phases(scene, nodes, FOUR_PHASES)
    assert (scene.mrml.GetNumberOfNodes(), [node.GetMTime() for node in nodes]) == before


def test_a_database_of_another_kind_does_no_harm(scene: Scene, truth: Truth) -> None:
    scene = with_database(scene, SimpleNamespace(isOpen=True))
    nodes = add_volumes(scene, truth)
    nodes[0].SetAttribute("DICOM.instanceUIDs", "1.2.3 1.2.4")
    assert names(propose_phases(scene, nodes, FOUR_PHASES)) == right(nodes)
