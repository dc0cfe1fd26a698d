"""What a training is doing, what it was asked, and what those who listen are told of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class TrainingTopic(Enum):
    """Something of the training session that has changed; the listener looks at the session itself."""

    RUN = auto()
    PROGRESS = auto()
    CURVES = auto()
    DATASET = auto()
    MODELS = auto()
    MESSAGE = auto()


class RunState(Enum):
    """What the run is doing; ``presentation.session_words`` has the words."""

    IDLE = "run_idle"
    STARTING = "run_starting"
    PREPARING = "run_preparing"
    TRAINING = "run_training"
    PAUSING = "run_pausing"
    PAUSED = "run_paused"
    STOPPING = "run_stopping"


class Doing(Enum):
    """What the other worker is doing, the one for short jobs."""

    NOTHING = auto()
    CHECKING = auto()
    ADDING = auto()
    KEEPING = auto()


class About(Enum):
    """What a message for the user is about, so that it is shown there."""

    RUN = auto()
    DATASET = auto()
    CASE = auto()
    MODEL = auto()


@dataclass(frozen=True)
class TrainingChoices:
    """What the user chose for a run.

    Args:
        dataset: its folder.
        preset: ``quick``, ``demo``, ``paper``, ``gpu`` or ``finetune``.
        epochs, minutes: the budget; at most one of them, None leaves it to the preset.
        folds: 1 for one split.
        device: ``auto``, ``cpu`` or ``cuda``.
        batch_size: None for the preset's.
        name: of the model, for people; may be empty.
        runs_folder: where the run's folder is made; empty for the user's own.
        changes: ``key=value`` of other settings.
        start_from: model that ``finetune`` goes on from; empty for the one that came with MTINet.
    """

    dataset: str
    preset: str = "demo"
    epochs: int | None = None
    minutes: float | None = None
    folds: int = 1
    device: str = "auto"
    batch_size: int | None = None
    name: str = ""
    runs_folder: str = ""
    changes: tuple[str, ...] = ()
    start_from: str = ""
