"""Results that lie in a folder, opened with their images: all goes on from there as after an analysis."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.corrected_session import half_of, mask_of, paint, settle
from support.results_folder import analyzed_at, findings_in, made_archive, write_files, written
from support.worklist import GRID, noisy_study, true_lesions

from MTINetLib.errors import InputError
from MTINetLib.findings import to_json
from MTINetLib.reading.volumes.write import write_volume
from MTINetLib.scene.results import ai_labels, corrected_labels
from MTINetLib.scene.scene import Scene
from MTINetLib.session.choices import Choices
from MTINetLib.session.session import Session
from MTINetLib.study.phase import FOUR_PHASES

pytestmark = pytest.mark.viewer
Open = Callable[..., Session]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_archive(tmp_path_factory.mktemp("archive"))


@pytest.fixture(scope="module")
def analyzed(archive: Path) -> Any:
    return analyzed_at(archive / "p1")


@pytest.fixture
def results(analyzed: Any, archive: Path, tmp_path: Path) -> Path:
    """Of the first study, as a cohort leaves it."""
    return written(analyzed, tmp_path / "studies" / "0a", archive / "p1")


@pytest.fixture
def session(scene: Scene, worker: Any) -> Session:
    return Session(scene, Choices(), worker)


@pytest.fixture
def opened(session: Session) -> Open:
    """Opens a folder and gives the session; errors are raised."""

    def open_now(folder: Path, images: Path | str = "") -> Session:
        session.results_folder.open(folder, images)
        session.wait()
        return session

    return open_now


def test_images_masks_and_findings_are_those_of_the_results(slicer: Any, opened: Open, results: Path) -> None:
    told = findings_in(results)
    session = opened(results)
    assert session.findings == told
    assert len(told.lesions) >= 2
    shown = session.results
    assert shown is not None
    assert [node.GetAttribute("MTINet.Phase") for node in shown.volumes] == [p.value for p in FOUR_PHASES]
    assert np.array_equal(corrected_labels(shown), ai_labels(shown))
    windows = {node.GetDisplayNode().GetWindowLevelMax() for node in shown.volumes}
    tissue = [np.percentile(slicer.util.arrayFromVolume(node)[:, ::4, ::4], 99) for node in shown.volumes]
    assert len(windows) == 1
    assert windows.pop() >= max(tissue)
    assert session.message is not None
    assert "found by the model 'known'" in session.message.text
    assert "not installed here" in session.message.text


def test_corrections_undo_and_reports_go_on_and_a_report_is_opened_again(
    scene: Scene, opened: Open, results: Path, archive: Path, tmp_path: Path
) -> None:
    session = opened(results)
    told = session.findings
    paint(session, 1, half_of(mask_of(session, 1)))
    settle(session)
    again = session.findings
    assert told is not None
    assert again is not None
    assert again.provenance.corrected_by_person
    assert again.lesions[0].volume_ml < 0.8 * told.lesions[0].volume_ml
    assert again.lesions[1] == told.lesions[1]
    assert again.study.flags == told.study.flags
    session.correction.revert_all()
    settle(session)
    assert session.findings == told
    session.correction.delete(1)
    settle(session)
    session.reports.write(tmp_path / "out", ("json", "labels", "dicom"))
    settle(session)
    files = {path.name: path for path in session.reports.files}
    assert {"findings.json", "lesions.nii.gz", "segmentation.dcm", "measurements.dcm"} <= set(files)
    report = files["findings.json"].parent
    corrected = findings_in(report)
    with pytest.raises(InputError, match="do not say where their images lie"):
        opened(report)
    assert opened(report, archive / "p1").findings == corrected


def test_moved_images_are_asked_for(opened: Open, session: Session, archive: Path, analyzed: Any) -> None:
    was = Path(shutil.copytree(archive / "p1", archive.parent / "was"))
    results = written(analyzed, archive.parent / "moved", was)
    now = was.rename(archive.parent / "now")
    with pytest.raises(InputError, match=r"do not lie in .*was any more: choose the folder"):
        opened(results)
    assert session.results_folder.without_images == str(results)
    assert session.results is None
    assert opened(results, now).findings == findings_in(results)
    assert session.results_folder.without_images == ""


def test_results_of_other_images_are_refused_and_leave_nothing(
    scene: Scene, opened: Open, session: Session, results: Path, archive: Path
) -> None:
    before = scene.mrml.GetNumberOfNodes()
    with pytest.raises(InputError, match="does not hold the images of these results"):
        opened(results, archive / "p2")
    assert session.results is None
    assert scene.mrml.GetNumberOfNodes() == before


def test_files_that_nothing_names_are_told_by_their_place_and_their_signal(
    scene: Scene, opened: Open, archive: Path, tmp_path: Path
) -> None:
    images = Path(shutil.copytree(archive / "files", tmp_path / "images"))
    study, analysis = analyzed_at(images)
    results = written((study, analysis), tmp_path / "results")
    assert opened(results, images).findings == findings_in(results)
    before = scene.mrml.GetNumberOfNodes()
    elsewhere = replace(study.grid, origin=(study.grid.origin[0] + 5, *study.grid.origin[1:]))
    for other in (replace(study, grid=elsewhere), replace(study, volumes=1.1 * study.volumes)):
        write_files(images, other)
        with pytest.raises(InputError, match="The images are not those of the results"):
            opened(results, images)
        assert scene.mrml.GetNumberOfNodes() == before


def test_phases_are_moved_onto_each_other_as_they_were(opened: Open, tmp_path: Path) -> None:
    study = noisy_study(5)
    moved = np.roll(study.volumes, 4, axis=3)
    moved[2] = study.volumes[2]
    images = write_files(tmp_path / "images", replace(study, volumes=moved))
    results = written(analyzed_at(images, alignment="off"), tmp_path / "results")
    session = opened(results, images)
    assert session.findings == findings_in(results)
    assert session.choices.alignment == "off"


def test_a_corrected_label_map_in_the_folder_is_measured_and_shown(opened: Open, results: Path) -> None:
    told = findings_in(results)
    labels = true_lesions().labels.copy()
    labels[labels == 2] = 0
    write_volume(results / "corrected by a reader.nii.gz", labels, GRID)
    session = opened(results)
    assert session.findings is not None
    assert session.results is not None
    assert [lesion.label for lesion in session.findings.lesions] == [1]
    assert session.findings.provenance.corrected_by_person
    assert not told.provenance.corrected_by_person
    assert np.array_equal(corrected_labels(session.results), labels)
    assert session.message is not None
    assert "measured as they are now" in session.message.text


def test_de_identified_results_are_told_by_what_they_measured(
    opened: Open, analyzed: Any, archive: Path, tmp_path: Path
) -> None:
    results = written(analyzed, tmp_path / "hidden", deidentify=True)
    assert opened(results, archive / "p1").findings == findings_in(results)
    with pytest.raises(InputError, match="The images are not those"):
        opened(results, archive / "p2")


def test_a_study_without_lesions_opens_without_masks(
    opened: Open, analyzed: Any, archive: Path, tmp_path: Path
) -> None:
    study, analysis = analyzed
    findings = replace(analysis.findings, lesions=())
    nothing = replace(analysis, findings=findings, labels=np.zeros_like(analysis.labels))
    results = written((study, nothing), tmp_path / "none", archive / "p1", formats=("json",))
    assert opened(results).findings == findings


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "findings.json").unlink(), "no results of a study"),
        (lambda folder: (folder / "findings.json").write_text("{"), "is damaged"),
        (lambda folder: (folder / "lesions.nii.gz").unlink(), "holds no masks"),
        (lambda folder: (folder / "lesions.nii.gz").write_bytes(b"x"), "lesions.nii.gz"),
    ],
)
def test_what_is_missing_is_named(opened: Open, results: Path, spoil: Any, said: str) -> None:
    spoil(results)
    with pytest.raises(InputError, match=said):
        opened(results)


def test_the_model_of_the_results_is_chosen_where_it_is_installed(
    opened: Open, session: Session, analyzed: Any, archive: Path, tmp_path: Path, model: Path
) -> None:
    from MTINetLib.models.info import told_info

    study, analysis = analyzed
    other = replace(analysis.findings.provenance, model_sha256=told_info(model).sha256)
    findings = replace(analysis.findings, provenance=other)
    results = written((study, replace(analysis, findings=findings)), tmp_path / "results", archive / "p1")
    session.choices.model = str(model)
    opened(results)
    assert session.choices.model == str(model)
    assert session.message is not None
    assert "not installed" not in session.message.text
    session.correction.ask_network()
    settle(session)
    assert session.findings is not None
    assert to_json(session.findings) == to_json(findings)  # it has read these masks
