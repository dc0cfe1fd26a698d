"""A worker's answers, handed to plain functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from MTINetLib.errors import MTINetError


def _nothing(*_: Any) -> None:
    pass


@dataclass(frozen=True)
class Answers:
    """A :class:`MTINetLib.worker.client.Watcher` made of functions; what is not given is not heard.

    Args:
        on_done: gets the job's result.
        on_failed: gets its error; a cancelled job fails with Cancelled.
        on_progress: gets stage, steps done, steps in all.
        on_news: gets the kind and the data.
    """

    on_done: Callable[[dict[str, Any]], None]
    on_failed: Callable[[MTINetError], None]
    on_progress: Callable[[str, int, int], None] = _nothing
    on_news: Callable[[str, Mapping[str, Any]], None] = _nothing

    def progress(self, stage: str, done: int, total: int) -> None:
        self.on_progress(stage, done, total)

    def news(self, kind: str, data: Mapping[str, Any]) -> None:
        self.on_news(kind, data)

    def done(self, result: dict[str, Any]) -> None:
        self.on_done(result)

    def failed(self, error: MTINetError) -> None:
        self.on_failed(error)
