"""Faults of ours in the main process: one sentence, a log without names, and a session that goes on."""

from __future__ import annotations

import pytest

from MTINetLib.scene.scene import Scene
from MTINetLib.session.choices import Choices
from MTINetLib.session.session import Session
from MTINetLib.session.state import State
from MTINetLib.session.task import Steps
from MTINetLib.worker.client import WorkerClient

pytestmark = pytest.mark.viewer


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("/data/Jane Doe/image.nii"), "defect of MTINet (ValueError in "),
        (MemoryError("Jane Doe"), "ran out of memory"),
        (OSError(28, "No space left", "/data/Jane Doe"), "The disk is full"),
    ],
)
@pytest.mark.parametrize("where", ["a task", "another part"])
def test_a_fault_is_one_sentence_and_its_text_stays_out_of_the_log(
    scene: Scene,
    where: str,
    error: Exception,
    words: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = Session(scene, Choices(), WorkerClient())

    def fail() -> None:
        raise error

    def steps() -> Steps[None]:
        yield None
        fail()

    if where == "a task":
        session.begin(State.ANALYZING, steps())
    else:
        monkeypatch.setattr(session.reports, "poll", fail)
    session.poll()
    assert session.state is State.IDLE
    assert session.message is not None
    assert session.message.kind == "error"
    assert words in session.message.text
    assert "test_session_faults.py" in caplog.text
    assert "Jane Doe" not in caplog.text + session.message.text
    session.close()
