"""The phantom's lesions and organs beside real ones: medians within a tenth, quartiles that overlap."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import MTINetLib
from benchmarks.phantom_lesions import hcc_figures, organ_figures
from benchmarks.phantom_real import PUBLISHED, REAL_HCC, SOURCE, Quantiles, quantiles, table_quantiles
from MTINetLib.progress import Progress, Silent, Stage

CASES = 100
SEED = 0
#: Patients of whom only the organs' curves are worked out.
_PATIENTS = 200
_Values = dict[str, npt.NDArray[np.float64]]


def run_phantom(
    cases: int = CASES, seed: int = SEED, table: Path | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """Make ``cases`` studies with one HCC each, measure them, and compare.

    Args:
        cases: how many; below about 60 chance decides.
        seed: of the studies.
        table: real lesions to compare with instead of the quantiles kept in phantom_real.py.
        progress: told after every case.

    Returns:
        ``lesions``: for each figure the quantiles of phantom and reality, and ``missed`` in words, empty
        where it is met; ``published``: the same of single figures; ``missed``: all that is missed; and
        ``cases``, ``seed``, ``source``, ``date``, ``version``.

    Raises:
        InputError: the table cannot be used.
    """
    real = REAL_HCC if table is None else table_quantiles(table)
    watcher = progress or Silent()
    watcher.start(Stage.MAKING_CASES, cases)
    rows = []
    for index in range(cases):
        rows.append(hcc_figures(seed, index))
        watcher.update(index + 1)
    watcher.finish()
    drawn = _columns([row for row in rows if row is not None])
    organs = _columns([organ_figures(seed, index) for index in range(_PATIENTS)])
    lesions = {name: compare(quantiles(drawn[name]), real[name]) for name in real}
    published = {name: _judge(name, value) for name, value in _published(drawn, organs).items()}
    return {
        "cases": len(drawn["sphericity"]),
        "seed": seed,
        "source": SOURCE if table is None else table.name,
        "date": f"{datetime.now(timezone.utc):%Y-%m-%d}",
        "version": MTINetLib.__version__,
        "lesions": lesions,
        "published": published,
        "missed": [name for name, row in (lesions | published).items() if row["missed"]],
    }


def compare(phantom: Quantiles, real: Quantiles) -> dict[str, Any]:
    """Whether the medians differ by at most a tenth and the quartiles overlap."""
    apart = phantom[2] / real[2] - 1.0
    missed = []
    if abs(apart) > 0.1:
        missed.append(f"median {apart:+.0%}")
    if phantom[3] < real[1] or real[3] < phantom[1]:
        missed.append("quartiles apart")
    return {"phantom": list(phantom), "real": list(real), "missed": ", ".join(missed)}


def _judge(name: str, value: float) -> dict[str, Any]:
    wanted = PUBLISHED[name]
    met = wanted.low <= value <= wanted.high
    return {
        "phantom": value,
        "published": wanted.value,
        "range": [wanted.low, wanted.high],
        "source": wanted.source,
        "missed": "" if met else f"not {wanted.low:.2f} to {wanted.high:.2f}",
    }


def _published(drawn: _Values, organs: _Values) -> dict[str, float]:
    washed = np.minimum(drawn["portal over liver"], drawn["delayed over liver"])
    return {
        **{name: float(np.median(values)) for name, values in organs.items()},
        "100 x liver / HCC, delayed": 100.0 / float(np.median(drawn["delayed over liver"])),
        "HCC brighter than liver, arterial": float(np.mean(drawn["arterial over liver"] > 1.0)),
        "HCC darker than liver, portal or delayed": float(np.mean(washed < 0.95)),
    }


def _columns(rows: list[dict[str, float]]) -> _Values:
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def phantom_tables(result: dict[str, Any]) -> str:
    """The figures as Markdown."""
    head = (
        f"{result['cases']} HCC of the phantom, seed {result['seed']}, beside {result['source']}; "
        f"{result['date']}, MTINet {result['version']} (`mtinet bench --phantom`)."
    )
    verdict = "All figures are met."
    if result["missed"]:
        verdict = f"Missed: {', '.join(result['missed'])}."
    return "\n".join([head, "", *_lesion_rows(result), "", *_published_rows(result), "", verdict])


def _lesion_rows(result: dict[str, Any]) -> Iterator[str]:
    yield "| HCC: 10 / 25 / **50** / 75 / 90 % | phantom | real | missed |"
    yield "|---|---|---|---|"
    for name, row in result["lesions"].items():
        yield f"| {name} | {_five(row['phantom'])} | {_five(row['real'])} | {row['missed']} |"


def _published_rows(result: dict[str, Any]) -> Iterator[str]:
    yield "| median or share | phantom | published | source | missed |"
    yield "|---|---:|---:|---|---|"
    for name, row in result["published"].items():
        low, high = row["range"]
        wanted = f"{low:g} to {high:g}" if high <= 1 else f"{row['published']:g}"
        yield f"| {name} | {row['phantom']:.3g} | {wanted} | {row['source']} | {row['missed']} |"


def _five(values: list[float]) -> str:
    digits = 0 if values[0] > 10 else 2
    return " / ".join(f"{value:.{digits}f}" for value in values)
