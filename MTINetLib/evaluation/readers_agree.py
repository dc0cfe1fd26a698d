"""How far two readers agree on what both of them judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from MTINetLib.evaluation.marked_rows import RIGHT, WRONG, MarkedLesion
from MTINetLib.evaluation.statistics import Floats, PatientBootstrap, Statistic, divide, mean_of, wilson


def kappa_of(first: Sequence[str], second: Sequence[str]) -> Statistic:
    """Cohen's kappa (J. Cohen, Educational and Psychological Measurement 20 (1960) 37-46).

    (p_o - p_e) / (1 - p_e), with p_o the share of equal answers and p_e what chance alone would give for
    these shares of answers. Not defined where both gave one and the same answer throughout.

    Args:
        first, second: answers of the two readers to the same items.
    """
    one, two = np.asarray(first, dtype=object), np.asarray(second, dtype=object)
    equal = (one == two).astype(np.float64)
    answers = sorted({*first, *second})

    def statistic(weights: Floats) -> Floats:
        total = weights.sum(axis=1)
        observed = divide(weights @ equal, total)
        chance = np.zeros(len(weights))
        for answer in answers:
            shares = [divide(weights @ (own == answer).astype(np.float64), total) for own in (one, two)]
            chance += shares[0] * shares[1]
        # Sums of shares that should be 1 may be short of it by a rounding.
        free = np.where(1.0 - chance > 1e-9, 1.0 - chance, 0.0)
        return divide(observed - chance, free)

    return statistic


def agreement(
    lesions: Sequence[MarkedLesion], readers: tuple[str, str], patient: Callable[[str], str], seed: int
) -> dict[str, Any]:
    """Of the lesions that both judged: how often they said the same, also of the class."""
    by_reader = [
        {
            (row.study, row.lesion): row
            for row in lesions
            if row.reader == reader and row.mark in (RIGHT, WRONG)
        }
        for reader in readers
    ]
    both = [(by_reader[0][key], by_reader[1][key]) for key in by_reader[0] if key in by_reader[1]]
    named = [pair for pair in both if pair[0].reader_class and pair[1].reader_class]
    differ = [pair for pair in both if pair[0].mark != pair[1].mark]
    patients = list(dict.fromkeys(patient(pair[0].study) for pair in both))
    bootstrap = PatientBootstrap(patients, seed)

    def figures(pairs: Sequence[tuple[MarkedLesion, MarkedLesion]], word: str) -> dict[str, Any]:
        answers = [[str(getattr(row, word)) for row in own] for own in zip(*pairs, strict=True)] or [[], []]
        same = [one == two for one, two in zip(*answers, strict=True)]
        whose = [patient(row.study) for row, _ in pairs]
        table: dict[str, dict[str, int]] = {}
        for one, two in zip(*answers, strict=True):
            row = table.setdefault(one, {})
            row[two] = row.get(two, 0) + 1
        return {
            "lesions": len(pairs),
            "same": wilson(sum(same), len(same)),
            "same_by_patient": bootstrap.estimate(mean_of([float(one) for one in same]), whose),
            "kappa": bootstrap.estimate(kappa_of(*answers), whose),
            "table": table,
        }

    return {
        "readers": list(readers),
        "marks": figures(both, "mark"),
        "classes": figures(named, "reader_class"),
        "differ": [{"study": row.study, "lesion": row.lesion} for row, _ in differ],
    }
