"""What a fine-tuning is going to do, and what came of it, in words."""

from __future__ import annotations

from math import ceil

from MTINetLib.presentation.counts import counted


def plan_in_words(patients: int, folds: int, mixed_in: int, seconds: float) -> str:
    """Before it begins: who judges, what is mixed in, and how long it takes at most."""
    held_out = (
        "a fifth of them judges, a fifth validates"
        if folds == 1
        else f"{folds} networks in turn, each judged by patients that it did not see"
    )
    mixed = f"; {counted(mixed_in, 'other study', 'other studies')} mixed in" if mixed_in else ""
    return f"{counted(patients, 'patient')}: {held_out}{mixed}. At most about {duration(seconds)}."


def judged_by_words(folds: int) -> str:
    """Who judged the new model, for the page that compares it with the old one."""
    if folds == 1:
        return "The patients were held out: they neither trained nor validated the new model."
    return (
        f"Each patient was judged by the one of {folds} networks that had not seen them; the new model is "
        "the mean of these networks and was itself not measured."
    )


def duration(seconds: float) -> str:
    """``40 s``, ``25 min`` or ``3.5 h``, rounded up."""
    if seconds < 100:
        return f"{max(10, 10 * ceil(seconds / 10))} s"
    if seconds < 5400:
        return f"{ceil(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
