"""Standard codes for lesion segments, as Slicer's terminology tag."""

from __future__ import annotations

from MTINetLib.findings import LesionClass
from MTINetLib.scene.slicer_core import slicer_module

CONTEXT_NAME = "MTI-Net liver lesions"

# SNOMED CT codes; they are those of the DICOM objects that the report room writes.
CATEGORY = ("49755003", "SCT", "Morphologically Abnormal Structure")
REGION = ("10200004", "SCT", "Liver")
TYPES: dict[LesionClass, tuple[str, str, str]] = {
    LesionClass.HCC: ("109841003", "SCT", "Hepatocellular carcinoma"),
    LesionClass.HEMANGIOMA: ("93469006", "SCT", "Hemangioma of liver"),
    LesionClass.UNDECIDED: ("52988006", "SCT", "Lesion"),
}
_NONE = ("", "", "")


def terminology_entry(lesion_class: LesionClass) -> str:
    """The serialised entry for ``vtkSegment.SetTerminology``: category, type and region."""
    logic = slicer_module().vtkSlicerTerminologiesModuleLogic
    return str(
        logic.SerializeTerminologyEntry(
            CONTEXT_NAME, *CATEGORY, *TYPES[lesion_class], *_NONE, CONTEXT_NAME, *REGION, *_NONE
        )
    )
