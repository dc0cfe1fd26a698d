"""This computer, asked of the worker."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from MTINetLib.errors import MissingResourceError
from MTINetLib.session.computer import Computer
from MTINetLib.session.events import Events, Topic
from MTINetLib.worker.messages import Environment

ENVIRONMENT = Environment("3.12.4", {"torch": None}, (), (), "A processor", None, "PyTorch is not installed.")


class Around:
    """A session whose worker answers when the test says so."""

    def __init__(self) -> None:
        self.events = Events()
        self.worker = SimpleNamespace(submit=self._submit)
        self.jobs: list[Any] = []
        self.told = 0
        self.computer = Computer(self)  # type: ignore[arg-type]
        self.events.subscribe(Topic.COMPUTER, self._hear)

    def _submit(self, job: str, arguments: Any, watcher: Any) -> Any:
        self.jobs.append((job, watcher))
        return object()

    def _hear(self) -> None:
        self.told += 1


def test_the_answer_is_kept_and_told() -> None:
    session = Around()
    session.computer.ask()
    assert session.computer.asking
    ((job, watcher),) = session.jobs
    assert job == "environment"
    watcher.done(ENVIRONMENT.to_dict())
    assert session.computer.environment == ENVIRONMENT
    assert not session.computer.asking
    assert session.told == 2  # that it is asked, and that it has answered


def test_it_is_not_asked_twice_at_once() -> None:
    session = Around()
    session.computer.ask()
    session.computer.ask()
    assert len(session.jobs) == 1


def test_a_failure_is_told_and_the_last_answer_stays() -> None:
    session = Around()
    session.computer.ask()
    session.jobs[0][1].done(ENVIRONMENT.to_dict())
    session.computer.ask()
    session.jobs[1][1].failed(MissingResourceError("The worker process ended unexpectedly."))
    assert session.computer.problem == "The worker process ended unexpectedly."
    assert session.computer.environment == ENVIRONMENT
    session.computer.ask()
    assert session.computer.problem is None
