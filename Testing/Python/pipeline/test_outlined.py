"""What findings say of outlines stays with the lesions that are there, through corrections."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.small_models import known_model

from MTINetLib.findings import StudyFindings
from MTINetLib.findings.notes import OUTLINE_PIECES, OUTLINE_SEVERAL, OUTLINED
from MTINetLib.inference.analysis import Analysis
from MTINetLib.outline.marks import Marks
from MTINetLib.pipeline.outlined import OUTLINED_BY, described, outline_doubts, with_outline
from MTINetLib.pipeline.remeasure import remeasure
from MTINetLib.study.study import Study

MARKS = Marks(((0.0, 1.0, 2.0), (30.0, 31.0, 32.0)), inside=((5.0, 5.0, 5.0),))


def labels_said(findings: StudyFindings) -> list[int]:
    told = findings.provenance.settings.get(OUTLINED_BY, {"boxes": []})
    return [box["label"] for box in told["boxes"]]


@pytest.fixture
def told(analysis: Analysis) -> StudyFindings:
    """As if a person had outlined both lesions; the second with a piece left out."""
    findings = with_outline(analysis.findings, 2, described(MARKS, "arterial", 4), 1)
    return with_outline(findings, 1, described(MARKS, "delayed - pre", 7), 0, ["continued_on_cpu"])


def test_each_outline_is_said_once_in_the_order_of_the_lesions(told: StudyFindings) -> None:
    assert labels_said(told) == [1, 2]
    notes = told.provenance.notes
    assert sum(item.startswith(f"{OUTLINED}:") for item in notes) == 1
    assert f"{OUTLINE_PIECES}:2:1" in notes
    assert "continued_on_cpu" in notes


def test_a_box_that_was_moved_takes_the_place_of_the_one_before(told: StudyFindings) -> None:
    again = with_outline(told, 2, described(MARKS, "pre", 5), 0)
    assert labels_said(again) == [1, 2]
    assert again.provenance.settings[OUTLINED_BY]["boxes"][1]["image"] == "pre"
    assert not any(item.startswith(OUTLINE_PIECES) for item in again.provenance.notes)


def test_a_box_of_several_lesions_is_said_until_it_is_drawn_again(told: StudyFindings) -> None:
    doubtful = with_outline(told, 1, described(MARKS, "pre", 5, several=True), 0)
    assert outline_doubts(doubtful.provenance) == (f"{OUTLINE_PIECES}:2:1", f"{OUTLINE_SEVERAL}:1")
    again = with_outline(doubtful, 1, described(MARKS, "pre", 5), 0)
    assert outline_doubts(again.provenance) == (f"{OUTLINE_PIECES}:2:1",)


@pytest.mark.parametrize("with_network", [False, True])
def test_a_correction_keeps_what_is_said_of_the_lesions_that_stay(
    study: Study, analysis: Analysis, told: StudyFindings, with_network: bool
) -> None:
    labels = analysis.labels.copy()
    labels[labels == 2] = 0
    ways: dict[str, Any] = {"device": "cpu", "precision": "fp32"} if with_network else {}
    model = known_model(128) if with_network else None
    kept = remeasure(study, labels, told, model=model, **ways)
    assert labels_said(kept) == [1]
    assert any(item.startswith(f"{OUTLINED}:") for item in kept.provenance.notes)
    assert not any(item.startswith(OUTLINE_PIECES) for item in kept.provenance.notes)
    none = remeasure(study, np.zeros_like(labels), told, model=model, **ways)
    assert OUTLINED_BY not in none.provenance.settings
    assert not any(item.startswith(OUTLINED) for item in none.provenance.notes)


def test_findings_without_outlines_stay_as_they_were(study: Study, analysis: Analysis) -> None:
    again = remeasure(study, analysis.labels, analysis.findings)
    assert OUTLINED_BY not in again.provenance.settings
    assert again.provenance.settings == analysis.findings.provenance.settings
    assert again.provenance.notes == analysis.findings.provenance.notes
