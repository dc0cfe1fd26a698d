"""How exactly phases are aligned: synthetic phantoms moved by known amounts, lesions' errors, the time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import numpy as np

import MTINetLib
from benchmarks.alignment_cases import Move, StillCase, bend, others, shift, still_case
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.registration.align import Mode, Place, placement
from MTINetLib.study.grid import FloatArray
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.study.resample import resample

SEEDS = (3, 7, 11, 19)


@dataclass(frozen=True)
class AlignedPhase:
    """One phase after ``auto`` or ``force``: mean errors at the lesions in mm, before and after."""

    phase: Phase
    move: str
    before_mm: tuple[float, ...]
    after_mm: tuple[float, ...]
    said: tuple[str, ...]


@dataclass
class Tally:
    """What one kind of move came to over all phantoms: errors at the lesions, seconds."""

    before_mm: list[float] = field(default_factory=list)
    after_mm: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, results: Sequence[AlignedPhase], seconds: float) -> None:
        self.seconds.append(seconds)
        for result in results:
            self.before_mm += result.before_mm
            self.after_mm += result.after_mm

    def figures(self) -> dict[str, float]:
        """As :func:`run_alignment` says."""
        return {
            "before_mm": round(max(self.before_mm), 2),
            "after_mm": round(max(self.after_mm), 2),
            "made_worse_mm": round(float(np.max(np.subtract(self.after_mm, self.before_mm))), 2),
            "mean_after_mm": round(float(np.mean(self.after_mm)), 2),
            "seconds": round(max(self.seconds), 1),
        }


def moves(seed: int) -> tuple[Move, ...]:
    """Nothing, shifts to 25 mm, and smooth deformations alone and with a shift."""
    rng = np.random.default_rng(seed)
    vectors = ((0.0, 0.0, 0.0), (0.0, 0.0, 2.0), (2.0, -3.0, 9.0), (-5.0, 6.0, -14.0), (8.0, 3.0, -23.5))
    return (
        *(shift(vector) for vector in vectors),
        bend(rng, 4.0),
        bend(rng, 8.0),
        bend(rng, 8.0, (0, 4, 12)),
    )


@dataclass(frozen=True)
class MovedPhases:
    """The reference phase as it lies, and the others, all moved alike."""

    fixed: SourceVolume
    moving: dict[Phase, SourceVolume]

    @staticmethod
    def of(case: StillCase, move: Move, reference: Phase = Phase.PORTAL_VENOUS) -> MovedPhases:
        fixed = SourceVolume.of_array(case.moved(reference, shift((0, 0, 0)), 9), case.grid, "fixed")
        moving = {
            phase: SourceVolume.of_array(
                case.moved(phase, move, FOUR_PHASES.index(phase)), case.grid, phase.value
            )
            for phase in others(reference)
        }
        return MovedPhases(fixed, moving)


def aligned(case: StillCase, move: Move, mode: Mode = "auto") -> tuple[list[AlignedPhase], float]:
    """Move all phases but the reference alike, align them as ``align`` does, and take the seconds."""
    phases = MovedPhases.of(case, move)
    started = time.perf_counter()
    place = Place.of(phases.fixed)

    def one(moving: SourceVolume) -> Any:
        found = placement(place, moving, mode)
        if found.transform is not None:
            resample(moving.array, case.grid, case.grid, found.transform)
        return found

    with ThreadPoolExecutor(max_workers=3) as pool:
        found = list(pool.map(one, phases.moving.values()))
    seconds = time.perf_counter() - started
    results = []
    for phase, placed in zip(phases.moving, found, strict=True):
        before = case.errors_mm(move, lambda points: points)
        after = case.errors_mm(move, lambda points, by=placed.transform: _through(by, points))  # type: ignore[misc]
        results.append(AlignedPhase(phase, move.name, before, after, placed.said))
    return results, seconds


def _through(transform: Any, points: FloatArray) -> FloatArray:
    if transform is None:
        return points
    return np.array([transform.TransformPoint(point) for point in points.tolist()])


def run_alignment(
    seeds: Sequence[int] = SEEDS, slices: int = 80, side: int = 256, progress: Progress | None = None
) -> dict[str, Any]:
    """Align every move of every phantom.

    Returns:
        ``moves``: for each the largest and mean error at a lesion before and after, by how much one
        error grew at most (negative where all fell), and the longest time; and ``seeds``, ``slices``,
        ``date``, ``version``.
    """
    watcher = progress or Silent()
    names = [move.name for move in moves(0)]
    watcher.start(Stage.ALIGNING_PHANTOMS, len(seeds) * len(names))
    tallies = {name: Tally() for name in names}
    for number, seed in enumerate(seeds):
        case = still_case(seed, slices, side)
        for done, move in enumerate(moves(seed), start=1):
            results, seconds = aligned(case, move)
            tallies[move.name].add(results, seconds)
            watcher.update(number * len(names) + done)
    watcher.finish()
    return {
        "seeds": list(seeds),
        "slices": slices,
        "date": f"{datetime.now(timezone.utc):%Y-%m-%d}",
        "version": MTINetLib.__version__,
        "moves": {name: tally.figures() for name, tally in tallies.items()},
    }


def alignment_table(result: dict[str, Any]) -> str:
    """The figures as Markdown."""
    seeds = ", ".join(str(seed) for seed in result["seeds"])
    lines = [
        f"Synthetic phantoms of seeds {seeds}, {result['slices']} slices, {result['date']}, "
        f"MTINet {result['version']} (`mtinet bench --alignment`).",
        "",
        "| phases moved by | largest before (mm) | largest after (mm) | mean after (mm) | "
        "most made worse (mm) | longest (s) |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {name} | {row['before_mm']:.1f} | {row['after_mm']:.1f} | {row['mean_after_mm']:.1f} | "
        f"{max(0.0, row['made_worse_mm']):.1f} | {row['seconds']:.1f} |"
        for name, row in result["moves"].items()
    ]
    return "\n".join(lines)
