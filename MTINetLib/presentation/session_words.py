"""What a session and a training run are doing, in words."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

STATES = {
    "idle": "Ready",
    "listing": "Looking through the work list",
    "opening": "Opening the study",
    "saving": "Saving what was done",
    "drafting": "Drafting studies",
    "analyzing": "Analyzing",
    "cancelling": "Cancelling",
    "measuring": "Measuring",
    "asking": "Asking the network again",
    "outlining": "Outlining the lesion in the box",
    "installing": "Installing",
    "reporting": "Writing the report",
    "sampling": "Making the sample study",
    "curves": "Measuring the curves",
    "run_idle": "No training runs",
    "run_starting": "Starting",
    "run_preparing": "Preparing",
    "run_training": "Training",
    "run_pausing": "Pausing at the next step",
    "run_paused": "Paused",
    "run_stopping": "Stopping",
}


def state_text(state: Enum, translate: Callable[[str], str] = str) -> str:
    """A State or a RunState of the session for people, without an ending."""
    return translate(STATES[state.value])
