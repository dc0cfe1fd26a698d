"""What fine-tuning is worth: a model on shifted phantom studies, before and after it learnt from a few.

    python -m benchmarks.learning_curve OUT --model mtinet-phantom --sizes 5,10,20,40 --seeds 0,1,2

Every model that comes out, kept or not, is judged on the same further studies, which no run ever saw. For
each seed a pool is drawn, and the first studies of it are labelled: as they were drawn, which is by chance,
or in the order that a work list proposes. Stopped and started again it goes on behind the last finished run.
With ``--table OUT OUT ...`` it makes one table and picture of the runs in several folders instead.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.learning_curve_table import joined, write_curve
from benchmarks.learning_order import ordered
from benchmarks.shifted_phantom import write_shifted_cohort
from MTINetLib.claim import claimed
from MTINetLib.console import RichProgress, terminal
from MTINetLib.dataset.folder import DatasetCase, read_dataset, write_dataset_tables
from MTINetLib.dataset.origin import describe_dataset
from MTINetLib.errors import InputError
from MTINetLib.evaluation.figures import plain
from MTINetLib.evaluation.judged_case import Analyzed, Analyzer
from MTINetLib.evaluation.machine import describe_machine
from MTINetLib.evaluation.side_by_side import Contestant, compare_contestants
from MTINetLib.evaluation.side_by_side_page import table_of
from MTINetLib.fine_tuning.fine_tune import FineTuned, fine_tune
from MTINetLib.fine_tuning.fine_tune import Order as FineTuningOrder
from MTINetLib.models.store import load_model
from MTINetLib.phantom.cohort import PhantomSettings
from MTINetLib.progress import Progress, Silent
from MTINetLib.study.study import Study
from MTINetLib.training.settings import training_preset
from MTINetLib.worklist.order import Order

#: Seed of the studies that judge, and of those that train: this plus that of the run.
JUDGING_SEED, TRAINING_SEED = 88_000, 66_000


@dataclass(frozen=True)
class CurvePlan:
    """How much is measured.

    Args:
        sizes: numbers of labelled studies, in the order in which they are measured.
        seeds: of the studies and of the training.
        orders: in which a pool is labelled. All of it is measured once, as by chance.
        pool: studies of a seed; that many, or more than the greatest size.
        judging: further studies.
        kind: of all studies.
        changes: of the recipe ``finetune``.
    """

    sizes: tuple[int, ...] = (5, 10, 20, 40)
    seeds: tuple[int, ...] = (0, 1, 2)
    orders: tuple[Order, ...] = (Order.RANDOM, Order.INFORMATIVE)
    pool: int = 40
    judging: int = 40
    kind: PhantomSettings = field(default_factory=PhantomSettings)
    changes: tuple[str, ...] = ()

    def points(self) -> list[tuple[int, int, Order]]:
        """Seed, size and order of every run."""
        return [
            (seed, size, order)
            for size in self.sizes
            for seed in self.seeds
            for order in self.orders
            if size < self.pool or order is Order.RANDOM
        ]


def run_curve(
    out: Path, model: str, plan: CurvePlan, mix: Path | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """Measure, and write ``curve.json``, ``curve.md`` and ``curve.png`` into ``out`` after every run.

    Args:
        model: name or folder of the one that is fine-tuned.
        mix: as in ``fine_tuning.Order``.
    """
    return _Curve(out, model, plan, mix, progress or Silent()).run()


class _Curve:
    def __init__(self, out: Path, model: str, plan: CurvePlan, mix: Path | None, progress: Progress) -> None:
        self._out, self._model, self._plan, self._mix, self._progress = out, model, plan, mix, progress
        self._start = load_model(model)
        self._judging = out / "judging"
        self._old = _remembering(Contestant.of(self._start, self._device))

    def run(self) -> dict[str, Any]:
        if not self._judging.is_dir():
            write_shifted_cohort(self._judging, self._plan.judging, JUDGING_SEED, self._plan.kind)
        told = self._kept()
        done = {(point["seed"], point["studies"], point["order"]) for point in told["points"]}
        for seed, size, order in self._plan.points():
            if (seed, size, order.value) in done:
                continue
            told["points"].append(self._point(seed, size, order))
            write_curve(self._out, told)
        return told

    def _kept(self) -> dict[str, Any]:
        """What an earlier start left, or what is told of all runs."""
        now = {
            "model": {"name": self._start.info.name, "sha256": self._start.info.sha256},
            "judging": self._plan.judging,
            "pool": self._plan.pool,
            "changes": list(self._plan.changes),
        }
        path = self._out / "curve.json"
        if not path.is_file():
            return {**now, "machine": describe_machine(), "points": []}
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        differing = [name for name, value in now.items() if told.get(name) != value]
        if differing:
            raise InputError(f"{self._out} has another {' and '.join(differing)}; give another folder.")
        return told

    def _point(self, seed: int, size: int, order: Order) -> dict[str, Any]:
        pool = self._pool(seed)
        chosen = ordered(pool, order, self._start, self._out / f"scores-{seed}.json", self._progress)[:size]
        write_dataset_tables(self._out / f"pool-{seed}", chosen)
        asked = FineTuningOrder(
            self._out / f"pool-{seed}",
            self._out / f"run-{seed}-{size}-{order.value}",
            training_preset("finetune", (f"seed={seed}", *self._plan.changes)),
            self._model,
            mix=self._mix,
            cache=self._out / "cache",
            resume=(self._out / f"run-{seed}-{size}-{order.value}").is_dir(),
        )
        left = fine_tune(asked, progress=self._progress)
        return {
            "seed": seed,
            "studies": size,
            "order": order.value,
            "kept": left.better,
            "steps": left.steps,
            "minutes": round(left.minutes, 2),
            **self._judged(left, asked.run / "judged", seed),
        }

    def _pool(self, seed: int) -> list[DatasetCase]:
        """All studies of a pool, as they were drawn; its tables name those of the latest run alone."""
        folder, kept = self._out / f"pool-{seed}", self._out / f"tables-{seed}"
        if not kept.is_dir():
            rows = write_shifted_cohort(folder, self._plan.pool, TRAINING_SEED + seed, self._plan.kind)
            kept.mkdir()
            (kept / "order.json").write_text(json.dumps([case.case for case in rows]), encoding="utf-8")
            for name in ("cases.csv", "lesions.csv"):
                (kept / name).write_bytes((folder / name).read_bytes())
        for name in ("cases.csv", "lesions.csv"):
            (folder / name).write_bytes((kept / name).read_bytes())
        return read_dataset(folder)

    def _judged(self, left: FineTuned, out: Path, seed: int) -> dict[str, Any]:
        result = compare_contestants(
            read_dataset(self._judging),
            self._old,
            Contestant.of(load_model(left.model), self._device),
            out,
            about={"dataset": describe_dataset(self._judging)},
            progress=self._progress,
            seed=seed,
        )
        paired = result.figures["paired"]
        return {"figures": plain(paired), "words": table_of(paired)}

    @property
    def _device(self) -> str:
        settings = training_preset("finetune", self._plan.changes)
        return "cpu" if settings.accelerator == "cpu" else "auto"


def _remembering(contestant: Contestant) -> Contestant:
    """The same, but a case that comes again is not analyzed again."""
    known: dict[str, Analyzed] = {}

    def analyzer(case: DatasetCase) -> Analyzer:
        def answer(study: Study, progress: Progress) -> Analyzed:
            if case.case not in known:
                known[case.case] = contestant.analyzer(case)(study, progress)
            return known[case.case]

        return answer

    return replace(contestant, analyzer=analyzer)


def main(arguments: Sequence[str] | None = None) -> None:
    """As the first lines of this file say."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learning_curve", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT", help="a folder for studies, runs and figures")
    parser.add_argument("--table", type=Path, nargs="+", default=[], metavar="OUT", help="join these instead")
    parser.add_argument("--model", default="mtinet-phantom", metavar="MODEL")
    parser.add_argument("--sizes", type=_numbers, default=CurvePlan.sizes, metavar="N,N")
    parser.add_argument("--seeds", type=_numbers, default=CurvePlan.seeds, metavar="N,N")
    parser.add_argument("--orders", type=_orders, default=CurvePlan.orders, metavar="random,informative")
    parser.add_argument(
        "--pool", type=int, default=CurvePlan.pool, metavar="N", help="studies to choose from"
    )
    parser.add_argument("--judging", type=int, default=CurvePlan.judging, metavar="N")
    parser.add_argument("--slices", type=_numbers, metavar="LEAST,MOST", help="of a study")
    parser.add_argument("--mix", type=Path, metavar="FOLDER", help="a dataset instead of phantom studies")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="changes")
    asked = parser.parse_args(arguments)
    kind = PhantomSettings()
    if asked.slices:
        kind = replace(kind, slices=(asked.slices[0], asked.slices[-1]))
    plan = CurvePlan(
        asked.sizes, asked.seeds, asked.orders, asked.pool, asked.judging, kind, tuple(asked.changes)
    )
    console = terminal()
    with claimed(asked.out), RichProgress(console) as progress:
        asked.out.mkdir(parents=True, exist_ok=True)
        if asked.table:
            write_curve(asked.out, joined(asked.table))
        else:
            run_curve(asked.out, asked.model, plan, asked.mix, progress)
    console.print((asked.out / "curve.md").read_text(encoding="utf-8"), soft_wrap=True, markup=False)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _orders(text: str) -> tuple[Order, ...]:
    return tuple(Order(part) for part in text.split(","))


if __name__ == "__main__":
    main()
