"""What fine-tuning is worth: a model on shifted phantom studies, before and after it learnt from a few.

    python -m benchmarks.learning_curve OUT --model mtinet-phantom --sizes 5,10,20,40 --seeds 0,1,2

Every model that comes out, kept or not, is judged on the same further studies, which no run ever saw.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.shifted_phantom import write_shifted_cohort
from MTINetLib.claim import claimed
from MTINetLib.console import RichProgress, terminal
from MTINetLib.dataset.folder import read_dataset, write_dataset_tables
from MTINetLib.evaluation.figures import plain
from MTINetLib.evaluation.machine import describe_machine
from MTINetLib.evaluation.paired import DICE, FALSE_MARKS, FIGURES, SENSITIVITY
from MTINetLib.evaluation.side_by_side import side_by_side
from MTINetLib.evaluation.side_by_side_page import table_of
from MTINetLib.fine_tuning.fine_tune import FineTuned, Order, fine_tune
from MTINetLib.models.store import LoadedModel, load_model
from MTINetLib.phantom.cohort import PhantomSettings
from MTINetLib.presentation.comparison_words import FIGURE_TITLES
from MTINetLib.progress import Progress, Silent
from MTINetLib.training.settings import training_preset

#: Seed of the studies that judge, and of those that train: this plus that of the run.
JUDGING_SEED, TRAINING_SEED = 88_000, 66_000
_COLUMNS = (SENSITIVITY, FALSE_MARKS, DICE, FIGURES[-1])


@dataclass(frozen=True)
class CurvePlan:
    """How much is measured.

    Args:
        sizes: numbers of labelled studies.
        seeds: of the studies and of the training.
        judging: further studies.
        kind: of all studies.
        changes: of the recipe ``finetune``.
    """

    sizes: tuple[int, ...] = (5, 10, 20, 40)
    seeds: tuple[int, ...] = (0, 1, 2)
    judging: int = 40
    kind: PhantomSettings = field(default_factory=PhantomSettings)
    changes: tuple[str, ...] = ()


def run_curve(
    out: Path, model: str, plan: CurvePlan, mix: Path | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """Measure, and write ``curve.json`` and ``curve.md`` into ``out`` after every run.

    Args:
        model: name or folder of the one that is fine-tuned.
        mix: as in ``Order``.
    """
    heard = progress or Silent()
    judging, old = out / "judging", load_model(model)
    if not judging.is_dir():
        write_shifted_cohort(judging, plan.judging, JUDGING_SEED, plan.kind)
    points: list[dict[str, Any]] = []
    for seed in plan.seeds:
        own = out / f"own-{seed}"
        if not own.is_dir():
            write_shifted_cohort(own, max(plan.sizes), TRAINING_SEED + seed, plan.kind)
        rows = read_dataset(own)
        for size in plan.sizes:
            write_dataset_tables(own, rows[:size])
            order = Order(
                own,
                out / f"run-{size}-{seed}",
                training_preset("finetune", (f"seed={seed}", *plan.changes)),
                model,
                mix=mix,
                cache=out / "cache",
            )
            left = fine_tune(order, progress=heard)
            points.append(_point(size, seed, left, old, judging, order, heard))
            _write(out, plan, old, points)
        write_dataset_tables(own, rows)
    return _told(plan, old, points)


def _point(
    size: int,
    seed: int,
    left: FineTuned,
    old: LoadedModel,
    judging: Path,
    order: Order,
    progress: Progress,
) -> dict[str, Any]:
    device = "cpu" if order.settings.accelerator == "cpu" else "auto"
    result = side_by_side(
        judging,
        order.run / "judged",
        old=old,
        new=load_model(left.model),
        device=device,
        progress=progress,
    )
    return {
        "studies": size,
        "seed": seed,
        "kept": left.better,
        "steps": left.steps,
        "minutes": round(left.minutes, 2),
        "figures": plain(result.figures["paired"]),
        "words": table_of(result.figures["paired"]),
    }


def _told(plan: CurvePlan, old: LoadedModel, points: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "model": {"name": old.info.name, "sha256": old.info.sha256},
        "judging": plan.judging,
        "changes": list(plan.changes),
        "machine": describe_machine(),
        "points": list(points),
    }


def _write(out: Path, plan: CurvePlan, old: LoadedModel, points: Sequence[dict[str, Any]]) -> None:
    told = _told(plan, old, points)
    (out / "curve.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    (out / "curve.md").write_text(curve_table(told), encoding="utf-8")


def curve_table(told: dict[str, Any]) -> str:
    """A row for the model before, and one for each run."""
    header = ["Labelled studies", "Seed", *(FIGURE_TITLES[name] for name in _COLUMNS), "Kept"]
    lines = [header, ["---"] * len(header)]
    points = told["points"]
    if points:
        before = [points[0]["words"][name][0] for name in _COLUMNS]
        lines.append([f"none ({told['model']['name']})", "", *before, ""])
    for point in points:
        after = [point["words"][name][1] for name in _COLUMNS]
        kept = "yes" if point["kept"] else "no"
        lines.append([str(point["studies"]), str(point["seed"]), *after, kept])
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """As the first lines of this file say."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learning_curve", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT", help="a folder for studies, runs and figures")
    parser.add_argument("--model", required=True, metavar="MODEL")
    parser.add_argument("--sizes", type=_numbers, default=CurvePlan.sizes, metavar="N,N")
    parser.add_argument("--seeds", type=_numbers, default=CurvePlan.seeds, metavar="N,N")
    parser.add_argument("--judging", type=int, default=CurvePlan.judging, metavar="N")
    parser.add_argument("--slices", type=_numbers, metavar="LEAST,MOST", help="of a study")
    parser.add_argument("--mix", type=Path, metavar="FOLDER", help="a dataset instead of phantom studies")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="changes")
    asked = parser.parse_args(arguments)
    kind = PhantomSettings()
    if asked.slices:
        kind = replace(kind, slices=(asked.slices[0], asked.slices[-1]))
    plan = CurvePlan(asked.sizes, asked.seeds, asked.judging, kind, tuple(asked.changes))
    console = terminal()
    with claimed(asked.out), RichProgress(console) as progress:
        asked.out.mkdir(parents=True, exist_ok=True)
        told = run_curve(asked.out, asked.model, plan, asked.mix, progress)
    console.print(curve_table(told), soft_wrap=True, markup=False)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


if __name__ == "__main__":
    main()
