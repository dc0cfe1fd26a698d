"""Which systems stand in which table, and in which order they are run."""

from __future__ import annotations

import pytest

from MTINetLib.errors import InputError
from MTINetLib.experiment.plan import plan_of
from MTINetLib.experiment.published import PRINTED
from MTINetLib.systems.known import all_systems, system_of
from MTINetLib.systems.system import Task
from MTINetLib.training.setting_text import change_settings
from MTINetLib.training.settings import training_preset


def test_all_holds_every_system_once_a_fold_and_a_seed() -> None:
    plan = plan_of(["all"], [], 5, 3)
    assert set(plan.systems) == {system.name for system in all_systems()}
    assert len(plan.runs) == len(set(plan.runs)) == 15 * len(plan.systems)
    assert all(rows[-1] == "mtinet" for rows in plan.rows.values())


def test_a_fold_is_done_by_all_systems_before_the_next_one() -> None:
    plan = plan_of(["tasks"], [], 2, 1)
    assert [run.fold for run in plan.runs] == [1] * 4 + [2] * 4


def test_compared_systems_stand_where_their_task_is() -> None:
    plan = plan_of(["segmentation"], [], 2, 1)
    assert "unet" in plan.systems
    assert not any(name.startswith("mtinet-") for name in plan.systems)
    assert all(Task.SEGMENTATION in system_of(name).tasks for name in plan.systems)


def test_systems_can_be_chosen_and_left_out() -> None:
    assert plan_of(["all"], ["mtinet", "unet"], 2, 1).systems == ("unet", "mtinet")
    assert "unet" not in plan_of(["segmentation"], [], 2, 1, ["unet"]).systems


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((["tables"], [], 5, 3), "experiment 'tables' is unknown"),
        ((["all"], ["vnet"], 5, 3), "no system 'vnet'"),
        ((["ablation"], ["unet"], 5, 3), "unet has no place"),
        ((["all"], [], 1, 3), "at least 2"),
        ((["all"], [], 5, 0), "at least 1"),
        ((["all"], ["unet"], 5, 1, ["unet"]), "No system is left"),
    ],
)
def test_what_cannot_be_compared_is_refused(arguments: tuple, said: str) -> None:
    with pytest.raises(InputError, match=said):
        plan_of(*arguments)


def test_rows_of_the_ablations_differ_from_the_whole_network() -> None:
    base = training_preset("quick")
    for experiment in ("ablation", "tasks"):
        rows = plan_of([experiment], [], 2, 1).systems
        changed = [change_settings(base, system_of(name).changes) for name in rows]
        assert len({str(settings.to_dict()) for settings in changed}) == len(rows)


def test_printed_figures_belong_to_systems_that_there_are() -> None:
    known = {system.name for system in all_systems()}
    assert {name for rows in PRINTED.values() for name in rows} <= known
