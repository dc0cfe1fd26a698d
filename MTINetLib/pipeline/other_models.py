"""Which installed model would take a study that the chosen one does not take. Needs no torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from MTINetLib.errors import InputError, ModelError
from MTINetLib.models.find import model_folders, models_in
from MTINetLib.models.info import ModelInfo, told_info
from MTINetLib.study.phase import Phase, listed, the_phases, titles_of


def refuse_other_phases(phases: Sequence[Phase], model: ModelInfo) -> None:
    """A model reads a study of exactly its own phases.

    Raises:
        InputError: the study has others; the sentence says which are missing or too many, and which installed
            model would take it.
    """
    missing = [phase for phase in model.phases if phase not in phases]
    more = [phase for phase in phases if phase not in model.phases]
    if missing or more:
        lacking = f"lacks {the_phases(missing)}" if missing else f"also has {the_phases(more)}"
        raise InputError(
            f"The study {lacking}: the model {model.name} takes {titles_of(model.phases)}. "
            f"{who_takes(phases)}"
        )


def who_takes(phases: Sequence[Phase]) -> str:
    """A sentence about the installed models that take a study of these phases."""
    names = [info.name for info in installed() if info.phases == tuple(phases)]
    if not names:
        return f"No installed model takes {titles_of(phases)}."
    one = "model" if len(names) == 1 else "models"
    takes = "takes" if len(names) == 1 else "take"
    return (
        f"The installed {one} {listed(names)} {takes} {titles_of(phases)}: choose it with --model {names[0]}."
    )


def other_sets(phases: Sequence[Phase]) -> tuple[tuple[Phase, ...], ...]:
    """The sets of phases of installed models other than ``phases``, those of most phases first."""
    sets = {info.phases for info in installed()} - {tuple(phases)}
    return tuple(sorted(sets, key=lambda one: (-len(one), [phase.value for phase in one])))


def installed() -> Iterator[ModelInfo]:
    """Models that can be used, as far as their config says."""
    for folder in models_in(model_folders()):
        try:
            yield told_info(folder)
        except ModelError:
            continue
