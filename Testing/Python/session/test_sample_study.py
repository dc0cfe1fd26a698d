"""The sample study: made by the worker, four volumes in the scene, recognised among themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support.waiting import wait_until

from MTINetLib.errors import Cancelled, MissingResourceError, MTINetError
from MTINetLib.scene.scene import Scene, nodes_of_class
from MTINetLib.session.state import State
from MTINetLib.study.phase import FOUR_PHASES

pytestmark = pytest.mark.viewer


class Around:
    """As much of a session as the sample study needs, around a real worker."""

    def __init__(self, scene: Scene, worker: Any) -> None:
        from MTINetLib.scene.propose_phases import propose_phases
        from MTINetLib.session.choices import Choices
        from MTINetLib.session.core import SessionCore
        from MTINetLib.session.sample_study import SampleStudy

        self.core = SessionCore(scene, Choices(), worker)
        self.proposal: Any = None
        self._propose = propose_phases
        self.sample = SampleStudy(self.core, self._recognise)

    @property
    def error(self) -> MTINetError | None:
        return self.core.error

    def _recognise(self, among: Any) -> None:
        self.proposal = self._propose(self.core.scene, among, FOUR_PHASES)

    def run(self, until: Callable[[], bool] | None = None) -> None:
        def process_events() -> None:
            self.core.worker.poll()
            self.core.tasks.poll()

        wait_until(until or (lambda: not self.core.busy), process_events)


@pytest.fixture
def session(scene: Scene, worker: Any) -> Around:
    return Around(scene, worker)


def volumes(scene: Scene) -> list[Any]:
    return list(nodes_of_class(scene.mrml, "vtkMRMLScalarVolumeNode"))


def test_four_phases_arrive_and_are_certain(session: Around) -> None:
    session.sample.load()
    assert session.core.state is State.SAMPLING
    session.run()
    assert session.error is None
    nodes = volumes(session.core.scene)
    assert [session.proposal.phases[phase].node_id for phase in session.proposal.phases] == [
        node.GetID() for node in nodes
    ]
    assert not session.proposal.missing
    assert not session.proposal.warnings
    assert min(told.confidence for told in session.proposal.phases.values()) > 0.9


def test_the_volumes_are_those_of_the_phantom(session: Around, slicer: Any) -> None:
    from MTINetLib.phantom.demo import make_demo_case

    session.sample.load()
    session.run()
    truth = make_demo_case()
    for phase, node in enumerate(volumes(session.core.scene)):
        assert np.array_equal(slicer.util.arrayFromVolume(node), truth.study.volumes[phase])
        assert float(node.GetAttribute("MTINet.TimeSeconds")) == pytest.approx(
            truth.study.times_s[phase], abs=0.01
        )


def test_all_phases_are_shown_with_one_window_in_which_contrast_is_seen(session: Around, slicer: Any) -> None:
    session.sample.load()
    session.run()
    windows = {
        (node.GetDisplayNode().GetWindowLevelMin(), node.GetDisplayNode().GetWindowLevelMax())
        for node in volumes(session.core.scene)
    }
    ((low, high),) = windows
    brightest = max(
        np.percentile(slicer.util.arrayFromVolume(node), 98) for node in volumes(session.core.scene)
    )
    assert low < 0.5 * brightest < high < 2.5 * brightest


def test_a_sample_in_a_scene_with_another_study_is_told_apart(session: Around) -> None:
    session.sample.load()
    session.run()
    first = {node.GetID() for node in volumes(session.core.scene)}
    session.sample.load()
    session.run()
    chosen = {told.node_id for told in session.proposal.phases.values()}
    assert len(chosen) == 4
    assert not chosen & first


def test_cancelled_in_the_worker_nothing_arrives(session: Around) -> None:
    session.sample.load()
    session.core.tasks.poll()
    session.core.tasks.cancel()
    session.run()
    assert isinstance(session.error, Cancelled)
    assert volumes(session.core.scene) == []


def test_cancelled_half_way_the_volumes_go_again(session: Around) -> None:
    session.sample.load()
    session.run(lambda: len(volumes(session.core.scene)) > 0 or not session.core.busy)
    assert session.core.busy, "it was too fast for this test"
    session.core.tasks.cancel()
    assert volumes(session.core.scene) == []
    assert not session.core.busy
    assert isinstance(session.error, Cancelled)


def test_a_scene_that_closes_meanwhile_gets_nothing_and_no_word(session: Around) -> None:
    """Nor does the end of the first disturb the next, asked for at once."""
    session.sample.load()
    session.core.tasks.poll()
    session.core.tasks.abandon_all()
    session.sample.load()
    session.run()
    assert session.error is None
    assert len(volumes(session.core.scene)) == 4


def test_a_volume_that_cannot_be_read_is_an_error_in_a_sentence(
    session: Around, monkeypatch: pytest.MonkeyPatch
) -> None:
    from MTINetLib.session import phase_volumes

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(phase_volumes.np, "load", refuse)
    session.sample.load()
    session.run()
    assert isinstance(session.error, MissingResourceError)
    assert str(session.error) == "The sample study cannot be read: Input/output error. Try again."
    assert volumes(session.core.scene) == []
