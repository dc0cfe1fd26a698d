"""mtinet train --start-from: few cases, and a model that goes on learning."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.small_dataset import write_small_dataset
from support.small_models import random_model

from MTINetLib.cli import run

CHANGES = (
    "max_steps=2 steps_per_epoch=2 batch_size=2 precision=fp32 workers=0 preparation_processes=1 "
    "validation_slices=8 folds=3 log_every=1 accelerator=cpu"
).split()
SET = [part for change in CHANGES for part in ("--set", change)]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A dataset, studies to mix in, and a model."""
    root = tmp_path_factory.mktemp("fine-tuning")
    own = write_small_dataset(root / "own", ("hcc", "hemangioma", "hcc", "hemangioma", "none"))
    other = write_small_dataset(root / "other", ("hcc", "hemangioma"), first=50)
    return own, other, random_model(root / "old", name="old").info.folder


def test_a_run_from_a_model_takes_the_recipe_for_few_cases(
    places: tuple[Path, Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own, other, model = places
    out = tmp_path / "run"
    start = ["train", str(own), "-o", str(out), "--start-from", str(model), "--mix", str(other), *SET]
    assert run(start) == 0, capsys.readouterr().err
    said = capsys.readouterr().out
    assert "5 patients: 3 networks in turn" in said
    assert "2 other studies mixed in. At most about" in said
    assert "New less old" in said
    assert "old and new side by side" in said
    new = next(folder for folder in (out / "model", out / "candidate") if folder.is_dir())
    config = json.loads((new / "config.json").read_text(encoding="utf-8"))
    assert config["name"] == "old-finetuned"
    assert config["training"]["preset"] == "finetune"

    assert run(["train", str(own), "-o", str(out), "--resume"]) == 2
    assert "is a fine-tuning; name the model that it began with" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--preset", "finetune"], "name it with --start-from"),
        (["--preset", "quick", "--mix", "."], "--mix belongs to the recipe finetune"),
        (["--start-from", "nobody"], "no model 'nobody'"),
    ],
)
def test_what_does_not_go_together_is_refused(
    places: tuple[Path, Path, Path],
    tmp_path: Path,
    arguments: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["train", str(places[0]), "-o", str(tmp_path / "run"), *arguments]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_any_two_models_are_compared_on_a_dataset(
    places: tuple[Path, Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own, _, model = places
    other = random_model(tmp_path / "other", seed=4, name="other").info.folder
    out = tmp_path / "out"
    words = ["evaluate", str(own), "-o", str(out), "--model", str(other), "--against", str(model)]
    assert run(words) == 0, capsys.readouterr().err
    assert "begin with comparison.md" in capsys.readouterr().out
    told = json.loads((out / "comparison.json").read_text(encoding="utf-8"))
    assert [told["models"][key]["name"] for key in ("old", "new")] == ["old", "other"]
    assert run(words) == 2
    assert "already holds an evaluation" in capsys.readouterr().err
    assert run([*words, "--overwrite"]) == 0
