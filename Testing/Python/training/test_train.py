"""Whole runs, small: what they leave, that they learn, and that a resumed run is the same run."""

from __future__ import annotations

import csv
import importlib.metadata
import json
import signal
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from MTINetLib.errors import Cancelled, InputError
from MTINetLib.models.store import load_model
from MTINetLib.progress import Silent, Stage
from MTINetLib.study.phase import FOUR_PHASES
from MTINetLib.training import train as module
from MTINetLib.training.setting_text import change_settings
from MTINetLib.training.settings import TrainingSettings, settings_from_dict
from MTINetLib.training.slice_store import SliceStore
from MTINetLib.training.train import TrainingResult, train


@pytest.fixture(autouse=True, scope="module")
def _prepared(store: SliceStore) -> Iterator[None]:
    """Preparing has its own tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "prepare_dataset", lambda *_, **__: store)
        yield


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, tiny: TrainingSettings) -> TrainingResult:
    """A run from its beginning to its end, which tests only look at."""
    folder = tmp_path_factory.mktemp("whole")
    return train(folder, folder / "run", tiny, name="mine")


def weights(run: Path, name: str = "last.ckpt") -> dict[str, object]:
    return torch.load(run / "checkpoints" / name, map_location="cpu", weights_only=False)


def rows(run: Path) -> list[dict[str, str]]:
    with (run / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def same(one: object, two: object) -> bool:
    if isinstance(one, torch.Tensor):
        return isinstance(two, torch.Tensor) and torch.equal(one, two)
    if isinstance(one, dict):
        return isinstance(two, dict) and one.keys() == two.keys() and all(same(one[k], two[k]) for k in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(two) and all(map(same, one, two))  # type: ignore[arg-type]
    return one == two


def test_a_run_leaves_everything_that_explains_it(whole: TrainingResult, tiny: TrainingSettings) -> None:
    run = whole.run
    assert settings_from_dict(json.loads((run / "config.json").read_text())) == tiny.for_phases(FOUR_PHASES)
    assert (run / "split.csv").read_text().splitlines()[0] == "patient,case,part,images,truth"
    environment = json.loads((run / "environment.json").read_text())
    assert environment["packages"]["torch"] == importlib.metadata.version("torch")
    assert [int(row["step"]) for row in rows(run) if row["train/loss"]] == list(range(1, 9))
    assert [int(row["step"]) for row in rows(run) if row["val/score"]] == [2, 4, 6, 8]
    assert list((run / "tensorboard").iterdir())
    assert whole.steps == 8
    assert not list(run.glob("metrics.part*"))


def test_an_epoch_that_is_shorter_than_log_every_tells_of_its_last_step(
    tmp_path: Path, tiny: TrainingSettings
) -> None:
    short = change_settings(tiny, ["max_steps=4", "steps_per_epoch=2", "log_every=50"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train(tmp_path, tmp_path / "run", short)
    assert [int(row["step"]) for row in rows(tmp_path / "run") if row["train/loss"]] == [2, 4]


@pytest.mark.skipif(not hasattr(signal, "SIGCHLD"), reason="Windows has no signal for a process that ends")
def test_after_a_run_torch_still_hears_of_processes_that_die(whole: TrainingResult) -> None:
    assert callable(signal.getsignal(signal.SIGCHLD))


def test_the_exported_model_is_the_best_checkpoints_average(whole: TrainingResult) -> None:
    model = load_model(whole.model)
    assert model.info.name == "mine"
    assert model.info.sha256 == whole.sha256
    assert model.info.preset == "quick"
    best = weights(whole.run, "best.ckpt")
    kept = {k.removeprefix("average."): v for k, v in best["state_dict"].items() if k.startswith("average.")}  # type: ignore[attr-defined]
    assert kept.keys() == model.network.state_dict().keys()
    for name, value in model.network.state_dict().items():
        torch.testing.assert_close(value, kept[name], rtol=0, atol=0)
    scores = [float(row["val/score"]) for row in rows(whole.run) if row["val/score"]]
    assert whole.scores["score"] == pytest.approx(max(scores))


def test_two_and_two_epochs_are_exactly_four(tmp_path: Path, tiny: TrainingSettings) -> None:
    tiny = change_settings(tiny, ["schedule=constant", "network.dropout=0.2"])
    whole = train(tmp_path, tmp_path / "whole", tiny)
    half = replace(tiny, max_steps=4)
    train(tmp_path, tmp_path / "parts", half)
    torch.rand(17)  # whatever happens in between must not matter
    resumed = train(tmp_path, tmp_path / "parts", tiny, resume=True)
    one, two = weights(whole.run), weights(resumed.run)
    assert same(one["state_dict"], two["state_dict"])
    assert same(one["optimizer_states"], two["optimizer_states"])
    assert resumed.steps == whole.steps == 8
    compared = ("step", "train/loss", "val/score")
    assert [[r[c] for c in compared] for r in rows(whole.run)] == [
        [r[c] for c in compared] for r in rows(resumed.run)
    ]


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(
    tmp_path: Path, tiny: TrainingSettings
) -> None:
    short = replace(tiny, max_steps=2)
    runs = [train(tmp_path, tmp_path / f"{n}", replace(short, seed=seed)) for n, seed in enumerate((1, 1, 2))]
    states = [weights(result.run)["state_dict"] for result in runs]
    assert same(states[0], states[1])
    assert not same(states[0], states[2])


def test_a_run_learns(tmp_path: Path, tiny: TrainingSettings) -> None:
    longer = change_settings(
        tiny,
        [
            "max_steps=90",
            "steps_per_epoch=45",
            "learning_rate=0.01",
            "batch_size=4",
            "log_every=15",
            "network.widths=4,4,8,8",
            "network.decoder_widths=8,8,8,8",
            "ema_decay=0.9",
            "augmentation.strength=0.3",
        ],
    )
    result = train(tmp_path, tmp_path / "run", longer)
    assert result.scores["dice"] > 0.6
    losses = [float(row["train/loss"]) for row in rows(result.run) if row["train/loss"]]
    assert losses[-1] < 0.6 * losses[0]


@pytest.mark.parametrize(
    "changes",
    [
        ["network.tasks=seg", "loss.adversarial=1"],
        ["network.tasks=seg+reg"],
        ["network.tasks=seg+cls", "network.tim=false"],
        ["network.tdd=false", "ema_decay=0"],
        ["network.lesion_focus=slice", "sampling=uniform", "steps_per_epoch=0", "augmentation.strength=0"],
        ["precision=bf16", "workers=1", "patience=1"],
    ],
)
def test_every_switch_trains(tmp_path: Path, tiny: TrainingSettings, changes: list[str]) -> None:
    result = train(tmp_path, tmp_path / "run", change_settings(replace(tiny, max_steps=2), changes))
    load_model(result.model)
    assert all(torch.isfinite(torch.tensor(value)) for value in result.scores.values())


def test_minutes_end_a_run_with_a_model(tmp_path: Path, tiny: TrainingSettings) -> None:
    timed = replace(tiny, max_steps=None, max_minutes=0.02, steps_per_epoch=10_000)
    result = train(tmp_path, tmp_path / "run", timed)
    assert 0.02 <= result.minutes < 0.3
    assert result.steps >= 1
    load_model(result.model)


def test_a_finished_run_resumed_changes_nothing(tmp_path: Path, tiny: TrainingSettings) -> None:
    short = replace(tiny, max_steps=2)
    first = train(tmp_path, tmp_path / "run", short)
    again = train(tmp_path, tmp_path / "run", short, resume=True)
    assert again.steps == first.steps
    assert again.sha256 == first.sha256
    assert again.scores == pytest.approx(first.scores)


class StopAt(Silent):
    """Raises at a step of training."""

    def __init__(self, step: int, error: type[BaseException]) -> None:
        self._step, self._error, self._training = step, error, False

    def start(self, stage: Stage, total: int) -> None:
        self._training = stage is Stage.TRAINING

    def update(self, done: int) -> None:
        if self._training and done >= self._step:
            raise self._error


@pytest.mark.parametrize("error", [KeyboardInterrupt, Cancelled])
def test_an_interrupted_run_can_be_resumed_to_the_same_end(
    tmp_path: Path, tiny: TrainingSettings, whole: TrainingResult, error: type[BaseException]
) -> None:
    with pytest.raises(Cancelled):
        train(tmp_path, tmp_path / "parts", tiny, progress=StopAt(5, error))
    resumed = train(tmp_path, tmp_path / "parts", tiny, resume=True)
    assert same(weights(whole.run)["state_dict"], weights(resumed.run)["state_dict"])
    steps = [row["step"] for row in rows(resumed.run) if row["train/loss"]]
    assert steps == [str(step) for step in range(1, 9)]


def test_a_folder_that_holds_something_is_refused(tmp_path: Path, tiny: TrainingSettings) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="already holds files"):
        train(tmp_path, tmp_path / "run", tiny)
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("refused", ["prepare_dataset", "classes_of_run", "split_patients"])
def test_a_refused_dataset_leaves_no_run(
    refused: str, tmp_path: Path, tiny: TrainingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise InputError("Case 3: not this one.")

    with monkeypatch.context() as patch:
        patch.setattr(module, refused, refuse)
        with pytest.raises(InputError, match="not this one"):
            train(tmp_path, tmp_path / "runs" / "first", tiny)
    assert not (tmp_path / "runs").exists()
    train(tmp_path, tmp_path / "runs" / "first", replace(tiny, max_steps=2))  # the mended one


def test_slices_that_were_prepared_before_a_refusal_stay_and_the_run_can_begin_with_them(
    tmp_path: Path, tiny: TrainingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(dataset: Path, cache: Path, **_: object) -> None:
        (cache / "case").mkdir(parents=True)
        raise InputError("Case 3: not this one.")

    with monkeypatch.context() as patch:
        patch.setattr(module, "prepare_dataset", refuse)
        with pytest.raises(InputError, match="not this one"):
            train(tmp_path, tmp_path / "run", tiny)
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["cache"]
    train(tmp_path, tmp_path / "run", replace(tiny, max_steps=2))


def test_a_resume_with_other_settings_names_them(tmp_path: Path, tiny: TrainingSettings) -> None:
    short = replace(tiny, max_steps=2)
    train(tmp_path, tmp_path / "run", short)
    with pytest.raises(InputError, match="batch_size, learning_rate"):
        train(tmp_path, tmp_path / "run", replace(short, batch_size=3, learning_rate=1.0), resume=True)
