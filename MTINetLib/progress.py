"""How long work tells its progress and learns that it was cancelled."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives progress of named stages.

    Raise :class:`MTINetLib.errors.Cancelled` from :meth:`update` to stop the work at the next safe point.
    """

    def start(self, stage: str, total: int) -> None:
        """A stage begins; ``stage`` is a short text for people, ``total`` its number of steps."""

    def update(self, done: int) -> None:
        """``done`` of the current stage's steps are finished."""

    def finish(self) -> None:
        """The current stage is over."""


class Silent:
    """Progress that nobody watches."""

    def start(self, stage: str, total: int) -> None:
        pass

    def update(self, done: int) -> None:
        pass

    def finish(self) -> None:
        pass
