from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.dicom_scene import with_database

from MTINetLib.scene.input_folder import input_of, names_of_patient, places_of_slicer
from MTINetLib.scene.scene import Scene

pytestmark = pytest.mark.viewer


@pytest.fixture
def volume(scene: Scene) -> Any:
    return scene.mrml.AddNewNodeByClass("vtkMRMLScalarVolumeNode")


def store(scene: Scene, volume: Any, file: Path) -> None:
    storage = scene.mrml.AddNewNodeByClass("vtkMRMLVolumeArchetypeStorageNode")
    storage.SetFileName(str(file))
    volume.SetAndObserveStorageNodeID(storage.GetID())


def beside(scene: Scene, file: Path, folder: Path) -> Scene:
    """The scene beside a database that knows one file."""
    made = SimpleNamespace(
        fileForInstance=lambda uid: str(file) if uid == "1.2.3" else "", databaseDirectory=str(folder)
    )
    return replace(with_database(scene, made), temporary_folder=folder / "tmp")


def test_a_volume_file_is_the_input_and_not_its_folder(scene: Scene, volume: Any, tmp_path: Path) -> None:
    store(scene, volume, tmp_path / "Ünal 静 scans" / "pv.nii.gz")
    assert input_of(scene, volume) == tmp_path / "Ünal 静 scans" / "pv.nii.gz"


def test_a_volume_without_a_file_has_none(scene: Scene, volume: Any) -> None:
    assert input_of(scene, volume) is None


@pytest.mark.parametrize("name", ["IM1.dcm", "IM1", "1.2.840.7"])
def test_of_a_dicom_series_the_folder_is_the_input(
    scene: Scene, volume: Any, tmp_path: Path, name: str
) -> None:
    store(scene, volume, tmp_path / "series" / name)
    assert input_of(scene, volume) == tmp_path / "series"


def test_the_database_knows_where_a_series_lies(scene: Scene, volume: Any, tmp_path: Path) -> None:
    scene = beside(scene, tmp_path / "patient" / "series" / "IM1.dcm", tmp_path / "database")
    volume.SetAttribute("DICOM.instanceUIDs", "1.2.3 1.2.4")
    assert input_of(scene, volume) == tmp_path / "patient" / "series"


def test_an_instance_that_the_database_does_not_know_falls_back_to_the_file(
    scene: Scene, volume: Any, tmp_path: Path
) -> None:
    scene = beside(scene, tmp_path / "x", tmp_path / "database")
    volume.SetAttribute("DICOM.instanceUIDs", "9.9")
    store(scene, volume, tmp_path / "pv.nrrd")
    assert input_of(scene, volume) == tmp_path / "pv.nrrd"


def test_slicer_s_own_places_are_its_database_and_its_temporary_folder(scene: Scene, tmp_path: Path) -> None:
    scene = beside(scene, tmp_path / "x", tmp_path / "database")
    assert {tmp_path / "database", tmp_path / "database" / "tmp"} <= set(places_of_slicer(scene))


def test_the_patient_s_name_and_numbers_come_from_the_files(
    scene: Scene, volume: Any, tmp_path: Path
) -> None:
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    data = Dataset()
    data.PatientName, data.PatientID = "Okafor^Ngozi", "2291-A7"
    data.SOPClassUID, data.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.4", "1.2.3"
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.save_as(tmp_path / "IM1.dcm", enforce_file_format=True)
    store(scene, volume, tmp_path / "IM1.dcm")
    assert names_of_patient(scene, volume) == ("Okafor^Ngozi", "2291-A7")


def test_a_file_that_is_no_dicom_names_nobody(scene: Scene, volume: Any, tmp_path: Path) -> None:
    (tmp_path / "IM1.dcm").write_text("nothing of the kind")
    store(scene, volume, tmp_path / "IM1.dcm")
    assert names_of_patient(scene, volume) == ()
