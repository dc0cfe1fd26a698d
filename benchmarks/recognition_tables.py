"""The recognition benchmark's figures as Markdown: outcomes by group, and what each kind was taken for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from benchmarks.recognition import NOT_TAKEN, OUTCOMES
from MTINetLib.study.phase import FOUR_PHASES

_OUTCOME_TITLES = ("right", "right, flagged", "asked", "wrong, flagged", "wrong and confident")


def recognition_tables(result: Mapping[str, Any]) -> str:
    """Two tables, with a line above them that says what was run."""
    head = (
        f"{result['variants']} variants, seed {result['seed']}, {result['date']}, MTINet {result['version']} "
        "(`mtinet bench --recognition`)."
    )
    outcomes = [
        _row((group, *(counts[outcome] for outcome in OUTCOMES)))
        for group, counts in (*result["groups"].items(), ("**all**", result["outcomes"]))
    ]
    confusion = [
        _row((kind, *(_cell(taken[column]) for column in _columns())))
        for kind, taken in result["confusion"].items()
    ]
    return "\n".join(
        [
            head,
            "",
            *_heads("variants", _OUTCOME_TITLES),
            *outcomes,
            "",
            *_heads(
                "volume is \\ was taken for", [*(phase.title for phase in FOUR_PHASES), "no phase, or asked"]
            ),
            *confusion,
        ]
    )


def _columns() -> list[str]:
    return [*(phase.value for phase in FOUR_PHASES), NOT_TAKEN]


def _cell(counts: Mapping[str, int]) -> str:
    sure, flagged = counts["sure"], counts["flagged"]
    if not flagged:
        return str(sure) if sure else ""
    return f"{sure} + {flagged} flagged"


def _heads(first: str, others: Iterable[str]) -> list[str]:
    titles = list(others)
    return [_row((first, *titles)), f"|---|{'---:|' * len(titles)}"]


def _row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"
