from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.slicer_scene import empty_scene

from MTINetLib.scene import input_folder as finding
from MTINetLib.scene.input_folder import input_folder

pytestmark = pytest.mark.viewer


@pytest.fixture
def slicer() -> Any:
    return empty_scene()


@pytest.fixture
def volume(slicer: Any) -> Any:
    return slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")


@pytest.fixture
def no_own_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own folders are temporary ones."""
    monkeypatch.setattr(finding, "_own_places", list)


def store(slicer: Any, volume: Any, file: Path) -> None:
    storage = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLVolumeArchetypeStorageNode")
    storage.SetFileName(str(file))
    volume.SetAndObserveStorageNodeID(storage.GetID())


@pytest.mark.usefixtures("no_own_places")
def test_it_is_the_folder_of_the_file(slicer: Any, volume: Any, tmp_path: Path) -> None:
    folder = tmp_path / "Ünal 静 scans"
    folder.mkdir()
    store(slicer, volume, folder / "pv.nii.gz")
    assert input_folder(volume) == folder


@pytest.mark.usefixtures("no_own_places")
def test_a_volume_without_a_file_has_none(slicer: Any, volume: Any) -> None:
    assert input_folder(volume) is None


@pytest.mark.usefixtures("no_own_places")
def test_a_folder_that_is_gone_is_none(slicer: Any, volume: Any, tmp_path: Path) -> None:
    store(slicer, volume, tmp_path / "unplugged" / "pv.nrrd")
    assert input_folder(volume) is None


def test_slicer_s_temporary_folder_is_none(
    slicer: Any, volume: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slicer, "app", SimpleNamespace(temporaryPath=str(tmp_path)), raising=False)
    store(slicer, volume, tmp_path / "pv.nrrd")
    assert input_folder(volume) is None


def database(monkeypatch: pytest.MonkeyPatch, slicer: Any, file: Path, folder: Path) -> None:
    made = SimpleNamespace(
        fileForInstance=lambda uid: str(file) if uid == "1.2.3" else "", databaseDirectory=str(folder)
    )
    monkeypatch.setattr(slicer, "dicomDatabase", made, raising=False)
    monkeypatch.setattr(slicer, "app", SimpleNamespace(temporaryPath=str(folder)), raising=False)


def test_a_dicom_series_lies_where_its_first_file_is(
    slicer: Any, volume: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    series = tmp_path / "patient" / "series"
    series.mkdir(parents=True)
    (tmp_path / "database").mkdir()
    database(monkeypatch, slicer, series / "IM1.dcm", tmp_path / "database")
    volume.SetAttribute("DICOM.instanceUIDs", "1.2.3 1.2.4")
    assert input_folder(volume) == series


def test_files_that_slicer_s_database_copied_are_not_the_patient_s_folder(
    slicer: Any, volume: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "database" / "dicom"
    inside.mkdir(parents=True)
    database(monkeypatch, slicer, inside / "IM1.dcm", tmp_path / "database")
    volume.SetAttribute("DICOM.instanceUIDs", "1.2.3")
    assert input_folder(volume) is None


def test_an_instance_that_the_database_does_not_know_falls_back_to_the_file(
    slicer: Any, volume: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "database").mkdir()
    database(monkeypatch, slicer, tmp_path / "x", tmp_path / "database")
    volume.SetAttribute("DICOM.instanceUIDs", "9.9")
    store(slicer, volume, tmp_path / "pv.nrrd")
    assert input_folder(volume) == tmp_path
