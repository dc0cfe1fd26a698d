"""What a check of a dataset found, in sentences."""

from __future__ import annotations

from MTINetLib.report.words import flags_in_words, whole_sentence
from MTINetLib.study.dataset_checked import CaseCheck


def case_warnings(case: CaseCheck) -> tuple[str, ...]:
    """One sentence for each thing about a case that is unusual, but may be meant."""
    return (*case.warnings, *map(whole_sentence, flags_in_words(case.flags)))
