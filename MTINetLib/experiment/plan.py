"""Which system is trained on which fold with which seed, and in which tables its figures stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from MTINetLib.errors import InputError
from MTINetLib.study.phase import listed
from MTINetLib.systems.known import all_systems, system_of
from MTINetLib.systems.system import System, Task

ALL = "all"
MTINET = "mtinet"
SEGMENTATION, REGRESSION, CLASSIFICATION = "segmentation", "regression", "classification"
ABLATION, TASKS = "ablation", "tasks"
#: In the order of the paper's tables.
EXPERIMENTS = (SEGMENTATION, REGRESSION, CLASSIFICATION, ABLATION, TASKS)
_TASK_OF = {
    SEGMENTATION: Task.SEGMENTATION,
    REGRESSION: Task.REGRESSION,
    CLASSIFICATION: Task.CLASSIFICATION,
}
_ROWS_OF = {
    ABLATION: tuple(f"{MTINET}-no-{part}" for part in ("mdief", "spe", "spa", "tim", "tdd")),
    TASKS: tuple(f"{MTINET}-{part}" for part in ("seg", "seg-reg", "seg-cls")),
}


@dataclass(frozen=True)
class PlannedRun:
    """One training with its judging; folds count from 1."""

    system: str
    fold: int
    seed: int

    @property
    def name(self) -> str:
        """Of its folder."""
        return f"{self.system}-fold{self.fold}-seed{self.seed}"

    @property
    def title(self) -> str:
        """For people."""
        return f"{system_of(self.system).title}, fold {self.fold}, seed {self.seed}"


@dataclass(frozen=True)
class Plan:
    """The rows of each experiment's table, MTI-Net last, and all runs.

    Args:
        rows: names of systems by experiment.
        folds: how many, and ``seeds`` how many.
    """

    rows: dict[str, tuple[str, ...]]
    folds: int
    seeds: int

    @property
    def systems(self) -> tuple[str, ...]:
        """Every system once."""
        return tuple(dict.fromkeys(name for names in self.rows.values() for name in names))

    @property
    def runs(self) -> tuple[PlannedRun, ...]:
        """Fold by fold, all systems in each: what there is at any time compares the same patients."""
        return tuple(
            PlannedRun(name, fold, seed)
            for seed in range(self.seeds)
            for fold in range(1, self.folds + 1)
            for name in self.systems
        )


def plan_of(
    experiments: Sequence[str], systems: Sequence[str], folds: int, seeds: int, without: Sequence[str] = ()
) -> Plan:
    """The plan for experiments by name.

    Args:
        experiments: of EXPERIMENTS, or ``all``.
        systems: names that it is cut down to; none for all that belong to the experiments.
        without: names that are left out.

    Raises:
        InputError: a name is unknown, a system belongs to none of the experiments, or a count is too small.
    """
    if folds < 2:
        raise InputError(f"{folds} folds compare nothing: a cross-validation needs at least 2.")
    if seeds < 1:
        raise InputError(f"{seeds} seeds train nothing: give at least 1.")
    wanted = EXPERIMENTS if ALL in experiments else tuple(dict.fromkeys(experiments))
    for name in wanted:
        if name not in EXPERIMENTS:
            raise InputError(
                f"The experiment '{name}' is unknown; choose {listed((*EXPERIMENTS, ALL), 'or')}."
            )
    chosen = {system_of(name).name for name in systems}
    rows = {name: _rows(name, chosen) for name in wanted}
    idle = sorted(chosen - {name for names in rows.values() for name in names})
    if idle:
        raise InputError(
            f"{listed(idle)} has no place in the experiment {listed(wanted, 'or')}; name another one."
        )
    left_out = {system_of(name).name for name in without}
    rows = {name: tuple(each for each in names if each not in left_out) for name, names in rows.items()}
    rows = {name: names for name, names in rows.items() if names}
    if not rows:
        raise InputError("No system is left to compare; name some with --systems.")
    return Plan(rows, folds, seeds)


def _rows(experiment: str, chosen: set[str]) -> tuple[str, ...]:
    if experiment in _TASK_OF:
        of_task = [each.name for each in all_systems() if _TASK_OF[experiment] in each.tasks]
        names = [name for name in of_task if not name.startswith(f"{MTINET}-") and name != MTINET]
    else:
        names = list(_ROWS_OF[experiment])
    names.append(MTINET)
    return tuple(name for name in names if not chosen or name in chosen)


def systems_of(plan: Plan) -> list[System]:
    """The systems of a plan, each once."""
    return [system_of(name) for name in plan.systems]
