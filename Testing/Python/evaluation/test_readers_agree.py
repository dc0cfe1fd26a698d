"""Two readers on the same lesions."""

from __future__ import annotations

import math

import numpy as np
import pytest

from MTINetLib.evaluation.marked_rows import MarkedLesion
from MTINetLib.evaluation.readers_agree import agreement, kappa_of


def row(study: str, reader: str, lesion: int, mark: str, named: str | None = None) -> MarkedLesion:
    return MarkedLesion(study, reader, lesion, mark, "hcc", named, 12.0, 0.5, (0.0, 0.0, 0.0), "")


def kappa(first: str, second: str) -> float:
    return float(kappa_of(list(first), list(second))(np.ones((1, len(first))))[0])


def test_kappa_is_that_of_a_table_worked_by_hand() -> None:
    # 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: observed 0.7, by chance 0.5 * 0.6 + 0.5 * 0.4 = 0.5
    assert kappa("y" * 25 + "n" * 25, "y" * 20 + "n" * 5 + "y" * 10 + "n" * 15) == pytest.approx(0.4)


def test_kappa_knows_perfect_chance_and_opposite_answers_and_where_it_is_not_defined() -> None:
    assert kappa("yyn", "yyn") == pytest.approx(1.0)
    assert kappa("yynn", "ynyn") == pytest.approx(0.0)
    assert kappa("yn", "ny") == pytest.approx(-1.0)
    assert math.isnan(kappa("yyy", "yyy"))


def test_only_what_both_judged_counts_and_what_they_differ_on_is_named() -> None:
    rows = [
        row("s1", "A", 1, "right", "hcc"),
        row("s1", "B", 1, "right", "cyst"),
        row("s1", "A", 2, "right", "hcc"),
        row("s1", "B", 2, "wrong"),
        row("s2", "A", 1, "wrong"),
        row("s2", "B", 1, "unmarked"),
        row("s3", "B", 1, "wrong"),
    ]
    told = agreement(rows, ("A", "B"), lambda study: study, 0)
    assert told["marks"]["lesions"] == 2
    assert told["marks"]["same"].value == 0.5
    assert told["marks"]["table"] == {"right": {"right": 1, "wrong": 1}}
    assert told["classes"]["lesions"] == 1
    assert told["classes"]["same"].value == 0.0
    assert told["differ"] == [{"study": "s1", "lesion": 2}]
    none = agreement(rows, ("A", "C"), lambda study: study, 0)
    assert none["marks"]["lesions"] == 0
    assert math.isnan(none["marks"]["kappa"].value)
