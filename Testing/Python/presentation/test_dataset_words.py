from __future__ import annotations

from MTINetLib.dataset.checked import CaseCheck
from MTINetLib.presentation.dataset_words import case_warnings


def test_warnings_come_before_the_doubts_about_values_in_words() -> None:
    case = CaseCheck(2, "a", warnings=("Lesion 1 has 1200 mL.",), flags=("offset:300", "offset_doubt"))
    first, second, third = case_warnings(case)
    assert first == "Lesion 1 has 1200 mL."
    assert second.endswith("this constant is subtracted from all values: 300.")
    assert third.startswith("The zero of the values is uncertain")
