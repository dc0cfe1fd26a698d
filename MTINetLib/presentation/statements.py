"""Sentences of what errors and messages state; the module translates them, all others say them in English.

Whoever raises an error names a code and its values; they cross the worker, and the sentence is made here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from MTINetLib.errors import MTINetError, Statement
from MTINetLib.presentation.marks_words import readers_words
from MTINetLib.presentation.session_words import STATES
from MTINetLib.presentation.statement_texts import TEXTS
from MTINetLib.presentation.training_result import training_over
from MTINetLib.study.phase import Phase

#: Code of a sentence that was made where its reason was found, as readers of files do.
AS_IT_IS = "as_it_is"
#: Statements that one template is not enough for.
_MADE: Mapping[str, Callable[[Mapping[str, Any], Callable[[str], str]], str]] = {
    "training_over": training_over
}
_TITLES = {phase.value: phase.title for phase in Phase}
E = TypeVar("E", bound=MTINetError)


def sentence(statement: Statement, translate: Callable[[str], str] = str) -> str:
    """One sentence, or a few. A gap ``phase``, ``other``, ``phases`` or ``state`` is filled with words."""
    if statement.code == AS_IT_IS:
        return str(statement.values["text"])
    if statement.code in _MADE:
        return _MADE[statement.code](statement.values, translate)
    values = {name: _in_words(name, value, translate) for name, value in statement.values.items()}
    return translate(TEXTS[statement.code]).format(**values)


def sentences(statements: Iterable[Statement], translate: Callable[[str], str] = str) -> str:
    """Several, one after the other."""
    return " ".join(sentence(statement, translate) for statement in statements)


def as_it_is(text: str) -> Statement:
    """A sentence that travels as it is."""
    return Statement(AS_IT_IS, {"text": text})


def error_of(kind: type[E], code: str, **values: Any) -> E:
    """An error of this kind that states something; its text is the English sentence."""
    return stating(kind, Statement.of(code, **values))


def stating(kind: type[E], statement: Statement) -> E:
    """As :func:`error_of`, of a statement that is there."""
    error = kind(sentence(statement))
    error.statement = statement
    return error


def statement_of(error: MTINetError) -> Statement:
    """What an error states."""
    return error.statement or as_it_is(str(error))


def error_text(error: MTINetError, translate: Callable[[str], str] = str) -> str:
    """The sentence of an error."""
    return sentence(statement_of(error), translate)


def _in_words(name: str, value: Any, translate: Callable[[str], str]) -> Any:
    if name in ("phase", "other"):
        return translate(_TITLES[value])
    if name == "phases":
        return translate(" and the ").join(translate(_TITLES[phase]) for phase in value)
    if name == "readers" and isinstance(value, list):
        return readers_words(value, translate)
    if name == "state":
        return translate(STATES[value])
    return ", ".join(map(str, value)) if isinstance(value, list) else value
