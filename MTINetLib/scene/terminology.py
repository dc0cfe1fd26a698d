"""Standard codes for lesion segments, as Slicer's terminology tag."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from MTINetLib.presentation.classes import shown_class
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.slicer_core import slicer_module

_log = logging.getLogger(__name__)

CONTEXT_NAME = "MTI-Net liver lesions"
#: Files that teach Slicer's terminology selector the codes below; beside MTINetLib, as all resources.
FOLDER = Path(__file__).resolve().parents[2] / "Resources" / "Terminologies"
TYPES_FILE = "MTINet-liver-lesions.term.json"
REGIONS_FILE = "MTINet-liver-region.term.json"

# SNOMED CT codes; they are those of the DICOM objects that the report room writes.
CATEGORY = ("49755003", "SCT", "Morphologically Abnormal Structure")
REGION = ("10200004", "SCT", "Liver")
_NONE = ("", "", "")
#: Slicer's own contexts, in which the liver is an anatomical structure.
_GENERAL, _GENERAL_REGIONS = "Segmentation category and type - 3D Slicer General Anatomy list", ""
_ANATOMY = ("123037004", "SCT", "Anatomical Structure")


def liver_entry() -> str:
    """As :func:`terminology_entry`, of the organ itself."""
    logic = slicer_module().vtkSlicerTerminologiesModuleLogic
    return str(
        logic.SerializeTerminologyEntry(
            _GENERAL, *_ANATOMY, *REGION, *_NONE, _GENERAL_REGIONS, *_NONE, *_NONE
        )
    )


def terminology_entry(lesion_class: str) -> str:
    """The serialised entry for ``vtkSegment.SetTerminology``: category, type and region."""
    logic = slicer_module().vtkSlicerTerminologiesModuleLogic
    return str(
        logic.SerializeTerminologyEntry(
            CONTEXT_NAME, *CATEGORY, *shown_class(lesion_class).code, *_NONE, CONTEXT_NAME, *REGION, *_NONE
        )
    )


def load_terminology(scene: Scene) -> bool:
    """Offer the codes in Slicer's terminology selector, once a session; whether they are there now.

    False where the application has no terminologies or the files are not installed: segments keep their
    codes all the same.
    """
    logic = scene.terminologies
    if logic is None or not all((FOLDER / name).is_file() for name in (TYPES_FILE, REGIONS_FILE)):
        return False
    if CONTEXT_NAME in _loaded(logic):
        return True
    # Slicer called regions anatomic contexts before 5.8.
    load_regions = getattr(logic, "LoadRegionContextFromFile", None) or logic.LoadAnatomicContextFromFile
    for load, name in ((logic.LoadTerminologyFromFile, TYPES_FILE), (load_regions, REGIONS_FILE)):
        if load(str(FOLDER / name)) != CONTEXT_NAME:
            _log.warning("the terminology %s could not be loaded", name)
    return CONTEXT_NAME in _loaded(logic)


def _loaded(logic: Any) -> list[str]:
    from vtkmodules.vtkCommonCore import vtkStringArray

    names = vtkStringArray()
    logic.GetLoadedTerminologyNames(names)
    return [names.GetValue(index) for index in range(names.GetNumberOfValues())]
