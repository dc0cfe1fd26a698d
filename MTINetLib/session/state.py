"""What the session is doing, and the last thing it had to say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from MTINetLib.progress import Stage


class State(Enum):
    """What the session is doing; ``presentation.session_words`` has the words."""

    IDLE = "idle"
    ANALYZING = "analyzing"
    CANCELLING = "cancelling"
    MEASURING = "measuring"
    ASKING = "asking"
    REPORTING = "reporting"
    SAMPLING = "sampling"


@dataclass(frozen=True)
class ProgressSeen:
    """The newest progress: a stage, and how many of its steps are done."""

    stage: Stage
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
