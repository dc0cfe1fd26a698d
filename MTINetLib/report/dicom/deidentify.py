"""De-identified DICOM objects after the Basic Profile of PS3.15 Annex E, without any of its options.

Nothing is taken out of finished objects. The headers that they are made from are made anew and hold only what
is listed here: the size and place of the images, and UIDs, each replaced. So an attribute that nobody has
thought of, or a private one, cannot come through. What has to be there of patient and study is empty, or a
random reference. Dates and times are those of no day (action D of the profile) or left out (X, Z).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from MTINetLib.findings import StudyFindings
from MTINetLib.report.deidentify import Disguise
from MTINetLib.report.dicom.equipment import Tracking
from MTINetLib.report.dicom.export import DicomObjects, dicom_objects
from MTINetLib.report.dicom.identity import REQUIRED, UTF_8, Identity
from MTINetLib.report.dicom.source_headers import ReferenceImages, SourceHeaders
from MTINetLib.report.left_out import LeftOut
from MTINetLib.report.new_uids import NewUids

METHOD = "DICOM PS3.15 Basic Application Confidentiality Profile"
#: PS3.16 CID 7050.
_METHOD_CODE = ("113100", "DCM", "Basic Application Confidentiality Profile")

_KINDS = ("SOPClassUID", "Modality")
_NEW_UIDS = ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID")
_IMAGE = (
    "InstanceNumber",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
)
#: By functional group of an enhanced image; in a classic one they stand by themselves.
_PLACE = {
    "PixelMeasuresSequence": ("PixelSpacing", "SliceThickness", "SpacingBetweenSlices"),
    "PlanePositionSequence": ("ImagePositionPatient",),
    "PlaneOrientationSequence": ("ImageOrientationPatient",),
}
_FRAME_GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")

#: Dates and times that must have a value in our objects (type 1): a dummy one.
_DUMMIES = {"ContentDate": "19000101", "ContentTime": "000000"}
#: Those that must be there and may be empty (type 2).
_EMPTIED = ("StudyDate", "StudyTime", "PatientBirthDate", "AcquisitionDateTime")


def deidentified_objects(
    labels: npt.NDArray[Any],
    findings: StudyFindings,
    headers: SourceHeaders,
    pdf: bytes | None,
    disguise: Disguise,
    *,
    liver: npt.NDArray[np.bool_] | None = None,
    known: Mapping[int, Tracking] | None = None,
    left_out: LeftOut | None = None,
) -> DicomObjects:
    """As :func:`dicom_objects`, of a patient and images that cannot be told.

    Args:
        findings, pdf: de-identified already, with the same ``disguise``.
        known: earlier names of lesions; the names are not kept, and their UIDs are replaced.

    Raises:
        InputError, MissingResourceError: as dicom_objects.
    """
    nameless = {
        label: Tracking(disguise.uids(tracking.uid), f"Lesion {label}")
        for label, tracking in (known or {}).items()
    }
    hidden = deidentified_headers(headers, disguise)
    made = dicom_objects(labels, findings, hidden, pdf, liver=liver, known=nameless, left_out=left_out)
    for item in made.by_file().values():
        item.walk(_without_date)
        if "BurnedInAnnotation" in item:  # the pages of the report: they name nobody either
            item.BurnedInAnnotation = "NO"
    return made


def deidentified_headers(headers: SourceHeaders, disguise: Disguise) -> SourceHeaders:
    """Headers that are new from the ground up."""
    uids = disguise.uids
    reference = tuple(_image(dataset, uids) for dataset in headers.reference.datasets)
    return SourceHeaders(
        identity=_nobody(disguise.token),
        reference=ReferenceImages(reference, headers.reference.frames),
        phases=tuple((_image(dataset, uids), frame) for dataset, frame in headers.phases),
    )


def _nobody(token: str) -> Identity:
    values: dict[str, Any] = dict.fromkeys(REQUIRED, "")
    values |= {"PatientName": token, "PatientID": token}
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = _METHOD_CODE
    values |= {
        "PatientIdentityRemoved": "YES",
        "DeidentificationMethod": METHOD,
        "DeidentificationMethodCodeSequence": [code],
        "LongitudinalTemporalInformationModified": "REMOVED",
    }
    return Identity(values)


def _image(source: Dataset, uids: NewUids) -> Dataset:
    made = Dataset()
    _take(made, source, (*_KINDS, *_IMAGE, *(keyword for group in _PLACE.values() for keyword in group)))
    for keyword in _NEW_UIDS:
        setattr(made, keyword, uids(str(source[keyword].value)))
    for keyword in _FRAME_GROUPS:
        if keyword in source:
            setattr(made, keyword, [_groups(item) for item in source[keyword].value])
    made.SpecificCharacterSet = UTF_8
    for keyword in REQUIRED:
        setattr(made, keyword, "")
    return made


def _groups(source: Dataset) -> Dataset:
    made = Dataset()
    for group, keywords in _PLACE.items():
        if source.get(group):
            item = Dataset()
            _take(item, source[group].value[0], keywords)
            setattr(made, group, [item])
    return made


def _take(made: Dataset, source: Dataset, keywords: tuple[str, ...]) -> None:
    for keyword in keywords:
        if keyword in source:
            setattr(made, keyword, source[keyword].value)


def _without_date(dataset: Dataset, element: DataElement) -> None:
    """For Dataset.walk: the day and time of the export go as well."""
    if element.VR not in ("DA", "TM", "DT") or not element.value:
        return
    if element.keyword in _DUMMIES:
        element.value = _DUMMIES[element.keyword]
    elif element.keyword in _EMPTIED:
        element.value = ""
    else:
        del dataset[element.tag]
