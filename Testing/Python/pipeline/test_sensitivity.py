"""A reader moves along the curve: what counts, under which numbers, and that no network is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.made_analysis import made_labels, made_study
from support.small_models import known_model

from MTINetLib.errors import InputError
from MTINetLib.inference.analysis import Analysis
from MTINetLib.models.operating_points import LesionProbability, OperatingPoint, OperatingPoints
from MTINetLib.pipeline.analyze import analyze
from MTINetLib.pipeline.sensitivity import at_sensitivity
from MTINetLib.study.study import Study

#: The larger a candidate, the likelier: 1000 mm3 have one half.
BY_SIZE = LesionProbability(-15.0, log_volume=5.0)


@pytest.fixture(scope="module")
def study() -> Study:
    """Two lesions, and two small bright marks."""
    study = made_study()
    volumes = study.volumes.copy()
    volumes[:, 8:10, 40:43, 20:23] = np.array([100.0, 900.0, 500.0, 300.0])[:, None, None, None]
    volumes[:, 14:16, 50:55, 30:34] = np.array([100.0, 900.0, 500.0, 300.0])[:, None, None, None]
    return replace(study, volumes=volumes.astype(np.float32))


def offered(usual: int = 1) -> OperatingPoints:
    points = (OperatingPoint(0.99, 0.5, 0.0), OperatingPoint(0.8, 0.9, 0.3), OperatingPoint(0.2, 1.0, 1.0))
    return OperatingPoints(points, usual, BY_SIZE, {"smallest_mm3": 1.0})


@pytest.fixture(scope="module")
def model() -> Any:
    loaded = known_model(128)
    return replace(loaded, info=replace(loaded.info, operating_points=offered()))


@pytest.fixture(scope="module")
def usual(study: Study, model: Any) -> Analysis:
    return analyze(study, model, device="cpu", precision="fp32")


def test_candidates_are_kept_with_their_probability_and_the_usual_ones_come_first(usual: Analysis) -> None:
    assert usual.candidates is not None
    shares = [lesion.lesion_probability for lesion in usual.candidates.findings.lesions]
    labels = [lesion.label for lesion in usual.findings.lesions]
    assert labels == list(range(1, len(labels) + 1))
    assert len(shares) > len(labels)
    assert all(share >= 0.8 for share in shares[: len(labels)])
    assert all(0.2 <= share < 0.8 for share in shares[len(labels) :])
    assert set(np.unique(usual.labels)) == {0, *labels}
    assert usual.findings.provenance.settings["sensitivity"]["threshold"] == 0.8


def test_moving_asks_no_network_and_is_the_analysis_at_that_point(
    study: Study, model: Any, usual: Analysis
) -> None:
    for wanted in ("low", "high", "usual"):
        moved = at_sensitivity(study, usual, offered(), wanted)
        again = analyze(study, model, sensitivity=wanted, device="cpu", precision="fp32")
        assert np.array_equal(moved.labels, again.labels)
        assert replace(moved.findings, provenance=again.findings.provenance) == again.findings
        assert not moved.findings.provenance.corrected_by_person
    counts = [
        len(at_sensitivity(study, usual, offered(), word).findings.lesions)
        for word in ("low", "usual", "high")
    ]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def test_a_lesion_keeps_its_number_class_and_curve_along_the_way(study: Study, usual: Analysis) -> None:
    high = {
        lesion.label: lesion for lesion in at_sensitivity(study, usual, offered(), "high").findings.lesions
    }
    for lesion in usual.findings.lesions:
        other = high[lesion.label]
        assert (other.lesion_class, other.probabilities) == (lesion.lesion_class, lesion.probabilities)
        assert other.measured_curve == lesion.measured_curve
        assert other.predicted_curve == lesion.predicted_curve


def test_a_model_without_points_says_so_and_works_as_before(study: Study) -> None:
    plain = known_model(128)
    with pytest.raises(InputError, match="The model known offers no choice of sensitivity"):
        analyze(study, plain, sensitivity="high", device="cpu", precision="fp32")
    found = analyze(study, plain, device="cpu", precision="fp32")
    assert found.candidates is None
    assert all(lesion.lesion_probability is None for lesion in found.findings.lesions)
    assert "sensitivity" not in found.findings.provenance.settings
    assert (found.labels > 0)[made_labels(study.grid) > 0].mean() > 0.9
