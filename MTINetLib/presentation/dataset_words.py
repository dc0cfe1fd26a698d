"""What a check of a dataset found, in sentences."""

from __future__ import annotations

from typing import Protocol

from MTINetLib.presentation.words import flags_in_words, whole_sentence


class CheckedCase(Protocol):
    """What is asked of a :class:`MTINetLib.dataset.checked.CaseCheck`."""

    @property
    def warnings(self) -> tuple[str, ...]: ...

    @property
    def flags(self) -> tuple[str, ...]: ...


def case_warnings(case: CheckedCase) -> tuple[str, ...]:
    """One sentence for each thing about a case that is unusual, but may be meant."""
    return (*case.warnings, *map(whole_sentence, flags_in_words(case.flags)))
