"""What every system may spend on its training: the same minutes, the same steps, or the paper's epochs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from MTINetLib.errors import InputError
from MTINetLib.network.settings import mtinet
from MTINetLib.training.setting_text import change_settings
from MTINetLib.training.settings import TrainingSettings, training_preset

PAPER = "paper"
#: In seconds.
_CLOCKS = {"s": 1.0, "min": 60.0, "h": 3600.0}
_FORM = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|h|steps?)")
#: Changes that keep a GPU from waiting for its slices.
ON_GPU = ("workers=4", "augment_on=device")
#: Settings that say on what a training runs, or that each run has of its own: machines may differ in them.
MAY_DIFFER = ("accelerator", "augment_on", "preparation_processes", "seed", "workers")
#: A run validates about so often, so that validating does not eat what a small budget leaves.
_VALIDATIONS = 2
_VALIDATION_SLICES = 96


@dataclass(frozen=True)
class TrainingBudget:
    """One of ``minutes`` and ``steps`` is set; neither is for the paper's own recipe."""

    text: str
    minutes: float | None = None
    steps: int | None = None

    @property
    def in_words(self) -> str:
        """As it stands below a table."""
        if self.minutes is not None:
            return f"{60 * self.minutes:g} s" if self.minutes < 1 else f"{self.minutes:g} min"
        if self.steps is not None:
            return f"{self.steps} steps"
        return "100 epochs, the paper's recipe"


def read_budget(text: str) -> TrainingBudget:
    """``60s``, ``2min``, ``1.5h``, ``500steps`` or ``paper``.

    Raises:
        InputError: it is none of these, or nothing.
    """
    plain = text.strip().casefold()
    if plain == PAPER:
        return TrainingBudget(PAPER)
    found = _FORM.fullmatch(plain)
    if found is None or float(found[1]) <= 0:
        raise InputError(
            f"The budget '{text}' is unknown: write for example 60s, 2min, 1.5h, 500steps, or paper."
        )
    amount, unit = float(found[1]), found[2]
    if unit in _CLOCKS:
        return TrainingBudget(plain, minutes=amount * _CLOCKS[unit] / 60)
    if amount != int(amount):
        raise InputError(f"The budget '{text}' is no whole number of steps.")
    return TrainingBudget(plain, steps=int(amount))


def settings_within(budget: TrainingBudget, changes: Sequence[str] = ()) -> TrainingSettings:
    """The recipe that all systems share, with the budget and a user's changes.

    Under ``paper`` it is the preset ``paper``. Else it is the preset ``demo`` without what the compared
    systems do not have: neighbouring slices and the learning of organs.

    Raises:
        InputError: a change does not fit.
    """
    if budget.minutes is None and budget.steps is None:
        return change_settings(training_preset(PAPER), changes)
    demo = training_preset("demo", ["augmentation.wide_gain=0"])
    base = replace(demo, preset="compare", network=mtinet(), workers=0, validation_slices=_VALIDATION_SLICES)
    if budget.steps is not None:
        often = max(1, -(-budget.steps // _VALIDATIONS))
        base = replace(base, max_steps=budget.steps, steps_per_epoch=often)
    else:
        base = replace(base, max_steps=None, max_minutes=budget.minutes)
    return change_settings(base, changes)
