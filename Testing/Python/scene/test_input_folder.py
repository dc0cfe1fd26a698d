from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.slicer_scene import empty_scene

from MTINetLib.scene.input_folder import input_of, names_of_patient, places_of_slicer

pytestmark = pytest.mark.viewer


@pytest.fixture
def slicer() -> Any:
    return empty_scene()


@pytest.fixture
def volume(slicer: Any) -> Any:
    return slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")


def store(slicer: Any, volume: Any, file: Path) -> None:
    storage = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLVolumeArchetypeStorageNode")
    storage.SetFileName(str(file))
    volume.SetAndObserveStorageNodeID(storage.GetID())


def database(monkeypatch: pytest.MonkeyPatch, slicer: Any, file: Path, folder: Path) -> None:
    made = SimpleNamespace(
        fileForInstance=lambda uid: str(file) if uid == "1.2.3" else "", databaseDirectory=str(folder)
    )
    monkeypatch.setattr(slicer, "dicomDatabase", made, raising=False)
    monkeypatch.setattr(slicer, "app", SimpleNamespace(temporaryPath=str(folder / "tmp")), raising=False)


def test_a_volume_file_is_the_input_and_not_its_folder(slicer: Any, volume: Any, tmp_path: Path) -> None:
    store(slicer, volume, tmp_path / "Ünal 静 scans" / "pv.nii.gz")
    assert input_of(volume) == tmp_path / "Ünal 静 scans" / "pv.nii.gz"


def test_a_volume_without_a_file_has_none(slicer: Any, volume: Any) -> None:
    assert input_of(volume) is None


@pytest.mark.parametrize("name", ["IM1.dcm", "IM1", "1.2.840.7"])
def test_of_a_dicom_series_the_folder_is_the_input(
    slicer: Any, volume: Any, tmp_path: Path, name: str
) -> None:
    store(slicer, volume, tmp_path / "series" / name)
    assert input_of(volume) == tmp_path / "series"


def test_the_database_knows_where_a_series_lies(
    slicer: Any, volume: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database(monkeypatch, slicer, tmp_path / "patient" / "series" / "IM1.dcm", tmp_path / "database")
    volume.SetAttribute("DICOM.instanceUIDs", "1.2.3 1.2.4")
    assert input_of(volume) == tmp_path / "patient" / "series"


def test_an_instance_that_the_database_does_not_know_falls_back_to_the_file(
    slicer: Any, volume: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database(monkeypatch, slicer, tmp_path / "x", tmp_path / "database")
    volume.SetAttribute("DICOM.instanceUIDs", "9.9")
    store(slicer, volume, tmp_path / "pv.nrrd")
    assert input_of(volume) == tmp_path / "pv.nrrd"


def test_slicer_s_own_places_are_its_database_and_its_temporary_folder(
    slicer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database(monkeypatch, slicer, tmp_path / "x", tmp_path / "database")
    assert {tmp_path / "database", tmp_path / "database" / "tmp"} <= set(places_of_slicer())


def test_the_patient_s_name_and_numbers_come_from_the_files(slicer: Any, volume: Any, tmp_path: Path) -> None:
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    data = Dataset()
    data.PatientName, data.PatientID = "Okafor^Ngozi", "2291-A7"
    data.SOPClassUID, data.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.4", "1.2.3"
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.save_as(tmp_path / "IM1.dcm", enforce_file_format=True)
    store(slicer, volume, tmp_path / "IM1.dcm")
    assert names_of_patient(volume) == ("Okafor^Ngozi", "2291-A7")


def test_a_file_that_is_no_dicom_names_nobody(slicer: Any, volume: Any, tmp_path: Path) -> None:
    (tmp_path / "IM1.dcm").write_text("nothing of the kind")
    store(slicer, volume, tmp_path / "IM1.dcm")
    assert names_of_patient(volume) == ()
