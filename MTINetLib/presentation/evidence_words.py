"""Why a volume is taken for a phase, in words."""

from __future__ import annotations

from collections.abc import Callable

from MTINetLib.study.evidence import ACQUIRED, CHOSEN, MARKED, NAMED
from MTINetLib.study.phase import Phase, count_in_words

_TEXTS = {
    NAMED: "named by the user",
    MARKED: "marked as this phase in the scene",
    CHOSEN: "chosen by you",
    "tag": "the contrast agent phase tag says {phase}",
    "before_bolus": "acquired {0} s before the start of the bolus",
    "after_bolus": "acquired {0} s after the start of the bolus",
    "before_volume_of": "acquired before the volume taken for the {phase} phase",
    "after_volume_of": "acquired after the volume taken for the {phase} phase",
    "word": "the description says '{0}'",
    "word_of_other": "the description says '{1}', which names the {phase} phase",
    "word_of_other_kind": "{0}",
    "contrast_given": "the description says that contrast was given",
    "assumed": "it is {place} of {1} by {name}, an order that was assumed and confirmed (--assume-order)",
    "time_point_in_order": "it is time point {0}, in order",
    "time_point_out_of_order": "it is time point {0}, out of order",
    "number_before": "its series number comes before that of the {phase} phase",
    "number_after": "its series number comes after that of the {phase} phase",
    "agent": "a contrast agent is named",
    "no_agent": "no contrast agent is named, unlike in others",
    "darkest": "its vessels are the darkest of the {count} volumes",
    "not_darkest": "its vessels are not the darkest of the {count} volumes",
    "darkest_unlike": "its vessels are the darkest of the {count} volumes, as before contrast",
    "spreads": "the enhancement spreads from the arterial to the portal venous phase",
    "shrinks": "the enhancement is more spread in the arterial than in the portal venous phase",
    "other_would_fit": "'{0}' would fit nearly as well",
    "other_called_before": "acquired before '{1}', which is called {phase}",
    "other_called_after": "acquired after '{1}', which is called {phase}",
    "made": "{0}",
    "phantom": "made as the {phase} phase, {1} s after the bolus started",
}
#: How many values a code has: the last one takes all the rest, colons too.
_VALUES = {"word_of_other": 2, "other_called_before": 2, "other_called_after": 2, "phantom": 2, "assumed": 3}
_NUMBERS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")
_PLACES = {str(number): f"the {word}" for number, word in enumerate(_NUMBERS, start=1)}


def evidence_in_words(item: str, translate: Callable[[str], str] = str) -> str:
    """A sentence without a full stop; what is no known code stays what it is."""
    code, _, rest = item.partition(":")
    if code == ACQUIRED:
        return _steps_in_words(rest, translate)
    if code not in _TEXTS:
        return item
    values = rest.split(":", _VALUES.get(code, 1) - 1)
    if len(values) < _VALUES.get(code, 1):
        return rest  # of an older file
    return translate(_TEXTS[code]).format(
        *values,
        phase=_title(values[0], translate),
        place=translate(_PLACES.get(values[0], "number {0}")).format(values[0]),
        count=translate(_count(values[0])),
        name=translate(_name(values[-1])),
    )


def _steps_in_words(rest: str, translate: Callable[[str], str]) -> str:
    clock, *values = rest.split(":")
    said = []
    for seconds, relation, phase in zip(values[::3], values[1::3], values[2::3], strict=True):
        text = "{0} s after the {1} phase" if relation == "after" else "{0} s before the {1} phase"
        said.append(translate(text).format(seconds, _title(phase, translate)))
    return translate("acquired {0} ({1})").format(translate(" and ").join(said), translate(_name(clock)))


def _count(value: str) -> str:
    """``four``; older files say ``the four volumes``."""
    return count_in_words(int(value)) if value.isdecimal() else value[4:].removesuffix(" volumes")


def _name(value: str) -> str:
    return value.replace("_", " ")


def _title(value: str, translate: Callable[[str], str]) -> str:
    return next((translate(phase.title) for phase in Phase if phase.value == value), value)
