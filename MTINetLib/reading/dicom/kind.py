"""Which DICOM objects are images of the study: their SOP class decides, whatever their modality says."""

from __future__ import annotations

from pydicom.uid import (
    UID,
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    MediaStorageDirectoryStorage,
    MRImageStorage,
)

from MTINetLib.reading.dicom.header import Header

_MR_IMAGES = frozenset({MRImageStorage, EnhancedMRImageStorage, LegacyConvertedEnhancedMRImageStorage})
_GREY = frozenset({"", "MONOCHROME1", "MONOCHROME2"})


def why_no_image(header: Header, sop_class: str) -> str | None:
    """What the object is instead of an MR image with one value a pixel, as a plural; None for an image.

    Args:
        sop_class: of the file meta information, for headers that do not have it.
    """
    uid = UID(header.text("SOPClassUID") or sop_class)
    modality = header.text("Modality")
    if uid in _MR_IMAGES:
        if modality not in ("MR", ""):
            return modality
    # Old files have no SOP class, some makers have their own.
    elif uid.name != uid:
        return uid.name.removesuffix(" Storage")
    elif modality != "MR":
        return modality or "unknown"
    if "Rows" not in header:
        return "MR objects without pixels"
    samples = header.integer("SamplesPerPixel", 1)
    photometric = header.text("PhotometricInterpretation").upper()
    if samples != 1 or photometric not in _GREY:
        return "colour images"
    return None


def is_no_object(header: Header, sop_class: str) -> bool:
    """Whether it only lists other files (a DICOMDIR), or says nothing at all of what it is."""
    uid = header.text("SOPClassUID") or sop_class
    says_nothing = not (uid or header.text("Modality") or "Rows" in header)
    return says_nothing or uid == MediaStorageDirectoryStorage
