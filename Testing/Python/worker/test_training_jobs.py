"""Datasets and training in the real worker process: paused, stopped, killed, and with a damaged case."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest
from support.small_dataset import SHORT, SIZE, SLICES, tiny_network, write_small_dataset
from support.waiting import wait_until
from support.worker_study import Heard

from MTINetLib.claim import claimed
from MTINetLib.dataset.folder import read_dataset
from MTINetLib.errors import Cancelled, InputError, MissingResourceError
from MTINetLib.models.store import load_model
from MTINetLib.progress import Stage
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import FOUR_PHASES
from MTINetLib.worker.client import Call, WorkerClient
from MTINetLib.worker.training_requests import (
    PAUSE,
    RESUME,
    STOP,
    AddCase,
    CaseRow,
    CheckDataset,
    CheckedDataset,
    KeepModel,
    Train,
    Trained,
)

pytestmark = pytest.mark.slow

#: More steps than any of these tests waits for.
ENDLESS = (*SHORT, "max_steps=100000")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_dataset(tmp_path_factory.mktemp("dataset"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def request(dataset: Path, run: Path, cache: Path, changes: tuple[str, ...] = SHORT, **more: object) -> Train:
    every = (*changes, *tiny_network())
    return Train(str(dataset), str(run), "quick", device="cpu", cache=str(cache), changes=every, **more)  # type: ignore[arg-type]


def stories(heard: Heard, kind: str) -> list[dict]:
    return [data for told, data in heard.stories if told == kind]


def started(client: WorkerClient, train: Train) -> tuple[Call, Heard]:
    """A run that has taken its first step."""
    heard = Heard()
    call = client.submit("train", train.to_dict(), heard)
    wait_until(lambda: bool(stories(heard, "metrics")) or call.finished, client.poll)
    assert not call.finished, call.error
    return call, heard


def test_a_dataset_is_checked_row_by_row(client: WorkerClient, dataset: Path) -> None:
    heard = Heard()
    call = client.submit("check_dataset", CheckDataset(str(dataset)).to_dict(), heard)
    checked = CheckedDataset.from_dict(client.wait(call, timeout_s=120))
    assert checked.usable
    assert checked.patients == 6
    assert checked.cases[0].size == (SLICES, SIZE, SIZE)
    assert [CaseRow.from_dict(data) for data in stories(heard, "case")] == list(checked.cases)


def test_warnings_of_cases_and_of_the_whole_arrive(client: WorkerClient, tmp_path: Path) -> None:
    dataset = write_small_dataset(tmp_path)
    table = dataset / "cases.csv"
    table.write_text(
        table.read_text().replace(",patient_4,", ",Patient-4,").replace(",patient_5,", ",patient4,")
    )
    call = client.submit("check_dataset", CheckDataset(str(dataset)).to_dict())
    checked = CheckedDataset.from_dict(client.wait(call, timeout_s=120))
    assert checked.usable
    assert checked.warnings == (
        "The patients 'Patient-4' and 'patient4' count as different; write them alike if they are one.",
    )
    assert "no_enhancement" in checked.cases[5].flags


def test_a_corrected_study_becomes_a_case(client: WorkerClient, tmp_path: Path) -> None:
    grid = Grid((4, 20, 24), (1.0, 1.0, 3.0), (0.0, 0.0, 0.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
    volumes = np.random.default_rng(0).normal(100, 5, (4, *grid.shape)).astype(np.float32)
    labels = np.zeros(grid.shape, np.uint8)
    labels[1, 4:8, 4:8] = 1
    np.save(client.folder / "v.npy", volumes)
    np.save(client.folder / "l.npy", labels)
    message = AddCase(
        str(tmp_path / "set"), "v.npy", "l.npy", grid, FOUR_PHASES, ((1, "hemangioma"),), patient="p7"
    )
    client.wait(client.submit("add_case", message.to_dict()), timeout_s=120)
    (case,) = read_dataset(tmp_path / "set")
    assert (case.patient, case.case_class) == ("p7", "hemangioma")


def test_a_run_tells_its_figures_and_leaves_a_model_to_keep(
    client: WorkerClient, dataset: Path, cache: Path, tmp_path: Path
) -> None:
    heard = Heard()
    train = request(dataset, tmp_path / "run", cache, name="mine")
    call = client.submit("train", train.to_dict(), heard)
    trained = Trained.from_dict(client.wait(call, timeout_s=120))
    assert trained.finished
    assert trained.steps == 8
    figures = stories(heard, "metrics")
    validated = [data for data in figures if "val/score" in data["values"]]
    assert [data["step"] for data in validated] == [2, 4, 6, 8]
    assert {"val/dice", "val/mae", "val/segmentation"} <= set(validated[-1]["values"])
    assert any("train/loss" in data["values"] for data in figures)
    stages = list(dict.fromkeys(stage for stage, _, _ in heard.steps))
    assert stages == [Stage.LOADING_TORCH, Stage.PREPARING_SLICES, Stage.TRAINING]
    (model,) = trained.models
    assert model.thresholds.startswith("Neutral thresholds: 2 validation patients are too few")
    kept = client.wait(
        client.submit("keep_model", KeepModel(model.folder, "kept one").to_dict()), timeout_s=120
    )
    assert kept["sha256"] == model.sha256 == load_model("kept one").info.sha256


def test_a_run_that_another_process_writes_is_refused(
    client: WorkerClient, dataset: Path, cache: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    with claimed(run):
        call = client.submit("train", request(dataset, run, cache).to_dict())
        with pytest.raises(InputError, match="Another run of MTINet is writing to"):
            client.wait(call, timeout_s=120)
    assert not run.exists()


def test_epochs_replace_the_presets_budget(
    client: WorkerClient, dataset: Path, cache: Path, tmp_path: Path
) -> None:
    changes = tuple(change for change in SHORT if "max_steps" not in change)
    train = request(dataset, tmp_path / "run", cache, changes, epochs=1)
    assert client.wait(client.submit("train", train.to_dict()), timeout_s=120)["steps"] == 2


def test_a_paused_run_waits_and_goes_on(
    client: WorkerClient, dataset: Path, cache: Path, tmp_path: Path
) -> None:
    call, heard = started(client, request(dataset, tmp_path / "run", cache, ENDLESS))
    client.control(call, PAUSE)
    wait_until(lambda: bool(stories(heard, "paused")), client.poll)
    figures, looks = len(stories(heard, "metrics")), []
    wait_until(lambda: len(looks) > 100, lambda: looks.append(client.poll()))
    assert len(stories(heard, "metrics")) == figures
    client.control(call, RESUME)
    wait_until(
        lambda: bool(stories(heard, "resumed")) and len(stories(heard, "metrics")) > figures, client.poll
    )
    client.control(call, PAUSE)
    wait_until(lambda: len(stories(heard, "paused")) == 2, client.poll)
    client.control(call, STOP)
    wait_until(lambda: call.finished, client.poll)
    assert call.result is not None


def test_a_stopped_run_exports_its_best_and_goes_on_later(
    client: WorkerClient, dataset: Path, cache: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    call, heard = started(client, request(dataset, run, cache, ENDLESS))
    wait_until(
        lambda: len([d for d in stories(heard, "metrics") if "val/score" in d["values"]]) >= 2, client.poll
    )
    client.control(call, STOP)
    wait_until(lambda: call.finished, client.poll)
    stopped = Trained.from_dict(call.result or {})
    assert not stopped.finished
    load_model(stopped.models[0].folder)
    step = stopped.steps // 2 * 2 + 2
    again = request(dataset, run, cache, (f"max_steps={step}",), resume=True)
    resumed = Trained.from_dict(client.wait(client.submit("train", again.to_dict()), timeout_s=120))
    assert resumed.finished
    assert resumed.steps == step


def test_a_run_whose_worker_was_killed_goes_on_from_its_last_epoch(
    client: WorkerClient, dataset: Path, cache: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    call, heard = started(client, request(dataset, run, cache, ENDLESS))
    wait_until(
        lambda: len([d for d in stories(heard, "metrics") if "val/score" in d["values"]]) >= 3, client.poll
    )
    assert client.pid is not None
    os.kill(client.pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    wait_until(lambda: call.finished, client.poll)
    assert isinstance(call.error, MissingResourceError)
    again = Heard()
    call = client.submit("train", request(dataset, run, cache, ENDLESS, resume=True).to_dict(), again)
    wait_until(lambda: bool(stories(again, "metrics")) or call.finished, client.poll)
    assert stories(again, "metrics")[0]["epoch"] > 2
    client.cancel(call)
    wait_until(lambda: call.finished, client.poll)
    assert isinstance(call.error, Cancelled)


def test_a_damaged_case_is_named(client: WorkerClient, tmp_path: Path) -> None:
    dataset = write_small_dataset(tmp_path)
    path = dataset / "case_2" / "arterial.nii.gz"
    path.write_bytes(path.read_bytes()[:3000])
    call = client.submit("train", request(dataset, tmp_path / "run", tmp_path / "cache").to_dict())
    with pytest.raises(
        InputError, match=r"Case case_2: The arterial phase cannot be used: .*arterial\.nii\.gz"
    ):
        client.wait(call, timeout_s=120)
    checked = CheckedDataset.from_dict(
        client.wait(client.submit("check_dataset", CheckDataset(str(dataset)).to_dict()), timeout_s=120)
    )
    assert [case.case for case in checked.cases if case.problems] == ["case_2"]


def test_folds_are_trained_one_after_the_other_and_more_than_patients_are_refused(
    client: WorkerClient, dataset: Path, cache: Path, tmp_path: Path
) -> None:
    heard = Heard()
    changes = (*SHORT, "max_steps=2")
    train = request(dataset, tmp_path / "run", cache, changes, folds=2)
    trained = Trained.from_dict(client.wait(client.submit("train", train.to_dict(), heard), timeout_s=120))
    assert trained.finished
    assert [model.part for model in trained.models] == [1, 2]
    assert {data["part"] for data in stories(heard, "metrics")} == {1, 2}
    assert ("pace", (2, 2)) in [(kind, (data.get("part"), data.get("parts"))) for kind, data in heard.stories]
    many = request(dataset, tmp_path / "many", cache, changes, folds=7)
    with pytest.raises(InputError, match="7 folds need at least 7 patients; the dataset has 6"):
        client.wait(client.submit("train", many.to_dict()), timeout_s=120)


def test_a_fine_tuning_tells_its_plan_and_which_model_is_better(
    client: WorkerClient, dataset: Path, tmp_path: Path
) -> None:
    from support.small_models import random_model

    model = random_model(tmp_path / "old", name="old").info.folder
    changes = (*SHORT, "max_steps=2", "batch_size=2", "folds=3", "validation_slices=8", "mix_share=0")
    asked = Train(
        str(dataset),
        str(tmp_path / "run"),
        "finetune",
        device="cpu",
        cache=str(tmp_path / "cache"),
        changes=changes,
        start_from=str(model),
    )
    heard = Heard()
    call = client.submit("train", asked.to_dict(), heard)
    left = Trained.from_dict(client.wait(call, timeout_s=280))
    (plan,) = stories(heard, "plan")
    assert plan["text"].startswith("6 patients: 3 networks in turn")
    assert {figures["part"] for figures in stories(heard, "metrics")} == {1, 2, 3}
    assert left.verdict.startswith(("The old model stays", "The new model is better"))
    (outcome,) = left.models
    assert load_model(outcome.folder).info.sha256 == outcome.sha256
    assert "kept from old" in outcome.thresholds
