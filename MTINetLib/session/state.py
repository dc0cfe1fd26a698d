"""What the session is doing, and the last thing it had to say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from MTINetLib.errors import Cancelled, MTINetError, Statement
from MTINetLib.presentation.statements import sentences, statement_of
from MTINetLib.progress import Stage


class State(Enum):
    """What the session is doing; ``presentation.session_words`` has the words."""

    IDLE = "idle"
    LISTING = "listing"
    OPENING = "opening"
    SAVING = "saving"
    DRAFTING = "drafting"
    ANALYZING = "analyzing"
    CANCELLING = "cancelling"
    MEASURING = "measuring"
    ASKING = "asking"
    OUTLINING = "outlining"
    INSTALLING = "installing"
    REPORTING = "reporting"
    SAMPLING = "sampling"
    CURVES = "curves"


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
    """What the user is told; a panel says it with ``presentation.statements.sentences``."""

    kind: Literal["error", "warning", "info"]
    statements: tuple[Statement, ...]

    @property
    def text(self) -> str:
        """In English."""
        return sentences(self.statements)


def message_of(error: MTINetError) -> Message:
    """What an error says; a cancel is no error."""
    return Message("info" if isinstance(error, Cancelled) else "error", (statement_of(error),))
