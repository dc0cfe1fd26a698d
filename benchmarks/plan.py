"""How much a benchmark measures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BenchPlan:
    """How much is measured.

    Args:
        slices: of the study whose whole way is timed.
        repeats: of the whole way, and of the same stage by stage.
        growth: slice counts.
        runs_a_process: runs stage by stage that one process makes; only its first one is cold.
        network_slices: on which the networks race.
        rounds: of the race.
        matmul_sides: of the square products that find the machine's peak.
        matmul_seconds: for each of them.
        part_seconds: a part may take; then it begins no repeat, what still runs is ended, and the part says
            what it left out.
    """

    slices: int = 80
    repeats: int = 5
    growth: tuple[int, ...] = (20, 40, 80, 160)
    runs_a_process: int = 1
    network_slices: int = 16
    rounds: int = 5
    matmul_sides: tuple[int, ...] = (2048, 3072, 4096)
    matmul_seconds: float = 2.0
    part_seconds: float = 1200.0


#: To see that it works; its figures mean little.
QUICK = BenchPlan(
    slices=16,
    repeats=1,
    growth=(8, 16),
    runs_a_process=100,
    network_slices=2,
    rounds=1,
    matmul_sides=(512,),
    matmul_seconds=0.1,
    part_seconds=60.0,
)
