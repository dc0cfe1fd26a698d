"""The learning curve as JSON, as a table and as a picture."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from MTINetLib.errors import InputError
from MTINetLib.evaluation.paired import DICE, FALSE_MARKS, NEW, OLD, QUALITY, SENSITIVITY
from MTINetLib.presentation.comparison_words import FIGURE_TITLES
from MTINetLib.worklist.order import Order

_COLUMNS = (SENSITIVITY, FALSE_MARKS, DICE, QUALITY)
_ORDERS = {Order.RANDOM.value: "by chance", Order.INFORMATIVE.value: "as proposed"}
_ALL = "all of the pool"


def joined(folders: Sequence[Path]) -> dict[str, Any]:
    """The runs of several folders as those of one.

    Raises:
        InputError: they measured different things.
    """
    parts = [json.loads((folder / "curve.json").read_text(encoding="utf-8")) for folder in folders]
    for name in ("model", "judging", "pool", "changes"):
        if any(part[name] != parts[0][name] for part in parts):
            raise InputError(f"The folders differ in their {name}; they cannot be joined.")
    return {**parts[0], "points": [point for part in parts for point in part["points"]]}


def write_curve(out: Path, told: dict[str, Any]) -> None:
    """Write ``curve.json``, ``curve.md`` and ``curve.png`` into ``out``."""
    (out / "curve.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    (out / "curve.md").write_text(curve_table(told) + "\n" + _runs(told), encoding="utf-8")
    _draw(told, out / "curve.png")


def curve_table(told: dict[str, Any]) -> str:
    """A row for the model before, and one for each size and order: mean over seeds (least to greatest)."""
    header = ["Labelled studies", "Order", *(FIGURE_TITLES[name] for name in _COLUMNS), "Judged better"]
    points = told["points"]
    lines = [header, ["---"] * len(header)]
    lines.append([f"none ({told['model']['name']})", "", *(_before(points, name) for name in _COLUMNS), ""])
    for size, order in _rows(told):
        own = [point for point in points if (point["studies"], point["order"]) == (size, order)]
        words = [_spread([_value(point, name, NEW) for point in own], name) for name in _COLUMNS]
        kept = f"{sum(point['kept'] for point in own)} of {len(own)}"
        title = _ALL if size == told["pool"] else _ORDERS[order]
        lines.append([str(size), title, *words, kept])
    return _table(lines)


def _runs(told: dict[str, Any]) -> str:
    header = ["Seed", "Labelled studies", "Order", *(FIGURE_TITLES[name] for name in _COLUMNS), "Minutes"]
    lines = [header, ["---"] * len(header)]
    for point in told["points"]:
        words = [point["words"][name][1] for name in _COLUMNS]
        start = [str(point["seed"]), str(point["studies"]), _ORDERS[point["order"]]]
        lines.append([*start, *words, f"{point['minutes']:.1f}"])
    return _table(lines)


def _table(lines: Iterable[Sequence[str]]) -> str:
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _rows(told: dict[str, Any]) -> list[tuple[int, str]]:
    found = {(point["studies"], point["order"]) for point in told["points"]}
    return sorted(found, key=lambda row: (row[0], list(_ORDERS).index(row[1])))


def _value(point: dict[str, Any], name: str, side: str) -> float:
    return float(point["figures"][name][side]["value"])


def _before(points: Sequence[dict[str, Any]], name: str) -> str:
    return _number(_value(points[0], name, OLD), name) if points else ""


def _spread(values: Sequence[float], name: str) -> str:
    middle = _number(mean(values), name)
    if len(values) == 1:
        return middle
    return f"{middle} ({_number(min(values), name)} to {_number(max(values), name)})"


def _number(value: float, name: str) -> str:
    return f"{100 * value:.1f}" if name == SENSITIVITY else f"{value:.2f}"


def _draw(told: dict[str, Any], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.2), layout="constrained")
    for axes, name in zip(figure.subplots(1, 3), (SENSITIVITY, FALSE_MARKS, QUALITY), strict=True):
        scale = 100 if name == SENSITIVITY else 1
        for order, title in _ORDERS.items():
            points = [point for point in told["points"] if point["order"] == order]
            points += [p for p in told["points"] if p["studies"] == told["pool"] and p["order"] != order]
            sizes = sorted({point["studies"] for point in points})
            values = [
                [scale * _value(point, name, NEW) for point in points if point["studies"] == size]
                for size in sizes
            ]
            (line,) = axes.plot(sizes, [mean(own) for own in values], marker="o", label=title)
            axes.fill_between(
                sizes, [min(v) for v in values], [max(v) for v in values], color=line.get_color(), alpha=0.15
            )
        before = scale * _value(told["points"][0], name, OLD)
        axes.axhline(before, color="grey", linestyle="--", label="before")
        axes.set(title=FIGURE_TITLES[name], xlabel="Labelled studies (synthetic)")
    figure.axes[0].legend()
    figure.savefig(path, dpi=110)
