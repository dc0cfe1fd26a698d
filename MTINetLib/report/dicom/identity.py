"""Patient and study of the source, carried over to new objects in one character set.

highdicom encodes with the source's own character set, or not at all, depending on its version (0.27 drops
SpecificCharacterSet, 0.28 refuses several values). So texts are taken out of the copy that highdicom sees
and put into what it makes, in UTF-8 (PS3.3 C.12.1.1.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydicom.dataset import Dataset

UTF_8 = "ISO_IR 192"

#: Patient and General Study modules (PS3.3 C.7.1.1, C.7.2.1): type 2, so they are there, empty if need be.
REQUIRED = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
    "StudyID",
    "AccessionNumber",
)
#: Carried over where the source has them.
OPTIONAL = (
    "IssuerOfPatientID",
    "OtherPatientIDs",
    "PatientAge",
    "PatientComments",
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "StudyDescription",
    "PhysiciansOfRecord",
)


@dataclass(frozen=True)
class Identity:
    """Values by keyword, as text."""

    values: Mapping[str, Any]

    def give_to(self, made: Dataset) -> None:
        """Write them into a new object, in UTF-8."""
        made.SpecificCharacterSet = UTF_8
        for keyword, value in self.values.items():
            setattr(made, keyword, value)


def identity_of(source: Dataset) -> Identity:
    """Patient and study of a source header; what is missing is empty."""
    values: dict[str, Any] = {keyword: _text(source, keyword) for keyword in REQUIRED}
    values |= {keyword: _text(source, keyword) for keyword in OPTIONAL if source.get(keyword)}
    return Identity(values)


def hide_identity(copy: Dataset) -> None:
    """Empty the texts of a copy, so that no encoder meets them."""
    copy.SpecificCharacterSet = UTF_8
    for keyword in REQUIRED:
        setattr(copy, keyword, "")
    for keyword in OPTIONAL:
        if keyword in copy:
            delattr(copy, keyword)


def _text(source: Dataset, keyword: str) -> Any:
    value = source.get(keyword)
    if value is None:
        return ""
    if isinstance(value, (list, tuple)) or (hasattr(value, "__iter__") and not isinstance(value, str)):
        items = [str(item) for item in value] if not hasattr(value, "components") else [str(value)]
        return items if len(items) > 1 else (items[0] if items else "")
    return str(value)
