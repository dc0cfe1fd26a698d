"""How far a run is: the spent share of its minutes, steps or epochs, and the learning rate that follows."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from MTINetLib.training.settings import TrainingSettings


@dataclass
class Budget:
    """Counts a run's steps and seconds; both survive a resume.

    Args:
        settings: whose max_minutes, max_steps and epochs end the run, whichever is reached first.
        steps_per_epoch: known once the sampler stands.
    """

    settings: TrainingSettings
    steps_per_epoch: int
    steps: int = 0
    _seconds_before: float = 0.0
    _started: float | None = field(default=None, repr=False)

    def start(self) -> None:
        """The clock runs from here on."""
        self._started = time.monotonic()

    @contextmanager
    def on_hold(self) -> Iterator[None]:
        """Inside, the clock stands still."""
        self._seconds_before, started, self._started = self.seconds, self._started, None
        try:
            yield
        finally:
            self._started = None if started is None else time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds of training, those before a resume included."""
        return self._seconds_before + (time.monotonic() - self._started if self._started is not None else 0.0)

    @property
    def total_steps(self) -> int | None:
        """Steps of the whole run; None where only the clock ends it."""
        counts = [self.settings.max_steps]
        if self.settings.epochs is not None:
            counts.append(self.settings.epochs * self.steps_per_epoch)
        known = [count for count in counts if count is not None]
        return min(known) if known else None

    @property
    def spent(self) -> float:
        """0 at the start, 1 or more when the run is over."""
        shares = []
        if self.settings.max_minutes is not None:
            shares.append(self.seconds / (60 * self.settings.max_minutes))
        if self.total_steps is not None:
            shares.append(self.steps / max(1, self.total_steps))
        return max(shares)

    def rate_factor(self) -> float:
        """Factor of the learning rate, 1 % at the end; a cosine has a linear warm-up before it."""
        if self.settings.schedule == "constant":
            return 1.0
        spent, warm_up = min(1.0, self.spent), self.settings.warm_up
        if self.settings.schedule == "poly":
            return max(0.01, float((1 - spent) ** 0.9))
        if spent < warm_up:
            return max(0.02, spent / warm_up)
        return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (spent - warm_up) / (1 - warm_up)))

    def state_dict(self) -> dict[str, float]:
        return {"steps": self.steps, "seconds": self.seconds}

    def load_state_dict(self, state: dict[str, float]) -> None:
        self.steps = int(state["steps"])
        self._seconds_before = float(state["seconds"])
