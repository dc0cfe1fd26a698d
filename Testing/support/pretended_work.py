"""A session that seems to work, for as long as a test needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def pretended_work(session: Any, state: Any, *progress: Any) -> Iterator[Any]:
    """A task of this state that never ends by itself; it is gone afterwards.

    Args:
        progress: the stage, the steps done and the steps in all that it tells of.
    """
    task = begin_pretended_work(session, state, *progress)
    try:
        yield task
    finally:
        session.tasks.abandon(task)


def begin_pretended_work(session: Any, state: Any, *progress: Any) -> Any:
    """The task; ``session.tasks.abandon`` ends it."""
    from MTINetLib.session.state import ProgressSeen

    def steps() -> Any:
        if progress:
            yield ProgressSeen(*progress)
        while True:
            yield None

    task = session.begin(state, steps())
    task.poll()
    return task
