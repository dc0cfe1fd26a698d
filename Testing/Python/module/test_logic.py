"""What a script can call, without the widget."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.small_dataset import SHORT, tiny_network, write_small_dataset

from MTINetLib.errors import InputError
from MTINetLib.findings import from_json
from MTINetLib.study.lesion_class import UNDECIDED

AddStudy = Callable[[Any], Any]


@pytest.fixture
def logic(module: Any) -> Iterator[Any]:
    logic = sys.modules["MTINet"].MTINetLogic()
    yield logic
    logic.close()


def test_a_script_analyses_four_volumes_in_one_call(
    logic: Any, add_study: AddStudy, small_model: Path
) -> None:
    study = add_study(logic)
    names = ("pre", "arterial", "portal_venous", "delayed")
    logic.session.choices.phases.pre = None
    logic.session.choices.model = str(small_model)
    findings = logic.analyze(dict(zip(names, study.volumes, strict=True)), reference="arterial")
    assert findings is logic.findings
    assert findings.provenance.model_name == "random-small"
    assert logic.results.reference is study.volumes[1]
    assert logic.session.choices.segmentation is logic.results.segmentation


def test_what_is_missing_is_named(logic: Any, add_study: AddStudy) -> None:
    with pytest.raises(InputError, match="Choose the pre-contrast"):
        logic.analyze()
    study = add_study(logic)
    logic.session.choices.phases.delayed = study.volumes[0]
    with pytest.raises(InputError, match="same volume"):
        logic.analyze()


def test_masks_that_were_drawn_are_measured_corrected_reverted_and_reported(
    logic: Any, add_study: AddStudy, tmp_path: Path
) -> None:
    study = add_study(logic)
    findings = logic.measureMasks(study.case.labels)
    voxel_ml = study.case.study.grid.voxel_volume_mm3 / 1000
    for lesion in findings.lesions:
        assert lesion.lesion_class == UNDECIDED
        assert lesion.volume_ml == pytest.approx(voxel_ml * (study.case.labels == lesion.label).sum())
    logic.session.correction.delete(2)
    assert [lesion.label for lesion in logic.measureAgain().lesions] == [1]
    assert [lesion.label for lesion in logic.revert(2).lesions] == [1, 2]
    files = logic.report(tmp_path, ["json", "csv"], comment="A comment.")
    written = next(path for path in files if path.suffix == ".json")
    assert [lesion.label for lesion in from_json(written.read_text("utf-8")).lesions] == [1, 2]
    assert {path.parent.parent for path in files} == {tmp_path}


def test_measuring_again_replaces_the_results_and_their_nodes(
    slicer_desktop: Any, logic: Any, add_study: AddStudy
) -> None:
    study = add_study(logic)
    logic.measureMasks(study.case.labels)
    count = slicer_desktop.slicer.mrmlScene.GetNumberOfNodes()
    logic.measureMasks((study.case.labels == 1).astype("uint8"))
    assert slicer_desktop.slicer.mrmlScene.GetNumberOfNodes() <= count
    assert len(logic.findings.lesions) == 1


def test_labels_of_another_size_are_refused(logic: Any, add_study: AddStudy) -> None:
    study = add_study(logic)
    with pytest.raises(InputError, match="64 x 64 x 13 voxels"):
        logic.measureMasks(study.case.labels[:-1])
    assert logic.results is None


def test_a_closed_scene_takes_the_results_with_it(
    slicer_desktop: Any, logic: Any, add_study: AddStudy
) -> None:
    logic.measureMasks(add_study(logic).case.labels)
    slicer_desktop.slicer.mrmlScene.Clear(False)
    assert logic.results is None
    assert logic.findings is None
    assert logic.session.choices.phases.pre is None


def test_a_script_trains_and_stops_a_run(
    slicer_desktop: Any, logic: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTINET_USER_FOLDER", str(tmp_path / "user é"))
    dataset = write_small_dataset(tmp_path)
    endless = (*SHORT, *tiny_network(), "max_steps=100000")
    run = logic.train(dataset, wait=False, preset="quick", device="cpu", changes=endless)
    training = logic.session.training
    while not training.run.curves.validations:
        logic.session.poll()
        slicer_desktop.process_events()
    training.run.stop()
    training.wait(timeout_s=120)
    assert (run.models[0] / "config.json").is_file()
    assert not training.run.record.finished
    with pytest.raises(InputError, match="dataset"):
        logic.train("")


def test_a_script_opens_the_results_of_a_folder(logic: Any, tmp_path: Path) -> None:
    from support.results_folder import analyzed_at, findings_in, write_files, written
    from support.worklist import noisy_study

    images = write_files(tmp_path / "images", noisy_study(1))
    results = written(analyzed_at(images), tmp_path / "results", images)
    assert logic.openResults(results) == findings_in(results)
    with pytest.raises(InputError, match="no results of a study"):
        logic.openResults(images)
