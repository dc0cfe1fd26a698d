"""The slider: it acts on what was found already, and never throws a person's work away."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.candidates import OFFERED, session_with_candidates
from support.corrected_session import corrected_session, half_of, mask_of, paint, settle
from support.made_analysis import made_labels, made_study

from MTINetLib.scene.results import corrected_labels
from MTINetLib.scene.scene import Scene

pytestmark = pytest.mark.viewer


@pytest.fixture
def session(scene: Scene, worker: Any) -> Any:
    return session_with_candidates(scene, worker, made_study())


def labels_of(session: Any) -> list[int]:
    return [lesion.label for lesion in session.findings.lesions]


def test_more_and_fewer_candidates_count_under_the_numbers_that_they_have(session: Any) -> None:
    assert session.sensitivity.offered == OFFERED
    assert session.sensitivity.chosen == 1
    first = session.findings.lesions[0]
    session.sensitivity.choose(2)
    settle(session, lambda: len(session.findings.lesions) == 2)
    assert labels_of(session) == [1, 2]
    grid_labels = made_labels(made_study().grid)
    assert np.array_equal(corrected_labels(session.results), grid_labels)
    assert session.findings.lesions[0].measured_curve.mean == pytest.approx(first.measured_curve.mean)
    assert session.findings.lesions[1].lesion_probability == 0.4
    assert session.findings.provenance.settings["sensitivity"]["threshold"] == 0.3
    assert not session.findings.provenance.corrected_by_person
    assert not session.correction.standing.corrected
    session.sensitivity.choose(0)
    settle(session, lambda: not session.findings.lesions)
    session.sensitivity.choose(1)
    settle(session, lambda: labels_of(session) == [1])


def test_a_correction_closes_the_choice_until_it_is_reverted(session: Any) -> None:
    paint(session, 1, half_of(mask_of(session, 1)))
    settle(session, lambda: session.findings.provenance.corrected_by_person)
    assert not session.sensitivity.open
    session.sensitivity.choose(2)
    settle(session)
    assert labels_of(session) == [1]
    session.correction.revert_all()
    settle(session)
    assert session.sensitivity.open


def test_without_candidates_nothing_is_offered(scene: Scene, worker: Any) -> None:
    session = corrected_session(scene, worker, made_study())
    assert session.sensitivity.offered is None
    assert session.sensitivity.chosen is None
    session.sensitivity.choose(0)
    settle(session)
    assert labels_of(session) == [1, 2]
