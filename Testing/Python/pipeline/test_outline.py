"""Lesions from boxes: labelled, read and measured as those of a person."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.made_analysis import made_labels
from support.outline_network import KnownSlices
from support.small_models import known_model

from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.findings import from_json, to_json
from MTINetLib.findings.notes import OUTLINED
from MTINetLib.inference.analysis import Analysis
from MTINetLib.outline.marks import Marks
from MTINetLib.outline.outline import Outliner
from MTINetLib.outline.published import WEIGHTS_SHA256
from MTINetLib.pipeline.outline import outline_lesions
from MTINetLib.presentation.note_words import note_in_words
from MTINetLib.study.phase import Phase
from MTINetLib.study.study import Study


def outliner(study: Study) -> Outliner:
    return Outliner(study, KnownSlices())


def boxes(study: Study, *labels: int) -> list[Marks]:
    truth = made_labels(study.grid)
    found = []
    for label in labels:
        places = np.argwhere(truth == label)
        ends = study.grid.to_lps(places.min(axis=0) - 0.5), study.grid.to_lps(places.max(axis=0) + 0.5)
        found.append(Marks((tuple(ends[0]), tuple(ends[1]))))
    return found


@pytest.fixture(scope="module")
def model() -> Any:
    return known_model(128)


@pytest.fixture(scope="module")
def found(study: Study, model: Any) -> Analysis:
    return outline_lesions(
        study, model, boxes(study, 2, 1), device="cpu", precision="fp32", outliner=outliner
    )


def test_each_box_is_a_lesion_under_the_number_of_its_box(study: Study, found: Analysis) -> None:
    truth = made_labels(study.grid)
    assert [lesion.label for lesion in found.findings.lesions] == [1, 2]
    for label, true in ((1, 2), (2, 1)):
        mask = found.labels == label
        assert 2 * (mask & (truth == true)).sum() / (mask.sum() + (truth == true).sum()) > 0.85
    assert found.probability is None


def test_the_model_says_what_the_lesions_are(found: Analysis) -> None:
    assert {lesion.lesion_class for lesion in found.findings.lesions} == {"hcc", "hemangioma"}
    assert found.findings.provenance.model_name == "known"


def test_the_provenance_tells_who_drew_what_and_which_model_outlined(study: Study, found: Analysis) -> None:
    back = from_json(to_json(found.findings)).provenance
    assert back.corrected_by_person
    said = back.settings["outlined_by"]
    assert (said["model"], said["weights_sha256"], said["boxes_by"]) == (
        "LiteMedSAM",
        WEIGHTS_SHA256,
        "person",
    )
    assert [box["label"] for box in said["boxes"]] == [1, 2]
    assert np.allclose(said["boxes"][1]["box_lps_mm"], boxes(study, 1)[0].box)
    assert said["boxes"][0]["image"]
    assert json.dumps(back.settings)
    assert sum(item.startswith(OUTLINED) for item in back.notes) == 1
    assert "from boxes that a person drew" in note_in_words(f"{OUTLINED}:LiteMedSAM")


def test_the_same_boxes_give_the_same_findings(study: Study, model: Any, found: Analysis) -> None:
    again = outline_lesions(
        study, model, boxes(study, 2, 1), device="cpu", precision="fp32", outliner=outliner
    )
    assert np.array_equal(again.labels, found.labels)
    assert again.findings.lesions == found.findings.lesions


def test_two_boxes_around_one_lesion_are_refused(study: Study, model: Any) -> None:
    with pytest.raises(InputError, match="Box 2 holds a lesion that another box holds too"):
        outline_lesions(study, model, boxes(study, 1, 1), device="cpu", outliner=outliner)


def test_without_a_box_or_with_other_phases_nothing_begins(study: Study, model: Any) -> None:
    with pytest.raises(InputError, match="no box"):
        outline_lesions(study, model, [], outliner=outliner)
    other = replace(study, phases=(Phase.PRE, Phase.ARTERIAL, Phase.PORTAL_VENOUS, Phase.HEPATOBILIARY))
    with pytest.raises(InputError, match="hepatobiliary"):
        outline_lesions(other, model, boxes(study, 1), outliner=outliner)


def test_without_the_weights_it_says_how_to_install_them(
    study: Study, model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTINET_USER_FOLDER", str(tmp_path))
    with pytest.raises(MissingResourceError, match="mtinet install-outline"):
        outline_lesions(study, model, boxes(study, 1), device="cpu")
