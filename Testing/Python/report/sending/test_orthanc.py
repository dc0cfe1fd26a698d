"""SEG, SR and PDF go to a real archive both ways, are found there, and come back pixel by pixel."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind
from support.dicom_results import IDENTITY, digest
from support.orthanc import TITLE, Orthanc, running_orthanc, web_of

from MTINetLib.report.sending.c_store import Archive, send_by_c_store
from MTINetLib.report.sending.objects import objects_in
from MTINetLib.report.sending.secure import tls_context
from MTINetLib.report.sending.stow import WebArchive, send_by_stow


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    with running_orthanc(tmp_path_factory.mktemp("orthanc")) as running:
        yield running


def by_c_store(orthanc: Orthanc, results: Path) -> list[bool]:
    outcomes = send_by_c_store(objects_in(results), Archive("127.0.0.1", orthanc.dicom, TITLE))
    return [outcome.arrived for outcome in outcomes]


def by_stow(orthanc: Orthanc, results: Path) -> list[bool]:
    there = WebArchive(web_of(orthanc), tls_context(None, None, None))
    return [outcome.arrived for outcome in send_by_stow(objects_in(results), there)]


@pytest.mark.parametrize("send", [by_c_store, by_stow], ids=["C-STORE", "STOW-RS"])
def test_what_was_sent_is_given_back_as_it_was(send: object, orthanc: Orthanc, results: Path) -> None:
    orthanc.forget()
    assert send(orthanc, results) == [True, True, True]  # type: ignore[operator]
    assert len(orthanc.get("/instances")) == 3
    for item in objects_in(results):
        back = orthanc.file(item.sop_instance)
        assert digest(back) == digest(item.path), item.name
    sent = pydicom.dcmread(results / "segmentation.dcm")
    back = pydicom.dcmread(BytesIO(orthanc.file(sent.SOPInstanceUID)))
    np.testing.assert_array_equal(back.pixel_array, sent.pixel_array)
    assert back.pixel_array.any()


def test_the_archive_files_them_under_the_patient_s_own_study(orthanc: Orthanc, results: Path) -> None:
    orthanc.forget()
    by_c_store(orthanc, results)
    sent = pydicom.dcmread(results / "segmentation.dcm")
    query = Dataset()
    query.QueryRetrieveLevel, query.PatientID = "SERIES", IDENTITY["PatientID"]
    query.StudyInstanceUID, query.Modality, query.SeriesDescription = sent.StudyInstanceUID, "", ""
    query.PatientName = query.AccessionNumber = query.SeriesInstanceUID = ""
    entity = AE("MTINET")
    entity.add_requested_context(StudyRootQueryRetrieveInformationModelFind)
    association = entity.associate("127.0.0.1", orthanc.dicom, ae_title=TITLE)
    assert association.is_established
    found = association.send_c_find(query, StudyRootQueryRetrieveInformationModelFind)
    answers = [answer for _, answer in found if answer]
    association.release()
    assert sorted(answer.Modality for answer in answers) == ["DOC", "SEG", "SR"]
    assert {str(answer.PatientName) for answer in answers} == {IDENTITY["PatientName"]}
    assert {answer.AccessionNumber for answer in answers} == {IDENTITY["AccessionNumber"]}
    assert all("research use only" in answer.SeriesDescription for answer in answers)


def test_a_stranger_is_turned_away(orthanc: Orthanc, results: Path) -> None:
    """Orthanc knows MTINET only; so no other caller stores anything."""
    orthanc.forget()
    there = Archive("127.0.0.1", orthanc.dicom, TITLE, calling="STRANGER")
    outcomes = list(send_by_c_store(objects_in(results), there))
    assert not any(outcome.arrived for outcome in outcomes)
    assert orthanc.get("/instances") == []


def test_the_whole_study_goes_with_its_results(orthanc: Orthanc, results: Path) -> None:
    """The images that SEG and SR refer to, and the results, as one folder."""
    orthanc.forget()
    assert all(by_c_store(orthanc, results.parent))
    (study,) = orthanc.get("/studies")
    told = orthanc.get(f"/studies/{study}/statistics")
    assert (told["CountSeries"], told["CountInstances"]) == (7, 51)
    image = next(item for item in objects_in(results.parent / "in"))
    assert digest(orthanc.file(image.sop_instance)) == digest(image.path)
