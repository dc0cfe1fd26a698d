"""The sample study: made by the worker, four volumes in the scene, recognised among themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from support.slicer_scene import empty_scene
from support.waiting import wait_until

from MTINetLib.errors import Cancelled, MissingResourceError, MTINetError
from MTINetLib.session.state import State

pytestmark = pytest.mark.viewer


class Around:
    """As much of a session as the sample study needs, around a real worker."""

    def __init__(self, worker: Any) -> None:
        from MTINetLib.scene.propose_phases import propose_phases
        from MTINetLib.session.sample_study import SampleStudy

        self.worker = worker
        self.state = State.IDLE
        self.errors: list[MTINetError] = []
        self.stages: list[str] = []
        self.proposal: Any = None
        self._propose = propose_phases
        self.sample = SampleStudy(self)  # type: ignore[arg-type]

    @property
    def busy(self) -> bool:
        return self.state is not State.IDLE

    def saw_progress(self, stage: str, done: int, total: int) -> None:
        self.stages.append(stage)

    def set_state(self, state: State) -> None:
        self.state = state

    def report_error(self, error: MTINetError) -> None:
        self.errors.append(error)

    def recognise(self, among: Any) -> None:
        self.proposal = self._propose(among)

    def run(self, until: Callable[[], bool] | None = None) -> None:
        def breathe() -> None:
            self.worker.poll()
            self.sample.poll()

        wait_until(until or (lambda: not self.busy), breathe)


@pytest.fixture(scope="module")
def worker() -> Iterator[Any]:
    from MTINetLib.worker.client import WorkerClient

    client = WorkerClient()
    yield client
    client.close()


@pytest.fixture
def slicer() -> Any:
    return empty_scene()


@pytest.fixture
def session(slicer: Any, worker: Any) -> Around:
    return Around(worker)


def volumes(slicer: Any) -> list[Any]:
    return list(slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode"))


def test_four_phases_arrive_and_are_certain(session: Around, slicer: Any) -> None:
    session.sample.load()
    assert session.state is State.SAMPLING
    session.run()
    assert session.errors == []
    nodes = volumes(slicer)
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
    for phase, node in enumerate(volumes(slicer)):
        assert np.array_equal(slicer.util.arrayFromVolume(node), truth.study.volumes[phase])
        assert float(node.GetAttribute("MTINet.TimeSeconds")) == pytest.approx(
            truth.study.times_s[phase], abs=0.01
        )


def test_all_phases_are_shown_with_one_window_in_which_contrast_is_seen(session: Around, slicer: Any) -> None:
    session.sample.load()
    session.run()
    windows = {
        (node.GetDisplayNode().GetWindowLevelMin(), node.GetDisplayNode().GetWindowLevelMax())
        for node in volumes(slicer)
    }
    ((low, high),) = windows
    brightest = max(np.percentile(slicer.util.arrayFromVolume(node), 98) for node in volumes(slicer))
    assert low < 0.5 * brightest < high < 2.5 * brightest


def test_a_sample_in_a_scene_with_another_study_is_told_apart(session: Around, slicer: Any) -> None:
    session.sample.load()
    session.run()
    first = {node.GetID() for node in volumes(slicer)}
    session.sample.load()
    session.run()
    chosen = {told.node_id for told in session.proposal.phases.values()}
    assert len(chosen) == 4
    assert not chosen & first


def test_cancelled_in_the_worker_nothing_arrives(session: Around, slicer: Any) -> None:
    session.sample.load()
    session.sample.cancel()
    session.run()
    assert [type(error) for error in session.errors] == [Cancelled]
    assert volumes(slicer) == []


def test_cancelled_half_way_the_volumes_go_again(session: Around, slicer: Any) -> None:
    session.sample.load()
    session.run(lambda: len(volumes(slicer)) > 0 or not session.busy)
    assert session.busy, "it was too fast for this test"
    session.sample.cancel()
    assert volumes(slicer) == []
    assert not session.busy
    assert [type(error) for error in session.errors] == [Cancelled]


def test_a_scene_that_closes_meanwhile_gets_nothing_and_no_word(session: Around, slicer: Any) -> None:
    """Nor does the end of the first disturb the next, asked for at once."""
    session.sample.load()
    session.sample.cancel()
    session.sample.abandon()
    session.state = State.IDLE
    session.sample.load()
    session.run()
    assert session.errors == []
    assert len(volumes(slicer)) == 4


def test_a_volume_that_cannot_be_read_is_an_error_in_a_sentence(
    session: Around, slicer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from MTINetLib.session import sample_study

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(sample_study.np, "load", refuse)
    session.sample.load()
    session.run()
    (error,) = session.errors
    assert isinstance(error, MissingResourceError)
    assert str(error) == "The sample study cannot be read: Input/output error. Try again."
    assert volumes(slicer) == []
