"""This computer, asked of the worker."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from MTINetLib.errors import MissingResourceError, MTINetError, Statement
from MTINetLib.session.choices import Choices
from MTINetLib.session.computer import Computer
from MTINetLib.session.core import SessionCore
from MTINetLib.session.events import Topic
from MTINetLib.worker.requests import Environment

ENVIRONMENT = Environment(
    "3.12.4", {"torch": None}, (), (), "A processor", None, Statement.of("setup_no_torch")
)


class Around(SessionCore):
    """A session whose worker answers when the test says so."""

    def __init__(self) -> None:
        super().__init__(None, Choices(), SimpleNamespace(submit=self._submit))  # type: ignore[arg-type]
        self.jobs: list[Any] = []
        self.told = 0
        self.computer = Computer(self)
        self.events.subscribe(Topic.COMPUTER, self._hear)

    def ask(self) -> None:
        self.computer.ask()
        self.tasks.poll()

    def answer(self, number: int, result: Environment | MTINetError) -> None:
        listener = self.jobs[number][1]
        if isinstance(result, MTINetError):
            listener.failed(result)
        else:
            listener.done(result.to_dict())
        self.tasks.poll()

    def _submit(self, job: str, arguments: Any, listener: Any) -> Any:
        self.jobs.append((job, listener))
        return object()

    def _hear(self) -> None:
        self.told += 1


def test_the_answer_is_kept_and_told() -> None:
    session = Around()
    session.ask()
    assert session.computer.asking
    assert [job for job, _ in session.jobs] == ["environment"]
    session.answer(0, ENVIRONMENT)
    assert session.computer.environment == ENVIRONMENT
    assert not session.computer.asking
    assert session.told == 2  # that it is asked, and that it has answered


def test_it_is_not_asked_twice_at_once() -> None:
    session = Around()
    session.ask()
    session.ask()
    assert len(session.jobs) == 1


def test_a_failure_is_told_and_the_last_answer_stays() -> None:
    session = Around()
    session.ask()
    session.answer(0, ENVIRONMENT)
    session.ask()
    session.answer(1, MissingResourceError("The worker process ended unexpectedly."))
    assert str(session.computer.problem) == "The worker process ended unexpectedly."
    assert session.computer.environment == ENVIRONMENT
    session.ask()
    assert session.computer.problem is None
