"""The codes of lesions, and the files that teach them to Slicer."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.slicer_scene import empty_scene

from MTINetLib.findings import LesionClass
from MTINetLib.presentation.colours import ON_BLACK, rgb
from MTINetLib.scene import terminology
from MTINetLib.scene.terminology import (
    CATEGORY,
    CONTEXT_NAME,
    FOLDER,
    REGION,
    REGIONS_FILE,
    TYPES,
    TYPES_FILE,
    load_terminology,
    terminology_entry,
)

pytestmark = pytest.mark.viewer


def code(entry: dict[str, Any]) -> tuple[str, str, str]:
    return entry["CodeValue"], entry["CodingSchemeDesignator"], entry["CodeMeaning"]


def test_the_files_have_the_codes_and_colours_of_the_segments() -> None:
    types = json.loads((FOLDER / TYPES_FILE).read_text(encoding="utf-8"))
    assert types["SegmentationCategoryTypeContextName"] == CONTEXT_NAME
    (category,) = types["SegmentationCodes"]["Category"]
    assert code(category) == CATEGORY
    assert category["showAnatomy"] is True
    found = {code(entry): entry["recommendedDisplayRGBValue"] for entry in category["Type"]}
    assert set(found) == set(TYPES.values())
    for kind in LesionClass:
        assert found[TYPES[kind]] == [round(255 * value) for value in rgb(ON_BLACK[kind])]
    regions = json.loads((FOLDER / REGIONS_FILE).read_text(encoding="utf-8"))
    assert regions["AnatomicContextName"] == CONTEXT_NAME
    assert [code(entry) for entry in regions["AnatomicCodes"]["AnatomicRegion"]] == [REGION]


def test_slicers_own_logic_finds_what_the_segments_carry() -> None:
    slicer = empty_scene()
    assert load_terminology()
    assert load_terminology(), "also the second time"
    logic = slicer.modules.terminologies.logic()
    for kind in LesionClass:
        entry = slicer.vtkSlicerTerminologyEntry()
        assert logic.DeserializeTerminologyEntry(terminology_entry(kind), entry)
        assert entry.GetTerminologyContextName() == CONTEXT_NAME
        assert entry.GetTypeObject().GetCodeMeaning() == TYPES[kind][2]
        assert entry.GetRegionObject().GetCodeMeaning() == "Liver"


def test_without_the_files_or_the_module_nothing_happens(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    slicer = empty_scene()
    monkeypatch.setattr(terminology, "FOLDER", tmp_path)
    assert load_terminology() is False
    monkeypatch.undo()
    monkeypatch.setattr(slicer, "modules", SimpleNamespace())
    assert load_terminology() is False
