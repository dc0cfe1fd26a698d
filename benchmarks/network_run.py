"""The network's figures in a process of their own, which can be ended: a GPU may hang."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.part import Part
from benchmarks.plan import BenchPlan
from benchmarks.told import Teller

#: Share of the time after which nothing is repeated, so that something is told before the time is over.
_FOR_REPEATS = 0.6


def main(arguments: Sequence[str] | None = None) -> None:
    """Tell the machine's description and the figures of ``measure_network``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("told", type=Path)
    parser.add_argument("study", type=Path)
    parser.add_argument("--plan", required=True)
    parser.add_argument("--model")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--backend", default="torch", help="not looked at: both are raced")
    given = parser.parse_args(arguments)
    teller, plan = Teller(given.told), BenchPlan(**json.loads(given.plan))
    part = Part("networks", _FOR_REPEATS * plan.part_seconds)
    with teller.faults_told():
        _measure(given, plan, part, teller)


def _measure(given: argparse.Namespace, plan: BenchPlan, part: Part, teller: Teller) -> None:
    teller.doing("loading the libraries")
    from benchmarks.network_figures import measure_network
    from MTINetLib.evaluation.machine import describe_machine
    from MTINetLib.pipeline.open import open_study

    teller.doing("asking for the devices")
    teller.figures({"machine": describe_machine()})
    study = open_study(given.study)
    figures = measure_network(
        study,
        plan,
        given.model,
        given.device,
        given.precision,
        over=lambda: part.left <= 0,
        doing=teller.doing,
    )
    teller.figures(figures)
    rounds = len(figures["rounds_ms_per_slice"]["network"])
    if part.left <= 0:
        teller.cut(f"{rounds} of {plan.rounds} rounds and fewer matrix products, its time was over")


if __name__ == "__main__":
    main()
