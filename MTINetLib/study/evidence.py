"""Why a volume is taken for a phase: a code with its values, as flags are.

``after_bolus:32`` has the code ``after_bolus`` and one value. Free text, of a header or a person, comes last
and only behind the codes of :data:`QUOTING`. What is no known code is a sentence of an older file, and stays
what it is.
"""

from __future__ import annotations

from collections.abc import Iterable

from MTINetLib.study.phase import Phase

#: What a person has said outranks all else.
NAMED, MARKED, CHOSEN = "named", "marked", "chosen"
#: ``acquired:<clock>``, and then for each neighbour: seconds, ``before`` or ``after``, its phase.
ACQUIRED = "acquired"
#: Codes behind which words of a header, a file name or a person stand.
QUOTING = frozenset(
    {
        "word",
        "word_of_other",
        "word_of_other_kind",
        "other_would_fit",
        "other_called_before",
        "other_called_after",
        "made",
    }
)
#: All codes; ``presentation.evidence_words`` has their words.
CODES = frozenset(
    {
        NAMED,
        MARKED,
        CHOSEN,
        "tag",
        "before_bolus",
        "after_bolus",
        "before_volume_of",
        "after_volume_of",
        "word",
        "word_of_other",
        "word_of_other_kind",
        "contrast_given",
        "assumed",
        "time_point_in_order",
        "time_point_out_of_order",
        "number_before",
        "number_after",
        "agent",
        "no_agent",
        "darkest",
        "not_darkest",
        "darkest_unlike",
        "spreads",
        "shrinks",
        "other_would_fit",
        "other_called_before",
        "other_called_after",
        "made",
        "phantom",
        ACQUIRED,
    }
)


def evidence(code: str, *values: object) -> str:
    """One piece of evidence; a phase is told by its value."""
    return ":".join([code, *(value.value if isinstance(value, Phase) else str(value) for value in values)])


def acquired(clock: str, steps: Iterable[tuple[float, bool, Phase]]) -> str:
    """When a volume was acquired beside its neighbours.

    Args:
        clock: what tells the time, in words of ours.
        steps: seconds, whether it comes after the neighbour, and the neighbour's phase.
    """
    values: list[object] = []
    for seconds, after, phase in steps:
        values += [f"{seconds:.0f}", "after" if after else "before", phase]
    return evidence(ACQUIRED, clock, *values)


def quotes(item: str) -> bool:
    """Whether it may hold words of a header or a person: those of QUOTING, and sentences of older files."""
    code = item.partition(":")[0]
    return code in QUOTING or code not in CODES
