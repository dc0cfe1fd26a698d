"""Waiting for what other processes do, with an end that only keeps a test from hanging."""

from __future__ import annotations

import time
from collections.abc import Callable

#: Far more than anything takes, also on a machine with other work.
LONGEST_WAIT_S = 600.0
_PAUSE_S = 0.005


def wait_until(
    holds: Callable[[], object],
    process_events: Callable[[], object] = lambda: None,
    told: Callable[[], object] = lambda: "it did not come about",
) -> None:
    """Wait until something holds.

    Args:
        process_events: called again and again meanwhile, such as a client's ``poll``.
        told: what the test says when it never does.
    """
    end = time.monotonic() + LONGEST_WAIT_S
    process_events()
    while not holds():
        assert time.monotonic() < end, told()
        time.sleep(_PAUSE_S)
        process_events()
