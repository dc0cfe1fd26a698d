"""MTI-Net and U-Net, tiny, on six made-up patients: stopped, left in pieces, gone on with, and told."""

from __future__ import annotations

import csv
import json
import threading
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from support.small_dataset import tiny_network, write_small_dataset

from MTINetLib.claim import claimed
from MTINetLib.errors import Cancelled, InputError, MissingResourceError, MTINetError
from MTINetLib.experiment import compare, run_one, share
from MTINetLib.experiment.budget import read_budget, settings_within
from MTINetLib.experiment.compare import Comparison, Outcome, run_comparison, write_what_is_there
from MTINetLib.experiment.folder import ExperimentFolder
from MTINetLib.experiment.plan import PlannedRun
from MTINetLib.experiment.scores import RunResult
from MTINetLib.progress import Silent, Stage
from MTINetLib.systems import known, system
from MTINetLib.systems.system import System
from MTINetLib.systems.train_system import settings_of

FIRST, SECOND = PlannedRun("unet", 1, 0), PlannedRun("mtinet", 1, 0)
QUICK = ("batch_size=2", "validation_share=0.34", "validation_slices=2", "precision=fp32")


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module", autouse=True)
def _tiny_unet() -> Any:
    """U-Net with two channels a level."""

    def small(system: System) -> System:
        if system.name != "unet":
            return system
        return replace(system, changes=(*system.changes, "network.widths=2,2,2,2,2"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(known, "_SYSTEMS", tuple(small(system) for system in known.all_systems()))
        yield


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_dataset(tmp_path_factory.mktemp("dataset"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def asked(dataset: Path, out: Path, cache: Path, **more: Any) -> Comparison:
    usual: dict[str, Any] = {
        "experiments": ("segmentation",),
        "budget": read_budget("2steps"),
        "systems": ("mtinet", "unet"),
        "folds": 2,
        "seeds": 1,
        "changes": (*QUICK, *tiny_network(), "preparation_processes=1"),
        "devices": ("cpu",),
        "cache": cache,
        "command": "mtinet compare made",
    }
    return Comparison(dataset, out, **{**usual, **more})


@pytest.fixture(scope="module")
def told() -> list[str]:
    return []


class StopsInTheSecondTraining(Silent):
    """At its last step, when its first epoch is kept."""

    def __init__(self) -> None:
        self.trainings, self.training = 0, False

    def start(self, stage: Stage, total: int) -> None:
        self.training = stage is Stage.TRAINING
        self.trainings += self.training

    def update(self, done: int) -> None:
        if self.training and self.trainings == 2 and done == 2:
            raise Cancelled


@pytest.fixture(scope="module")
def resumed() -> list[tuple[str, bool]]:
    """Which trainings were begun, and whether they went on with an earlier one."""
    return []


@pytest.fixture(scope="module")
def outcome(
    dataset: Path,
    cache: Path,
    told: list[str],
    resumed: list[tuple[str, bool]],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, Outcome]:
    """Stopped in the second training, a result left half-written as by a killed process, and gone on with."""
    out = tmp_path_factory.mktemp("experiment")
    order = asked(dataset, out, cache)
    train = run_one.train_system

    def heard(system: System, *rest: Any, **more: Any) -> Any:
        resumed.append((system.name, more["resume"]))
        return train(system, *rest, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_one, "train_system", heard)
        with pytest.raises(Cancelled):
            run_comparison(order, StopsInTheSecondTraining(), told.append)
        folder = ExperimentFolder(out)
        assert [folder.result(run) is not None for run in (FIRST, SECOND)] == [True, False]
        (folder.run(SECOND) / "result.json").write_text('{"system": "mtinet", "fo')
        folder.attempts(SECOND).write_text("1")
        return out, run_comparison(order, told=told.append)


def test_a_training_that_was_cut_short_goes_on(
    outcome: tuple[Path, Outcome], resumed: list[tuple[str, bool]]
) -> None:
    assert resumed[:3] == [("unet", False), ("mtinet", False), ("mtinet", True)]
    assert [went_on for _, went_on in resumed[3:]] == [False, False]
    result = ExperimentFolder(outcome[0]).result(SECOND)
    assert result is not None
    assert result.cost.steps == 2


def test_what_was_done_is_not_done_again(outcome: tuple[Path, Outcome], told: list[str]) -> None:
    assert outcome[1].done == 4
    assert outcome[1].failed == ()
    assert "4 of 4 runs are left" in told[0]
    assert told[1].startswith("[1/4] UNet, fold 1, seed 0: DSC")
    assert "3 of 4 runs are left" in told[2]
    assert told[3].startswith("[2/4] MTI-Net, fold 1")
    assert "left." in told[3]


def test_every_patient_is_judged_once_by_each_system(outcome: tuple[Path, Outcome]) -> None:
    folder = ExperimentFolder(outcome[0])
    results = [folder.result(PlannedRun(name, fold, 0)) for name in ("unet", "mtinet") for fold in (1, 2)]
    kept: list[RunResult] = [result for result in results if result is not None]
    for pair in (kept[:2], kept[2:]):
        judged = sorted(row.patient for result in pair for row in result.patients)
        assert judged == [f"patient_{n}" for n in range(6)]
    assert [row.patient for row in kept[0].patients] == [row.patient for row in kept[2].patients]
    assert all(result.cost.steps == 2 for result in kept)
    assert kept[0].cost.parameters > 500
    assert kept[0].cost.gflop > 0


def test_nothing_of_a_training_stays_but_its_result(outcome: tuple[Path, Outcome]) -> None:
    folder = ExperimentFolder(outcome[0])
    for run in (FIRST, SECOND):
        left = {item.name for item in folder.run(run).iterdir()}
        assert left == {"result.json", "masks.npz"}


def test_the_page_holds_both_systems_and_the_pictures(outcome: tuple[Path, Outcome]) -> None:
    tables = outcome[1].tables
    with (tables / "segmentation.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["System"] for row in rows] == ["UNet", "MTI-Net"]
    html = (tables / "tables.html").read_text(encoding="utf-8")
    assert html.count("data:image/png;base64") == 1
    assert "2 steps" in html
    figures = json.loads((tables / "figures.json").read_text(encoding="utf-8"))
    assert figures["systems"].keys() == {"unet", "mtinet"}


def test_tables_can_be_written_again_from_what_is_there(
    outcome: tuple[Path, Outcome], dataset: Path, cache: Path
) -> None:
    before = (outcome[1].tables / "segmentation.csv").read_text(encoding="utf-8")
    again = write_what_is_there(asked(dataset, outcome[0], cache))
    assert (again.tables / "segmentation.csv").read_text(encoding="utf-8") == before


def test_another_budget_is_another_experiment(
    outcome: tuple[Path, Outcome], dataset: Path, cache: Path
) -> None:
    with pytest.raises(InputError, match="other budget and settings"):
        run_comparison(asked(dataset, outcome[0], cache, budget=read_budget("3steps")))


def test_a_system_that_fails_leaves_its_sentence_and_stops_nobody(
    dataset: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(system: System, *_: Any, **__: Any) -> Any:
        if system.name == "unet":
            raise MTINetError("It cannot be done.")
        raise RuntimeError("a  library's\nwords")

    monkeypatch.setattr(run_one, "train_system", failing)
    outcome = run_comparison(asked(dataset, tmp_path / "out", cache))
    assert "UNet, fold 2, seed 0: It cannot be done." in outcome.failed
    assert "MTI-Net, fold 1, seed 0: RuntimeError: a library's words" in outcome.failed
    page = (outcome.tables / "tables.md").read_text(encoding="utf-8")
    assert "UNet failed in fold 1, seed 0: It cannot be done." in page
    assert "RuntimeError" in ExperimentFolder(tmp_path / "out").trouble(SECOND).read_text(encoding="utf-8")


def test_a_run_that_takes_its_process_with_it_is_given_up(
    dataset: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_one, "_trained_and_judged", lambda *_: RunResult("unet", 1, 0))
    folder = ExperimentFolder(tmp_path / "out")
    folder.run(FIRST).mkdir(parents=True)
    folder.attempts(FIRST).write_text(str(run_one.MOST_ATTEMPTS))
    result = run_one.carry_out(order_of(FIRST, dataset, folder.path, cache))
    assert result is not None
    assert "ended without a word" in result.why


def order_of(run: PlannedRun, dataset: Path, out: Path, cache: Path) -> run_one.RunOrder:
    return run_one.RunOrder(run, dataset, out, cache, settings_within(read_budget("2steps")), 2, "cpu")


def test_a_run_that_another_process_does_is_left_to_it(tmp_path: Path, dataset: Path, cache: Path) -> None:
    folder = ExperimentFolder(tmp_path)
    held, enough = threading.Event(), threading.Event()

    def hold() -> None:
        with claimed(folder.run(FIRST)):
            held.set()
            enough.wait(30)

    other = threading.Thread(target=hold)
    other.start()
    held.wait(30)
    try:
        assert run_one.carry_out(order_of(FIRST, dataset, tmp_path, cache)) is None
    finally:
        enough.set()
        other.join()


def test_a_death_counts_against_the_run_that_died_alone(
    tmp_path: Path, dataset: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = ExperimentFolder(tmp_path)
    orders = [order_of(run, dataset, tmp_path, cache) for run in (FIRST, SECOND)]
    rounds = []

    def pool(function: Any, tasks: Any, *_: Any, **__: Any) -> Any:
        rounds.append([order.run for order in tasks])
        for order in tasks:
            folder.run(order.run).mkdir(parents=True, exist_ok=True)
            folder.attempts(order.run).write_text("1")
        if len(rounds) == 1:
            raise MissingResourceError(f"The process that worked on {FIRST.title} was killed from outside.")
        assert folder.attempts(FIRST).is_file()
        for number, order in enumerate(tasks):
            result = RunResult(order.run.system, order.run.fold, order.run.seed)
            folder.keep(order.run, result)
            yield number, result

    monkeypatch.setattr(share, "run_in_processes", pool)
    done: list[str] = []
    share.work_through(orders, 2, Silent(), lambda order, _: done.append(order.run.name))
    assert rounds == [[FIRST, SECOND]] * 2
    assert done == [FIRST.name, SECOND.name]


def test_a_stop_counts_against_nobody(
    tmp_path: Path, dataset: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = ExperimentFolder(tmp_path)
    orders = [order_of(run, dataset, tmp_path, cache) for run in (FIRST, SECOND)]
    folder.begin_attempt(FIRST)  # of an earlier death

    def pool(*_: Any, **__: Any) -> Any:
        for order in orders:
            folder.begin_attempt(order.run)
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(share, "run_in_processes", pool)
    with pytest.raises(KeyboardInterrupt):
        share.work_through(orders, 2, Silent(), lambda *_: None)
    assert [folder.attempts_before(run) for run in (FIRST, SECOND)] == [1, 0]


def test_a_dataset_of_one_class_is_refused_before_anything_is_trained(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_one, "train_system", lambda *_, **__: pytest.fail("something was trained"))
    monkeypatch.setattr(compare, "prepared", lambda *_: pytest.fail("images were read"))
    one_class = write_small_dataset(tmp_path / "dataset", ("hcc", "hcc", "hcc", "hcc"))
    with pytest.raises(InputError, match=r"one class \(HCC\)"):
        run_comparison(asked(one_class, tmp_path / "out", cache, experiments=("tasks",), systems=()))
    assert not (tmp_path / "out" / "experiment.json").exists()
    with pytest.raises(InputError, match="5 folds need at least 5 patients; the dataset has 4"):
        run_comparison(asked(one_class, tmp_path / "out", cache, folds=5))


def test_a_device_that_is_not_there_is_refused_at_once(dataset: Path, cache: Path, tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(MissingResourceError, match="no GPU"):
        run_comparison(asked(dataset, tmp_path / "out", cache, devices=("cuda",)))


def test_a_folder_with_other_files_is_left_alone(dataset: Path, cache: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="name another folder"):
        run_comparison(asked(dataset, tmp_path, cache))


@pytest.mark.parametrize("optimisers", ["published", "common"])
def test_the_optimiser_of_every_training_is_the_one_that_was_asked_for(
    dataset: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, optimisers: str
) -> None:
    taken: list[str] = []

    def noted(system: System, *_: Any, own_recipe: bool, **__: Any) -> None:
        taken.append(
            settings_of(system, settings_within(read_budget("2steps")), own_recipe=own_recipe).optimiser
        )
        raise InputError("That is enough.")

    monkeypatch.setattr(run_one, "train_system", noted)
    made = asked(dataset, tmp_path, cache, systems=("unet",), optimisers=optimisers)
    run_comparison(made)
    assert set(taken) == {{"published": "sgd", "common": "adam"}[optimisers]}
    with pytest.raises(InputError, match="optimisers"):
        run_comparison(replace(made, optimisers={"published": "common", "common": "published"}[optimisers]))


def test_an_unknown_choice_of_optimisers_is_refused(dataset: Path, cache: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--optimisers best is unknown"):
        run_comparison(asked(dataset, tmp_path, cache, optimisers="best"))


def test_a_system_with_a_package_of_its_own_is_left_out_unless_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(name: str) -> Any:
        return None if name == "nnunetv2" else find_spec(name)

    looked_over: list[Comparison] = []

    def stop(asked: Comparison, _: Any) -> Any:
        looked_over.append(asked)
        raise Cancelled("before anything is prepared")

    monkeypatch.setattr(system, "find_spec", lacking)
    asked = Comparison(tmp_path, tmp_path / "out", ("all",), read_budget("1steps"))
    with pytest.raises(MissingResourceError, match="nnU-Net 2D needs the package nnunetv2"):
        run_comparison(replace(asked, systems=("nnunet", "mtinet")))
    monkeypatch.setattr(compare, "_look_over", stop)
    heard: list[str] = []
    with pytest.raises(Cancelled):
        run_comparison(asked, told=heard.append)
    assert heard == ["nnU-Net 2D is left out: nnunetv2 is not installed (pip install nnunetv2)."]
    assert looked_over == [replace(asked, without=("nnunet",))]
