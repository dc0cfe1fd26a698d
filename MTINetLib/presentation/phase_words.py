"""What the user reads where the phases of a study are missing or cannot be told apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from MTINetLib.errors import InputError
from MTINetLib.phases.naming import options_of
from MTINetLib.phases.order import OPTION
from MTINetLib.phases.told_volume import line_of
from MTINetLib.phases.unclear import NoOrder, PhasesUnclear, Unclear
from MTINetLib.presentation.evidence_words import evidence_in_words
from MTINetLib.study.phase import Phase, count_in_words, the_phases, titles_of

_MOST_LISTED = 24


@contextmanager
def unclear_in_words() -> Iterator[None]:
    """Say what is unclear of the phases.

    Raises:
        InputError: what is missing, the list of what was found, and what to do.
    """
    try:
        yield
    except PhasesUnclear as error:
        raise InputError(" ".join((words_of(error.unclear), *error.unclear.next_steps))) from error


def words_of(unclear: Unclear) -> str:
    """What is missing, what was found, and how to name the phases."""
    phases, missing = unclear.phases, unclear.missing
    count = count_in_words(len(phases))
    what_to_do = (
        f"Name the {count} phases yourself with {options_of(phases)}: the #number or the description above, "
        "or a folder of one series."
    )
    if missing:
        others = [phase for phase in phases if phase not in missing]
        said = "is certain" if len(others) == 1 else "are certain"
        head = f"The study lacks {the_phases(missing)}: {titles_of(others)} {said}, and no volume is left"
        what_to_do = (
            f"Give a folder with all {count} phases, or, if the volume is among these, name it with "
            f"{options_of(missing)} and its #number."
        )
    elif unclear.doubtful:
        head = "; ".join(_doubt(phase, unclear) for phase in phases if phase in unclear.doubtful)
    else:
        head = f"The {count} phases cannot be found: no volume looks like a dynamic T1 series"
    reasons = {id(item.volume): item.reason for item in unclear.left_out}
    listed = [line_of(number, volume, reasons) for number, volume in enumerate(unclear.volumes, start=1)]
    if len(listed) > _MOST_LISTED:
        listed = [*listed[:_MOST_LISTED], f"and {len(unclear.volumes) - _MOST_LISTED} more"]
    return f"{head[:1].upper()}{head[1:]}. Found: {'; '.join(listed)}. {_of_order(unclear)}{what_to_do}"


def _doubt(phase: Phase, unclear: Unclear) -> str:
    if phase not in unclear.found:
        return f"nothing tells which volume is the {phase.title} phase, or it is missing"
    volume, verdict = unclear.found[phase]
    why = f" ({', '.join(map(evidence_in_words, verdict.evidence))})" if verdict.evidence else ""
    return f"it is not sure that '{volume.name}' is the {phase.title} phase{why}"


def _of_order(unclear: Unclear) -> str:
    if not unclear.doubtful:
        return ""
    if unclear.order_wanted and unclear.no_order is not None:
        return f"{OPTION} cannot help: {_against(unclear.no_order)}. "
    if unclear.no_order is not None:
        return ""
    return f"If they were taken in the order of their numbers, confirm it with {OPTION}. "


def _against(no_order: NoOrder) -> str:
    if no_order.phase is None:
        return no_order.reason
    said = " and ".join(map(evidence_in_words, no_order.evidence))
    return f"of what would be the {no_order.phase.title} phase it is known that {said}"
