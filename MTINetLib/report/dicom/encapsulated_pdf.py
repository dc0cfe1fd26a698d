"""The report as an Encapsulated PDF (PS3.3 A.45.1)."""

from __future__ import annotations

from datetime import datetime

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian, generate_uid

from MTINetLib.report.dicom.equipment import (
    MANUFACTURER,
    MODEL_NAME,
    PDF_SERIES,
    SERIAL_NUMBER,
    series_description,
    software_versions,
)
from MTINetLib.report.dicom.source_headers import SourceHeaders

#: LOINC's document type for a report of an MR study.
_TITLE = ("18755-9", "LN", "MR Study report")


def encapsulated_pdf(
    pdf: bytes, headers: SourceHeaders, now: datetime | None = None, *, corrected: bool = False
) -> Dataset:
    """A DICOM object of a PDF, in the patient's study.

    Args:
        pdf: the whole file.
        now: local time that it says it was made at.
        corrected: a person corrected what it reports of.
    """
    made = Dataset()
    moment = now or datetime.now()
    reference = headers.reference.datasets[0]
    made.SOPClassUID = EncapsulatedPDFStorage
    made.SOPInstanceUID = generate_uid()
    made.StudyInstanceUID = reference.StudyInstanceUID
    made.SeriesInstanceUID = generate_uid()
    headers.identity.give_to(made)
    made.Modality = "DOC"
    made.ConversionType = "WSD"
    made.SeriesNumber = PDF_SERIES
    made.SeriesDescription = series_description("report", corrected=corrected)
    made.InstanceNumber = 1
    made.Manufacturer = MANUFACTURER
    made.ManufacturerModelName = MODEL_NAME
    made.DeviceSerialNumber = SERIAL_NUMBER
    made.SoftwareVersions = software_versions()
    for keyword in ("ContentDate", "SeriesDate"):
        setattr(made, keyword, moment.strftime("%Y%m%d"))
    for keyword in ("ContentTime", "SeriesTime"):
        setattr(made, keyword, moment.strftime("%H%M%S"))
    made.AcquisitionDateTime = ""
    made.BurnedInAnnotation = "YES"
    made.DocumentTitle = "Liver lesions in contrast-enhanced MRI"
    made.ConceptNameCodeSequence = Sequence([_code(*_TITLE)])
    made.MIMETypeOfEncapsulatedDocument = "application/pdf"
    made.EncapsulatedDocumentLength = len(pdf)
    made.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    return made


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
    return code
