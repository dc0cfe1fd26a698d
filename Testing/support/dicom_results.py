"""SEG, SR and PDF of a small study as files, and how they are compared with what an archive gives back."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path

import pydicom
from support import dicom_layouts
from support.read_back import Exported, exported

from MTINetLib.report.dicom.export import dicom_objects, write_dicom
from MTINetLib.report.dicom.source_headers import source_headers

#: Where the patient's identity stands; none of it may be shown or logged.
IDENTITY = {
    "PatientName": "Lebermann^Lotte",
    "PatientID": "GEHEIM-77",
    "PatientBirthDate": "19410203",
    "AccessionNumber": "AKZ4711",
}


def write_results(folder: Path) -> Exported:
    """Write ``folder``/dicom/{segmentation,measurements,report}.dcm of a study with an identity."""

    def name(image: pydicom.Dataset) -> None:
        for keyword, value in IDENTITY.items():
            setattr(image, keyword, value)

    result = exported(folder / "in", dicom_layouts.series_per_phase, name)
    pdf = b"%PDF-1.4\n% a small one\n%%EOF\n"
    objects = dicom_objects(result.labels, result.findings, source_headers(result.study), pdf)
    write_dicom(folder, objects)
    return result


def digest(file: bytes | Path) -> str:
    """Of the whole data set without its file meta information, which an archive writes anew."""
    dataset = pydicom.dcmread(BytesIO(file) if isinstance(file, bytes) else file)
    plain = BytesIO()
    pydicom.dcmwrite(plain, pydicom.Dataset(dataset), implicit_vr=False, little_endian=True)
    return hashlib.sha256(plain.getvalue()).hexdigest()
