"""The codes of lesions, and the files that teach them to Slicer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from MTINetLib.presentation.classes import KNOWN_CLASSES, shown_class
from MTINetLib.presentation.colours import rgb
from MTINetLib.scene import terminology
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.terminology import (
    CATEGORY,
    CONTEXT_NAME,
    FOLDER,
    REGION,
    REGIONS_FILE,
    TYPES_FILE,
    load_terminology,
    terminology_entry,
)
from MTINetLib.study.lesion_class import OTHER

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
    assert set(found) == {shown.code for shown in KNOWN_CLASSES.values()}
    for name, shown in KNOWN_CLASSES.items():
        if name != OTHER:  # which has the code of an undecided lesion
            assert found[shown.code] == [round(255 * value) for value in rgb(shown.on_black)]
    regions = json.loads((FOLDER / REGIONS_FILE).read_text(encoding="utf-8"))
    assert regions["AnatomicContextName"] == CONTEXT_NAME
    assert [code(entry) for entry in regions["AnatomicCodes"]["AnatomicRegion"]] == [REGION]


def test_slicers_own_logic_finds_what_the_segments_carry(scene: Scene, slicer: Any) -> None:
    assert load_terminology(scene)
    assert load_terminology(scene), "also the second time"
    logic = scene.terminologies
    for kind in (*KNOWN_CLASSES, "a_name_of_theirs"):
        entry = slicer.vtkSlicerTerminologyEntry()
        assert logic.DeserializeTerminologyEntry(terminology_entry(kind), entry)
        assert entry.GetTerminologyContextName() == CONTEXT_NAME
        assert entry.GetTypeObject().GetCodeMeaning() == shown_class(kind).code[2]
        assert entry.GetRegionObject().GetCodeMeaning() == "Liver"


def test_without_the_files_or_the_module_nothing_happens(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(terminology, "FOLDER", tmp_path)
    assert load_terminology(scene) is False
    monkeypatch.undo()
    assert load_terminology(replace(scene, terminologies=None)) is False
