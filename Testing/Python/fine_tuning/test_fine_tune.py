"""The whole way, on a few steps of a tiny network."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from support.small_dataset import write_small_dataset

from MTINetLib.errors import Cancelled, InputError
from MTINetLib.evaluation import side_by_side
from MTINetLib.evaluation.verdict import Verdict
from MTINetLib.fine_tuning import fine_tune as module
from MTINetLib.fine_tuning.fine_tune import FineTuned, Order, Plan, fine_tune
from MTINetLib.fine_tuning.mean_check import MeanCheck
from MTINetLib.models.folder import read_model_folder
from MTINetLib.models.store import load_model
from MTINetLib.phantom.cohort import PhantomSettings
from MTINetLib.progress import Silent, Stage


@pytest.fixture(scope="module")
def left(
    dataset: Path, other: Path, model: Path, recipe: object, tmp_path_factory: pytest.TempPathFactory
) -> FineTuned:
    run = tmp_path_factory.mktemp("left") / "run"
    return fine_tune(Order(dataset, run, recipe, model, mix=other, name="mine"))  # type: ignore[arg-type]


def test_the_new_model_is_the_mean_of_its_networks_and_none_of_them_is_the_old_one(
    left: FineTuned, model: Path
) -> None:
    states = [read_model_folder(left.run / f"fold-{n}" / "model")[0] for n in (1, 2, 3)]
    mean, info = read_model_folder(left.model)
    old = read_model_folder(model)[0]
    assert info.name == "mine"
    assert info.sha256 == left.sha256
    moved = 0
    for name, value in mean.items():
        if value.is_floating_point():
            assert torch.allclose(value, torch.stack([state[name] for state in states]).mean(0), atol=1e-6)
            moved += not torch.equal(value, old[name])
    assert moved > len(mean) / 2
    assert info.more["fine_tuned"]["from"] == "old"
    assert info.more["fine_tuned"]["networks"] == 3


def test_no_patient_that_a_network_was_trained_on_judges_it(left: FineTuned) -> None:
    with (left.run / "folds.csv").open(newline="", encoding="utf-8") as file:
        part = {row["patient"]: row["part"] for row in csv.DictReader(file)}
    assert set(part) == {f"patient_{n}" for n in range(7)}
    judged: list[str] = []
    for number in (1, 2, 3):
        with (left.run / f"fold-{number}" / "split.csv").open(newline="", encoding="utf-8") as file:
            used = {row["patient"] for row in csv.DictReader(file)}
        test = {name for name, where in part.items() if where == f"part-{number}"}
        assert test
        assert not test & used
        judged += test
    assert sorted(judged) == sorted(part)


def test_with_few_patients_thresholds_and_temperature_stay_those_of_the_old_model(left: FineTuned) -> None:
    info = load_model(left.model).info
    assert (info.thresholds.mask, info.thresholds.peak, info.temperature) == (0.55, 0.6, 1.7)
    assert info.thresholds_found.how.startswith("kept from old, as 7 validation patients are too few")


def test_with_ten_patients_they_are_fitted_by_patients_that_were_held_out(
    order: Order, tmp_path: Path
) -> None:
    twelve = write_small_dataset(tmp_path / "twelve", ("hcc", "hemangioma") * 6)
    found = fine_tune(replace(order, dataset=twelve)).point.thresholds_found
    assert found.fitted or "lesions" in found.how
    assert found.figures["patients"] == 12
    of_fold = load_model(order.run / "fold-1" / "model").info.thresholds_found
    assert "patients" not in of_fold.figures, "eight others are too few to fit"


def test_studies_mixed_in_are_trained_on_and_never_held_out(left: FineTuned, other: Path) -> None:
    rows = (left.run / "folds.csv").read_text(encoding="utf-8") + "".join(
        (left.run / f"fold-{n}" / "split.csv").read_text(encoding="utf-8") for n in (1, 2, 3)
    )
    assert "patient_0" in rows
    assert "patient_50" not in rows
    assert len([item for item in (left.run / "cache").iterdir() if item.is_dir()]) == 9


def test_a_study_of_the_dataset_is_not_mixed_in(order: Order) -> None:
    with pytest.raises(InputError, match=r"case_0 that is mixed in is case_0 of the dataset"):
        fine_tune(replace(order, mix=order.dataset))


def test_without_a_folder_phantom_studies_are_made_and_mixed_in(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    from MTINetLib.fine_tuning import mix

    small = PhantomSettings(slices=(4, 5), matrix=(192, 192), diameter_mm=(20, 40))
    monkeypatch.setattr(mix, "STUDIES", 2)
    monkeypatch.setattr(mix, "_KIND", small)
    monkeypatch.setattr(module, "STUDIES", 2)
    plans: list[Plan] = []
    left = fine_tune(replace(order, mix=None), told=plans.append)
    assert plans[0].mixed_in == 2
    told = json.loads((order.run / "phantom" / "dataset.json").read_text(encoding="utf-8"))
    assert told["synthetic"] is True
    assert load_model(left.model).info.more["fine_tuned"]["mixed_in"] == 2


def test_the_plan_is_told_before_anything_is_trained(order: Order) -> None:
    def stop(plan: Plan) -> None:
        assert (plan.patients, plan.folds, plan.mixed_in) == (7, 3, 2)
        assert plan.seconds > 0
        assert not (order.run / "fold-1").exists()
        raise Cancelled("no time")

    with pytest.raises(Cancelled):
        fine_tune(order, told=stop)


class InSecondFold(Silent):
    """Cancels in the second training."""

    trainings = 0

    def start(self, stage: Stage, total: int) -> None:
        self.trainings += stage is Stage.TRAINING
        if self.trainings == 2:
            raise Cancelled("enough")


def test_a_cancelled_run_goes_on_where_it_was(order: Order) -> None:
    with pytest.raises(Cancelled):
        fine_tune(order, progress=InSecondFold())
    kept = (order.run / "fold-1" / "checkpoints" / "best.ckpt").stat().st_mtime_ns
    assert not (order.run / "candidate").exists()
    with pytest.raises(InputError, match="--resume"):
        fine_tune(order)
    left = fine_tune(replace(order, resume=True))
    assert left.folds == 3
    assert (order.run / "fold-1" / "checkpoints" / "best.ckpt").stat().st_mtime_ns == kept


def test_a_run_does_not_go_on_from_another_model(order: Order, tmp_path: Path) -> None:
    from support.small_models import random_model

    with pytest.raises(Cancelled):
        fine_tune(order, progress=InSecondFold())
    another = random_model(tmp_path / "another", seed=3).info.folder
    with pytest.raises(InputError, match="another started_from"):
        fine_tune(replace(order, resume=True, start_from=another))


def test_too_few_patients_are_refused_and_nothing_is_left(order: Order, tmp_path: Path) -> None:
    four = write_small_dataset(tmp_path / "four", ("hcc", "hemangioma") * 2)
    with pytest.raises(InputError, match="at least 5 patients"):
        fine_tune(replace(order, dataset=four))
    assert not order.run.exists()


def test_every_patient_is_judged_once_by_a_network_that_had_not_seen_them(left: FineTuned) -> None:
    told = json.loads((left.run / "comparison" / "comparison.json").read_text(encoding="utf-8"))
    assert told["cases"]["patients"] == told["cases"]["judged"] == 7
    assert told["models"]["old"]["name"] == "old"
    page = (left.run / "comparison" / "comparison.md").read_text(encoding="utf-8")
    assert "one of 3 networks that had not seen them" in page
    assert left.mean is not None
    assert f"its Dice is {left.mean.mean:.2f}" in page
    assert left.judged_by == told["judged_by"]


def test_a_model_that_is_not_better_does_not_become_the_model_of_the_run(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(side_by_side, "verdict_of", lambda _: Verdict(False))
    left = fine_tune(order)
    assert not left.better
    assert left.model == order.run / "candidate"
    assert load_model(left.model).info.sha256 == left.sha256
    assert not (order.run / "model").exists()


def test_a_mean_that_is_worse_than_each_network_is_not_the_new_model(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "check_mean", lambda *_: MeanCheck(4, 0.1, (0.5, 0.62, 0.4)))
    left = fine_tune(order)
    states = [read_model_folder(place)[0] for place in (order.run / "fold-2" / "model", left.model)]
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())
    assert load_model(left.model).info.more["fine_tuned"]["only_network"] == 2
    page = (order.run / "comparison" / "comparison.md").read_text(encoding="utf-8")
    assert "(Dice 0.10, theirs 0.40 to 0.62): the new model is network 2, the best of them there" in page


def test_a_better_one_does(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_by_side, "verdict_of", lambda _: Verdict(True))
    left = fine_tune(order)
    assert left.better
    assert left.model == order.run / "model"
    assert load_model(left.model).info.sha256 == left.sha256
    assert not (order.run / "candidate").exists()
