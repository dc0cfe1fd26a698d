"""Runs on several devices: this program runs once per device, and the first process prepares for all."""

from __future__ import annotations

import os
import time
from pathlib import Path

from MTINetLib.errors import MissingResourceError
from MTINetLib.training.scores import RunningScores

_PATIENCE_S = 6 * 3600.0


def is_first_process() -> bool:
    """Whether this is the only process of a run, or the first that torchrun or Lightning started."""
    return int(os.environ.get("RANK", os.environ.get("LOCAL_RANK", "0"))) == 0


def wait_for(marker: Path, seconds: float = _PATIENCE_S) -> None:
    """Wait until another process has written a file.

    Raises:
        MissingResourceError: it did not within that time.
    """
    end = time.monotonic() + seconds
    while not marker.is_file():
        if time.monotonic() > end:
            raise MissingResourceError(
                "The first process of the run did not prepare its folder; see its messages."
            )
        time.sleep(0.5)


def joined(scores: RunningScores, world: int) -> RunningScores:
    """The scores of all processes together."""
    if world == 1:
        return scores
    from torch import distributed

    parts: list[RunningScores] = [scores] * world
    distributed.all_gather_object(parts, scores)
    return RunningScores.total(parts)
