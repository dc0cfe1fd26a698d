"""The known contrast phases of liver MRI. Which of them a study has, its model says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum

from MTINetLib.errors import InputError


class Phase(Enum):
    """One contrast phase, in the order of time; the value is its name in files and on the command line."""

    PRE = "pre"
    EARLY_ARTERIAL = "early_arterial"
    ARTERIAL = "arterial"
    PORTAL_VENOUS = "portal_venous"
    DELAYED = "delayed"
    HEPATOBILIARY = "hepatobiliary"

    @property
    def title(self) -> str:
        """The name for people, as in ``portal venous``."""
        return _TITLES[self]

    def is_before(self, other: Phase) -> bool:
        """Whether the phase is taken before another one."""
        return _KNOWN.index(self) < _KNOWN.index(other)


_KNOWN = tuple(Phase)

#: The phases of most protocols with an extracellular agent.
FOUR_PHASES = (Phase.PRE, Phase.ARTERIAL, Phase.PORTAL_VENOUS, Phase.DELAYED)
#: What is shown and asked for as long as no model, study or table says which phases there are.
PHASES_UNTIL_TOLD = FOUR_PHASES

_TITLES = {
    Phase.PRE: "pre-contrast",
    Phase.EARLY_ARTERIAL: "early arterial",
    Phase.ARTERIAL: "arterial",
    Phase.PORTAL_VENOUS: "portal venous",
    Phase.DELAYED: "delayed",
    Phase.HEPATOBILIARY: "hepatobiliary",
}
#: A study has at least so many phases: one says nothing of enhancement.
FEWEST_PHASES = 2


def phase_named(name: str) -> Phase:
    """The phase of a name as people write it, such as ``Portal-venous``.

    Raises:
        InputError: no phase has that name; the sentence lists those that are known.
    """
    wanted = name.strip().lower().replace("-", "_").replace(" ", "_")
    for phase in Phase:
        if wanted in (phase.value, phase.title.replace("-", "_").replace(" ", "_")):
            return phase
    raise InputError(
        f"There is no phase '{name}'; choose one of {', '.join(phase.value for phase in Phase)}."
    )


def phase_set(names: Sequence[object]) -> tuple[Phase, ...]:
    """Phases by their names in files, as a set that a model or a dataset may have.

    Raises:
        InputError: a name that is not known, fewer than two, or not in the order of time.
    """
    known = {phase.value: phase for phase in Phase}
    strange = next((name for name in names if name not in known), None)
    if strange is not None:
        raise InputError(f"{strange!r} is no phase; known are {', '.join(known)}.")
    phases = tuple(known[str(name)] for name in names)
    if len(phases) < FEWEST_PHASES or phases != in_order_of_time(phases):
        raise InputError(
            f"The phases are {', '.join(str(name) for name in names) or 'none'}; they must be two or more "
            f"different ones in the order {', '.join(known)}."
        )
    return phases


def usual_reference(phases: Sequence[Phase]) -> Phase:
    """The phase whose grid a study gets unless somebody says otherwise: liver and lesions stand out in it."""
    wanted = (Phase.PORTAL_VENOUS, Phase.DELAYED, Phase.HEPATOBILIARY)
    return next((phase for phase in wanted if phase in phases), phases[-1])


def in_order_of_time(phases: Iterable[Phase]) -> tuple[Phase, ...]:
    """Each phase once, in the order of time."""
    given = set(phases)
    return tuple(phase for phase in Phase if phase in given)


def titles_of(phases: Sequence[Phase], joined: str = "and") -> str:
    """``pre-contrast, arterial and delayed``."""
    return listed([phase.title for phase in phases], joined)


def the_phases(phases: Sequence[Phase]) -> str:
    """``the arterial phase and the delayed phase``."""
    return listed([f"the {phase.title} phase" for phase in phases])


def listed(words: Sequence[str], joined: str = "and") -> str:
    """``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {joined} {words[-1]}"


def count_in_words(count: int) -> str:
    """``four``; a number of phases as it stands in a sentence."""
    names = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return names[count] if count < len(names) else str(count)
