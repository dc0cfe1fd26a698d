"""The alignment against elastix, on the same moved phantoms: ``python -m benchmarks.alignment_elastix``.

Each way gets the same volumes and is judged at the same lesions as in ``mtinet bench --alignment``. Elastix
moves every phase that it is given; ours first looks whether there is anything to correct, and drops a step
that does not help. That rule is no part of a registration, so elastix is judged behind it as well.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

import MTINetLib
from benchmarks.alignment import SEEDS, AlignedPhase, MovedPhases, Tally, aligned, moves
from benchmarks.alignment_cases import Move, StillCase, still_case
from benchmarks.elastix import Displacements, Settings, register, require_elastix
from MTINetLib.errors import MTINetError
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.registration.align import SMALLEST_BEND_MM, SMALLEST_MOTION_MM, is_better
from MTINetLib.registration.motion import CoarsePhase, Reference

OURS = "ours"
PLAIN, PENALISED, IF_BETTER = "elastix", "elastix, bending penalty", ", kept if better"
#: Names of all ways, in the order of the table.
WAYS = (OURS, *(name + end for name in (PLAIN, PENALISED) for end in ("", IF_BETTER)))
MOVES = tuple(move.name for move in moves(0))
Told = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """One way on one move of one phantom."""

    phases: list[AlignedPhase]
    seconds: float


def by_elastix(case: StillCase, move: Move, settings: Settings) -> tuple[Outcome, Outcome]:
    """The other phases registered by elastix: all of them, and where the rule of ``align`` keeps it."""
    volumes = MovedPhases.of(case, move)
    reference = Reference.of(volumes.fixed.array, case.grid)
    always, if_better = Outcome([], 0.0), Outcome([], 0.0)
    for phase, moving in volumes.moving.items():
        found, seconds = register(volumes.fixed, moving, settings)
        started = time.perf_counter()
        tried, kept = judged_as_ours(reference, moving, found)
        looking = time.perf_counter() - started
        before = case.errors_mm(move, lambda points: points)
        after = case.errors_mm(move, found.through)
        result = AlignedPhase(phase, move.name, before, after, ())
        rest = replace(result, after_mm=before)
        always = Outcome([*always.phases, result], always.seconds + seconds)
        if_better = Outcome(
            [*if_better.phases, result if kept else rest],
            if_better.seconds + looking + (seconds if tried else 0.0),
        )
    return always, if_better


def judged_as_ours(reference: Reference, moving: SourceVolume, found: Displacements) -> tuple[bool, bool]:
    """Whether ``align`` would have tried to move this phase at all, and would have kept what was found."""
    coarse = CoarsePhase.of(moving.array, moving.grid)
    still = reference.fit(coarse)
    shift_mm = float(np.linalg.norm(still.shift_mm))
    tried = shift_mm >= SMALLEST_MOTION_MM or still.bend_mm >= SMALLEST_BEND_MM
    return tried, tried and is_better(reference.fit(coarse, found.transform()), still)


@dataclass(frozen=True)
class Plan:
    """What is compared; ``penalty`` weighs the bending energy, ``moves`` are names."""

    seeds: tuple[int, ...] = SEEDS
    slices: int = 80
    side: int = 256
    penalty: float = 4000.0
    moves: tuple[str, ...] = MOVES


def compare(plan: Plan, tell: Told = lambda line: None) -> Iterator[dict[str, Any]]:
    """Every chosen move of every phantom by every way.

    Yields:
        After each phantom what is known so far. ``moves``: by name of the move, then of the way, as in
        :func:`benchmarks.alignment.run_alignment`; and ``seeds``, ``slices``, ``side``, ``penalty``,
        ``date``, ``version``.

    Raises:
        MissingResourceError: elastix is not installed.
    """
    require_elastix()
    tallies = {name: {way: Tally() for way in WAYS} for name in plan.moves}
    for number, seed in enumerate(plan.seeds, start=1):
        case = still_case(seed, plan.slices, plan.side)
        for move in moves(seed):
            if move.name not in tallies:
                continue
            for way, outcome in _each_way(case, move, plan.penalty):
                tallies[move.name][way].add(outcome.phases, outcome.seconds)
                after = max(max(result.after_mm) for result in outcome.phases)
                tell(f"seed {seed}, {move.name}, {way}: {after:.2f} mm at most, {outcome.seconds:.1f} s")
        yield {
            "seeds": list(plan.seeds[:number]),
            "slices": plan.slices,
            "side": plan.side,
            "penalty": plan.penalty,
            "date": f"{datetime.now(timezone.utc):%Y-%m-%d}",
            "version": MTINetLib.__version__,
            "moves": {
                move: {way: tally.figures() for way, tally in by_way.items()}
                for move, by_way in tallies.items()
            },
        }


def _each_way(case: StillCase, move: Move, penalty: float) -> list[tuple[str, Outcome]]:
    outcomes = [(OURS, Outcome(*aligned(case, move)))]
    for name, settings in ((PLAIN, Settings()), (PENALISED, Settings(penalty=penalty))):
        always, if_better = by_elastix(case, move, settings)
        outcomes += [(name, always), (name + IF_BETTER, if_better)]
    return outcomes


def comparison_table(result: dict[str, Any]) -> str:
    """The figures as Markdown; times as multiples of ours, as they are worth little on their own."""
    seeds = ", ".join(str(seed) for seed in result["seeds"])
    lines = [
        f"Synthetic phantoms of seeds {seeds}, {result['slices']} slices of {result['side']} pixels a side, "
        f"weight of the penalty {result['penalty']:g}, "
        f"{result['date']}, MTINet {result['version']} (`python -m benchmarks.alignment_elastix`). "
        "Errors at the lesions in mm: largest / mean / most made worse.",
        "",
        f"| phases moved by | before | {' | '.join(WAYS)} |",
        f"|---|---:|{'---:|' * len(WAYS)}",
    ]
    for move, by_way in result["moves"].items():
        cells = [_errors(by_way[way]) for way in WAYS]
        lines.append(f"| {move} | {by_way[OURS]['before_mm']:.1f} | {' | '.join(cells)} |")
    longest = {way: max(by_way[way]["seconds"] for by_way in result["moves"].values()) for way in WAYS}
    times = [f"{longest[way] / longest[OURS]:.0f}" for way in WAYS]
    lines.append(f"| longest time, ours = 1 | | {' | '.join(times)} |")
    return "\n".join(lines)


def _errors(row: dict[str, float]) -> str:
    return f"{row['after_mm']:.1f} / {row['mean_after_mm']:.1f} / {max(0.0, row['made_worse_mm']):.1f}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, write the JSON file after each phantom, print the table."""
    usual = Plan()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.alignment_elastix")
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=usual.seeds)
    parser.add_argument("--slices", type=int, default=usual.slices)
    parser.add_argument("--side", type=int, default=usual.side)
    parser.add_argument("--penalty", type=float, default=usual.penalty, help="weight of the bending energy")
    parser.add_argument("--moves", nargs="+", choices=MOVES, default=usual.moves, metavar="NAME")
    given = parser.parse_args(arguments)
    plan = Plan(tuple(given.seeds), given.slices, given.side, given.penalty, tuple(given.moves))
    try:
        for result in compare(plan, _tell):
            given.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    except MTINetError as error:
        parser.exit(2, f"{error}\n")
    sys.stdout.write(f"{comparison_table(result)}\n")
    return 0


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    raise SystemExit(main())
