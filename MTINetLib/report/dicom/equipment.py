"""What the objects say of the software that made them, and the UIDs that tie them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydicom.uid import generate_uid

import MTINetLib
from MTINetLib.findings import LesionFinding, Provenance

MANUFACTURER = "MTINet developers"
MODEL_NAME = "MTINet"
#: Required for SEG and SR, but software has no serial number.
SERIAL_NUMBER = "0"
RESEARCH_USE = "RESEARCH USE ONLY, not for diagnosis"

#: Series numbers of our objects; high, so that they follow the scanner's own series.
SEG_SERIES, SR_SERIES, PDF_SERIES = 9901, 9902, 9903


@dataclass(frozen=True)
class Tracking:
    """What a lesion is called in SEG and SR alike: a UID, and a name for people."""

    uid: str
    name: str


def track(lesions: Sequence[LesionFinding], known: Mapping[int, Tracking]) -> dict[int, Tracking]:
    """By label: what is known stays, so that a lesion can be followed; others get a new name and UID."""
    return {
        lesion.label: known.get(lesion.label) or Tracking(generate_uid(), f"Lesion {lesion.label}")
        for lesion in lesions
    }


def series_description(what: str, *, corrected: bool) -> str:
    """What an archive lists; at most 64 characters (LO)."""
    return f"MTINet {what}, {'corrected by a person' if corrected else 'by AI'}, research use only"


def software_versions() -> str:
    return MTINetLib.__version__


def general_equipment() -> Mapping[str, Any]:
    """The arguments by which highdicom's objects name the software that made them (PS3.3 C.7.5.2)."""
    return {
        "manufacturer": MANUFACTURER,
        "manufacturer_model_name": MODEL_NAME,
        "software_versions": software_versions(),
        "device_serial_number": SERIAL_NUMBER,
    }


def algorithm_parameters(provenance: Provenance) -> Mapping[str, str]:
    """What a reader needs to know of the model, as texts."""
    return {
        "model": provenance.model_name,
        "sha256": provenance.model_sha256,
        "preset": provenance.preset,
        "device": provenance.device,
        "precision": provenance.precision,
        "backend": provenance.backend,
        "corrected_by_person": "yes" if provenance.corrected_by_person else "no",
    }
