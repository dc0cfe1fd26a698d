"""Reports of a session over the real scene and the real worker."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.corrected_session import corrected_session, settle
from support.made_analysis import made_analysis, made_study

from MTINetLib.findings import to_dict
from MTINetLib.scene.scene import Scene
from MTINetLib.session.reports import FORMATS, new_folder
from MTINetLib.session.state import State
from MTINetLib.worker.requests import Analyzed

pytestmark = pytest.mark.viewer


@pytest.fixture
def session(scene: Scene, worker: Any) -> Any:
    return corrected_session(scene, worker, made_study())


def run(session: Any) -> None:
    while session.state is not State.IDLE:
        session.poll()


def test_all_formats_on_offer_can_be_written() -> None:
    from MTINetLib.report.formats import ALL

    assert set(FORMATS) <= set(ALL)


def test_a_report_lands_in_a_folder_of_its_own(session: Any, tmp_path: Path) -> None:
    session.reports.write(tmp_path, ("csv", "json"))
    assert session.state is State.REPORTING
    settle(session)
    assert session.reports.folder == tmp_path / "mtinet-report"
    names = [file.name for file in session.reports.files]
    assert names == ["lesions.csv", "curves.csv", "findings.json"]
    data = json.loads((tmp_path / "mtinet-report" / "findings.json").read_text(encoding="utf-8"))
    assert data == to_dict(session.findings)


def test_the_first_folder_that_is_not_there_is_taken(tmp_path: Path) -> None:
    assert new_folder(tmp_path).name == "mtinet-report"
    (tmp_path / "mtinet-report").mkdir()
    (tmp_path / "mtinet-report-2").write_text("a file")
    assert new_folder(tmp_path).name == "mtinet-report-3"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    (folder / "Documents").mkdir(parents=True)
    monkeypatch.setattr(Path, "home", lambda: folder)
    return folder


def store(scene: Scene, session: Any, *files: Path) -> None:
    """The phases were read from these files."""

    for volume, file in zip(session.results.volumes, files, strict=True):
        storage = scene.mrml.AddNewNodeByClass("vtkMRMLVolumeArchetypeStorageNode")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")
        storage.SetFileName(str(file))
        volume.SetAndObserveStorageNodeID(storage.GetID())


def test_the_user_s_own_folder_is_suggested_and_else_the_documents(
    session: Any, tmp_path: Path, home: Path
) -> None:
    reports = session.reports
    assert reports.suggested_folder() == home / "Documents" / "MTINet reports"
    reports.documents = tmp_path
    assert reports.suggested_folder() == tmp_path / "MTINet reports"
    reports.name_folder(str(home / "mine"))
    assert reports.suggested_folder() == home / "mine", "it is made when the report is written"
    session.choices.reportFolder = ""  # another scene
    assert reports.suggested_folder() == home / "mine"
    reports.name_folder(str(home / "unplugged" / "disk"))
    session.choices.reportFolder = str(home)
    assert reports.suggested_folder() == home


@pytest.mark.parametrize("names", [("a/1", "b/1", "c/1", "d/1"), ("p.nrrd", "a.nrrd", "v.nrrd", "d.nrrd")])
def test_source_data_are_neither_suggested_nor_written_into(
    scene: Scene, session: Any, tmp_path: Path, home: Path, names: tuple[str, ...]
) -> None:
    study = tmp_path / "study"
    store(scene, session, *(study / name for name in names))
    for folder in (study, (study / names[0]).parent, study / "report"):
        session.reports.name_folder(str(folder))
        assert session.reports.suggested_folder() == home / "Documents" / "MTINet reports"
        session.reports.write(folder, ("csv",))
        assert session.state is State.IDLE
        assert session.message.kind == "error"
        assert "which holds the images" in session.message.text
    assert not list(study.rglob("mtinet-report*"))


def test_slicer_s_own_folders_are_refused(session: Any, tmp_path: Path) -> None:
    session.scene = replace(session.scene, temporary_folder=tmp_path / "tmp")
    session.reports.write(tmp_path / "tmp" / "reports", ("csv",))
    assert "which Slicer manages" in session.message.text
    assert session.state is State.IDLE


def test_a_de_identified_report_goes_neither_beside_the_images_nor_under_the_name(
    scene: Scene, session: Any, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from MTINetLib.session import report_place

    monkeypatch.setattr(report_place, "names_of_patient", lambda scene, volume: ("Okafor^Ngozi",))
    store(scene, session, *(tmp_path / "patient" / name / "IM1.dcm" for name in "abcd"))
    (tmp_path / "patient" / "letter.txt").write_text("x")
    for folder in (tmp_path / "patient" / "out", tmp_path / "okafor"):
        session.reports.name_folder(str(folder))
        assert session.reports.suggested_folder() == folder
        assert session.reports.suggested_folder(deidentify=True) == home / "Documents" / "MTINet reports"
        session.reports.write(folder, ("csv",), deidentify=True)
        assert "for the de-identified report" in session.message.text
        assert not folder.exists()


def test_without_a_folder_the_suggested_one_is_taken(session: Any, tmp_path: Path) -> None:
    session.reports.last_folder = tmp_path
    session.reports.write(formats=("csv",))
    settle(session)
    assert session.reports.folder == tmp_path / "mtinet-report"


def analyzed(session: Any, worker: Any, **changes: Any) -> Analyzed:
    """What an analysis of this study would have left."""
    made = made_analysis(made_study())
    path = worker.folder / "probability-test.npy"
    np.save(path, changes.get("probability", made.probability))
    findings = changes.get("findings", session.findings)
    return Analyzed(to_dict(findings), str(path), str(path))


def test_the_map_of_probability_goes_along_while_it_is_there(
    session: Any, worker: Any, tmp_path: Path
) -> None:
    session.analyzed = analyzed(session, worker)
    session.reports.write(tmp_path, ("labels",))
    settle(session)
    assert [file.name for file in session.reports.files] == ["lesions.nii.gz", "probability.nii.gz"]


@pytest.mark.parametrize("what", ["another model", "another size"])
def test_the_map_of_another_analysis_stays_out(session: Any, worker: Any, tmp_path: Path, what: str) -> None:
    provenance = replace(session.findings.provenance, model_sha256="cd" * 32)
    session.analyzed = (
        analyzed(session, worker, findings=replace(session.findings, provenance=provenance))
        if what == "another model"
        else analyzed(session, worker, probability=np.zeros((2, 3, 4), np.float32))
    )
    session.reports.write(tmp_path, ("labels",))
    settle(session)
    assert [file.name for file in session.reports.files] == ["lesions.nii.gz"]


def test_without_results_there_is_nothing_to_report(session: Any, tmp_path: Path) -> None:
    session.scene_closing()
    session.reports.write(tmp_path, ("csv",))
    assert session.message.text == "There is nothing to report yet: analyze a study first."
    assert session.state is State.IDLE


def test_a_volume_that_is_gone_is_one_sentence(scene: Scene, session: Any, tmp_path: Path) -> None:

    scene.mrml.RemoveNode(session.results.volumes[1])
    session.reports.write(tmp_path, ("csv",))
    run(session)
    assert session.message.kind == "error"
    assert "arterial" in session.message.text
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_is_killed_leaves_nothing_behind(session: Any, tmp_path: Path) -> None:
    session.reports.write(tmp_path, ("json", "pdf", "html"))
    while not list(tmp_path.glob(".mtinet-*/findings.json")):
        session.poll()
    os.kill(session.worker.pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    run(session)
    assert session.message.kind == "error"
    assert list(tmp_path.iterdir()) == []
    session.message = None
    session.reports.write(tmp_path, ("csv",))
    settle(session)
    assert (tmp_path / "mtinet-report" / "lesions.csv").is_file()


def test_no_file_of_masks_stays_in_the_worker_s_folder(session: Any, tmp_path: Path) -> None:
    session.reports.write(tmp_path, ("csv",))
    settle(session)
    assert not list(session.worker.folder.glob("report-*.npy"))
