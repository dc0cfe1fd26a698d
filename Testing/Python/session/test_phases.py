"""Phases as the session knows them: recognised, overruled, and what still speaks for the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from support.made_analysis import made_study

from MTINetLib.scene.scene import Scene
from MTINetLib.session.choices import Choices, choose_volume
from MTINetLib.study.phase import FOUR_PHASES, Phase

pytestmark = pytest.mark.viewer


@pytest.fixture
def session(scene: Scene) -> Iterator[Any]:
    from MTINetLib.session.session import Session

    made = Session(scene, Choices())  # its worker starts with the first job, which does not come
    yield made
    made.close()


@pytest.fixture
def nodes(scene: Scene, session: Any) -> dict[Phase, Any]:
    from MTINetLib.scene.volumes import PHASE_ATTRIBUTE, add_volume

    study = made_study()
    made = {}
    for phase in FOUR_PHASES:
        node = add_volume(scene, phase.title, np.asarray(study.phase(phase), np.float32), study.grid)
        node.SetAttribute(PHASE_ATTRIBUTE, phase.value)
        made[phase] = node
    return made


def test_recognised_phases_are_chosen(session: Any, nodes: dict[Phase, Any]) -> None:
    proposal = session.recognise()
    assert {phase: told.node_id for phase, told in proposal.phases.items()} == {
        phase: node.GetID() for phase, node in nodes.items()
    }
    assert session.choices.phases.portalVenous is nodes[Phase.PORTAL_VENOUS]


def test_one_overruled_phase_leaves_the_evidence_for_the_others(
    session: Any, nodes: dict[Phase, Any]
) -> None:
    from MTINetLib.study.evidence import CHOSEN

    before = session.recognise().phases
    choose_volume(session.choices, Phase.DELAYED, nodes[Phase.PRE])
    after = session.check_phases().phases
    assert CHOSEN in after[Phase.DELAYED].evidence
    for phase in (Phase.PRE, Phase.ARTERIAL, Phase.PORTAL_VENOUS):
        assert after[phase].evidence == before[phase].evidence
        assert after[phase].confidence == before[phase].confidence
    assert session.proposal.warnings  # one volume for two phases


def test_a_choice_that_was_never_recognised_is_the_users_word(session: Any, nodes: dict[Phase, Any]) -> None:
    from MTINetLib.study.evidence import CHOSEN

    for phase, node in nodes.items():
        choose_volume(session.choices, phase, node)
    assert all(CHOSEN in told.evidence for told in session.check_phases().phases.values())


def test_among_some_volumes_the_others_are_not_looked_at(session: Any, nodes: dict[Phase, Any]) -> None:
    proposal = session.recognise([nodes[Phase.PRE], nodes[Phase.ARTERIAL]])
    assert set(proposal.phases) <= {Phase.PRE, Phase.ARTERIAL}
    assert Phase.DELAYED in proposal.missing
    assert session.choices.phases.delayed is None
