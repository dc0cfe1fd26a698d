"""What the worker says of this computer: devices, memory, models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from MTINetLib.errors import MTINetError
from MTINetLib.session.calls import Answers
from MTINetLib.session.events import Topic
from MTINetLib.worker.messages import Environment

if TYPE_CHECKING:
    from MTINetLib.session.session import Session
    from MTINetLib.worker.client import Call


class Computer:
    """Asks once, keeps the answer; asking again brings it up to date. Listen to COMPUTER."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._call: Call | None = None
        self.environment: Environment | None = None
        self.problem: str | None = None

    @property
    def asking(self) -> bool:
        return self._call is not None

    def ask(self) -> None:
        """Start the worker if need be, and ask; the first answer waits for torch to load."""
        if self._call is not None:
            return
        self.problem = None
        self._call = self._session.worker.submit("environment", {}, Answers(self._told, self._failed))
        self._session.events.tell(Topic.COMPUTER)

    def _told(self, result: dict[str, Any]) -> None:
        self._call = None
        self.environment = Environment.from_dict(result)
        self._session.events.tell(Topic.COMPUTER)

    def _failed(self, error: MTINetError) -> None:
        self._call = None
        self.problem = str(error)
        self._session.events.tell(Topic.COMPUTER)
