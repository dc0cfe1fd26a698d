"""What a fine-tuning is going to do, and what came of it, in words."""

from __future__ import annotations

from collections.abc import Sequence
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


def judged_by_words(
    folds: int,
    studies: int = 0,
    mean: float = 0.0,
    networks: Sequence[float] = (),
    instead: int | None = None,
) -> str:
    """Who judged the new model, for the page that compares it with the old one.

    Args:
        folds: how many networks were trained.
        studies: phantom studies on which they and their mean were compared; 0 for none.
        mean, networks: Dice there.
        instead: number of the network that was taken in place of the mean.
    """
    if folds == 1:
        return "The patients were held out: they neither trained nor validated the new model."
    by_whom = f"Each patient was judged by the one of {folds} networks that had not seen them"
    if not studies:
        return f"{by_whom}; the new model is the mean of these networks and was itself not measured."
    apart = counted(studies, "phantom study", "phantom studies")
    reached = f"{min(networks):.2f} to {max(networks):.2f}"
    if instead is None:
        return (
            f"{by_whom}. The new model is the mean of these networks; no patient can judge it, as each has "
            f"trained some of them. On {apart} (synthetic) that none was trained on, its Dice is {mean:.2f}, "
            f"theirs {reached}."
        )
    return (
        f"{by_whom}. Their mean is worse than each of them on {apart} (synthetic) that none was trained on "
        f"(Dice {mean:.2f}, theirs {reached}): the new model is network {instead}, the best of them there. "
        "It was judged by the patients of its own part only; the figures are those of all networks."
    )


def duration(seconds: float) -> str:
    """``40 s``, ``25 min`` or ``3.5 h``, rounded up."""
    if seconds < 100:
        return f"{max(10, 10 * ceil(seconds / 10))} s"
    if seconds < 5400:
        return f"{ceil(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
