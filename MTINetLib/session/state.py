"""What the session is doing, and the last thing it had to say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal


class State(Enum):
    """What the session is doing; the value is for people."""

    IDLE = "Ready"
    ANALYZING = "Analyzing"
    CANCELLING = "Cancelling"
    MEASURING = "Measuring"
    ASKING = "Asking the network again"
    REPORTING = "Writing the report"
    SAMPLING = "Making the sample study"


@dataclass(frozen=True)
class ProgressSeen:
    """The newest progress: a stage in words, and how many of its steps are done."""

    stage: str
    done: int
    total: int

    @property
    def share(self) -> float:
        """0 to 1."""
        return min(1.0, self.done / self.total) if self.total > 0 else 0.0


@dataclass(frozen=True)
class Message:
    """One sentence for the user."""

    kind: Literal["error", "warning", "info"]
    text: str
