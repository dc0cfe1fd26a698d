"""One task: its pieces, its waiting for the worker, its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from MTINetLib.errors import Cancelled, InputError, MissingResourceError, MTINetError
from MTINetLib.progress import Stage
from MTINetLib.session.state import ProgressSeen
from MTINetLib.session.task import NO_RETURN, Job, Status, Steps, Task, ask
from MTINetLib.worker.plain import Request, Serializable


@dataclass(frozen=True)
class Number(Serializable):
    value: int


@dataclass(frozen=True)
class Double(Request[Number]):
    job = "double"
    value: int


class Worker:
    """Answers when the test says so; a cancel is only noted."""

    def __init__(self) -> None:
        self.jobs: list[tuple[str, Mapping[str, Any]]] = []
        self.cancelled = 0
        self.listener: Any = None

    def submit(self, job: str, arguments: Mapping[str, Any], listener: Any) -> Any:
        self.jobs.append((job, arguments))
        self.listener = listener
        return object()

    def cancel(self, _call: Any) -> None:
        self.cancelled += 1


@pytest.fixture
def worker() -> Any:
    return Worker()


def test_pieces_follow_one_another_and_the_end_is_told_once() -> None:
    done: list[int] = []

    def steps() -> Steps[str]:
        for piece in range(3):
            done.append(piece)
            yield None
        return "all"

    ended: list[Any] = []
    task = Task(steps(), on_end=ended.append)
    assert done == [], "nothing happens before the first poll"
    for _ in range(3):
        task.poll()
    assert done == [0, 1, 2]
    assert (task.status, task.result, task.error) == (Status.DONE, "all", None)
    assert ended == [task]


def test_a_poll_ends_when_its_time_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    from MTINetLib.session import task as module

    monkeypatch.setattr(module, "_SPENT_S", 0.0)
    done: list[int] = []

    def steps() -> Steps[None]:
        for piece in range(2):
            done.append(piece)
            yield None

    task = Task(steps())
    task.poll()
    assert done == [0]
    assert task.running


def test_an_answer_of_the_worker_comes_back_where_it_was_asked_for(worker: Any) -> None:
    def steps() -> Steps[int]:
        first = yield from ask(worker, Double(4))
        second = yield from ask(worker, Double(first.value))
        return second.value

    task = Task(steps())
    task.poll()
    worker.listener.done({"value": 8})
    assert task.running, "its answer is heard in the next poll"
    task.poll()
    worker.listener.done({"value": 16})
    task.poll()
    assert worker.jobs == [("double", {"value": 4}), ("double", {"value": 8})]
    assert task.result == 16


def test_an_error_of_the_worker_can_be_tidied_up_after_and_ends_the_task(worker: Any) -> None:
    tidied: list[str] = []

    def steps() -> Steps[None]:
        try:
            yield Job(worker, "read", {})
        except MissingResourceError as error:
            tidied.append(str(error))
            raise

    task = Task(steps())
    task.poll()
    worker.listener.failed(MissingResourceError("The disk is full."))
    task.poll()
    assert tidied == ["The disk is full."]
    assert task.status is Status.FAILED
    assert isinstance(task.error, MissingResourceError)


def test_progress_of_pieces_and_of_the_worker_is_told_alike(worker: Any) -> None:
    news: list[Any] = []

    def steps() -> Steps[None]:
        yield ProgressSeen(Stage.READING_FILES, 1, 4)
        yield Job(worker, "send", {}, lambda kind, data: news.append((kind, data)))

    seen: list[Any] = []
    task = Task(steps(), on_progress=lambda one: seen.append(one.progress))
    task.poll()
    worker.listener.progress(Stage.SENDING, 2, 9)
    worker.listener.news("note", {"code": "slow"})
    assert seen == [ProgressSeen(Stage.READING_FILES, 1, 4), ProgressSeen(Stage.SENDING, 2, 9)]
    assert news == [("note", {"code": "slow"})]


def test_a_cancel_between_pieces_ends_it_at_once_and_lets_it_tidy_up() -> None:
    tidied: list[bool] = []
    task = Task(endless(tidied))
    task.poll()
    task.cancel()
    assert tidied == [True]
    assert task.status is Status.FAILED
    assert isinstance(task.error, Cancelled)


def endless(tidied: list[bool]) -> Steps[None]:
    try:
        while True:
            yield None
    finally:
        tidied.append(True)


def test_a_cancel_while_the_worker_works_waits_for_its_word_and_hears_no_more_progress(worker: Any) -> None:
    def steps() -> Steps[None]:
        yield Job(worker, "long", {})

    task = Task(steps())
    task.poll()
    task.cancel()
    task.cancel()
    assert worker.cancelled == 1
    worker.listener.progress(Stage.SENDING, 1, 2)
    assert (task.status, task.progress) == (Status.CANCELLING, None)
    worker.listener.failed(Cancelled("The work was cancelled."))
    task.poll()
    assert task.status is Status.FAILED
    assert isinstance(task.error, Cancelled)


def test_where_there_is_no_return_a_cancel_comes_too_late() -> None:
    def steps() -> Steps[str]:
        yield NO_RETURN
        yield None
        return "kept"

    task = Task(steps(), check=lambda: None)
    task._go_on()
    task.cancel()
    task.poll()
    assert (task.status, task.result) == (Status.DONE, "kept")


def test_an_abandoned_task_tells_nobody_and_tidies_up_when_the_worker_has_stopped(worker: Any) -> None:
    tidied: list[bool] = []

    def steps() -> Steps[None]:
        try:
            yield Job(worker, "long", {})
        finally:
            tidied.append(True)

    ended: list[Any] = []
    task = Task(steps(), on_end=ended.append)
    task.poll()
    task.abandon()
    assert (task.running, task.over, tidied) == (False, False, [])
    worker.listener.done({})
    task.poll()
    assert (task.over, tidied, ended) == (True, [True], [])


def test_what_is_checked_at_every_poll_ends_it_while_the_worker_works(worker: Any) -> None:
    gone: list[MTINetError] = []

    def check() -> None:
        if gone:
            raise gone[0]

    def steps() -> Steps[None]:
        yield Job(worker, "long", {})

    task = Task(steps(), check=check)
    task.poll()
    gone.append(InputError("The arterial phase was removed."))
    task.poll()
    assert worker.cancelled == 1
    worker.listener.failed(Cancelled("The work was cancelled."))
    task.poll()
    assert str(task.error) == "The arterial phase was removed."


def test_a_cancel_out_of_its_own_step_is_heard_at_the_next_one() -> None:
    done: list[int] = []

    def steps() -> Steps[None]:
        done.append(1)
        task.cancel()
        yield None
        done.append(2)

    task: Task[None] = Task(steps())
    task.poll()
    assert done == [1]
    assert isinstance(task.error, Cancelled)


def test_a_defect_is_one_sentence_without_what_the_error_says(caplog: pytest.LogCaptureFixture) -> None:
    def steps() -> Steps[None]:
        yield None
        raise ValueError("/data/Jane Doe/image.nii")

    task = Task(steps())
    task.poll()
    assert task.status is Status.FAILED
    assert "defect of MTINet (ValueError in " in str(task.error)
    assert "Jane Doe" not in caplog.text + str(task.error)
