"""The coded concepts of our DICOM objects: (value, scheme, meaning), from PS3.16 and SNOMED CT."""

from __future__ import annotations

from pydicom.sr.coding import Code

from MTINetLib.presentation.classes import LESION_CODE, PRIVATE_SCHEME, shown_class
from MTINetLib.study.organ_names import roman

ABNORMAL_STRUCTURE = Code("49755003", "SCT", "Morphologically Abnormal Structure")
LESION = Code(*LESION_CODE)
LIVER = Code("10200004", "SCT", "Liver")
ANATOMICAL_STRUCTURE = Code("123037004", "SCT", "Anatomical Structure")
LEFT, RIGHT = Code("7771000", "SCT", "Left"), Code("24028007", "SCT", "Right")

FINDING = Code("121071", "DCM", "Finding")
NO_FINDING = Code("373572006", "SCT", "Clinical finding absent")

REPORT_TITLE = Code("126002", "DCM", "Dynamic Contrast MR Measurement Report")
#: CID 100 has no dynamic MRI of the liver; this is its general MRI code.
PROCEDURE = Code("25056-3", "LN", "MRI unspecified body region")
ARTIFICIAL_INTELLIGENCE = Code("123110", "DCM", "Artificial Intelligence")

VOLUME = Code("118565006", "SCT", "Volume")
LONG_AXIS = Code("103339001", "SCT", "Long Axis")
SHORT_AXIS = Code("103340004", "SCT", "Short Axis")
SIGNAL = Code("110816", "DCM", "T1 Weighted Dynamic Contrast Enhanced MR Signal Intensity")
PROBABILITY = Code("122157", "DCM", "Probability")
SINCE_INJECTION = Code("122665", "DCM", "Time interval since injection of contrast media")
MORPHOLOGY = Code("116676008", "SCT", "Associated Morphology")
MEAN = Code("373098007", "SCT", "Mean")
STANDARD_DEVIATION = Code("386136009", "SCT", "Standard Deviation")

CUBIC_MILLIMETRE = Code("mm3", "UCUM", "cubic millimeter")
MILLIMETRE = Code("mm", "UCUM", "millimeter")
SECOND = Code("s", "UCUM", "second")
NO_UNITS = Code("1", "UCUM", "no units")
PERCENT = Code("%", "UCUM", "Percent")

#: Of these DICOM and SNOMED CT have no code that is free for us to use.
TUMOUR_BURDEN = Code("tumour_burden", PRIVATE_SCHEME, "Lesions of the liver in percent of its volume")
LIVER_OVERLAP = Code(
    "liver_overlap", PRIVATE_SCHEME, "Lesion inside the outlined liver, in percent of the lesion"
)
COUINAUD = Code("couinaud_segment", PRIVATE_SCHEME, "Couinaud segment")
NO_FAMILY = Code("not_stated", PRIVATE_SCHEME, "Not stated")

CURVE_KIND = Code("RID6058", "RADLEX", "Enhancement pattern")
#: Kinds of curves of the delayed phase, PS3.16 CID 6345.
CURVE_KINDS: dict[str, Code] = {
    "persistent": Code("130597", "DCM", "Persistent delayed phase: Type 1 curve"),
    "plateau": Code("130598", "DCM", "Plateau delayed phase: Type 2 curve"),
    "washout": Code("130599", "DCM", "Washout delayed phase: Type 3 curve"),
}


def morphology(lesion_class: str) -> Code:
    """The code of a lesion class; a private one where SNOMED CT has none here."""
    return Code(*shown_class(lesion_class).code)


def couinaud(segment: int) -> Code:
    """A segment, such as ``Couinaud segment VII``."""
    return Code(f"couinaud_{segment}", PRIVATE_SCHEME, f"Couinaud segment {roman(segment)}")
