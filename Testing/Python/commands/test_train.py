"""mtinet train and mtinet evaluate, one after the other on a small dataset."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from support.made_analysis import made_analysis, made_grid, made_study

from MTINetLib.cli import run
from MTINetLib.dataset.folder import DatasetCase, write_dataset_tables
from MTINetLib.reading.volumes.write import write_label_map, write_volume
from MTINetLib.study.phase import FOUR_PHASES

TINY = (
    "image_size=64 widths=2,2,2,4 decoder_widths=4,4,4,4 context_blocks=1 transformer_depth=1 ffn_width=32 "
    "tdd_width=16 tdd_depth=1"
).split()
STEPS = ["validation_share=0.34", "max_steps=4", "steps_per_epoch=2", "log_every=1"]


def changes() -> list[str]:
    words = [*STEPS, *(f"network.{word}" for word in TINY)]
    return [part for word in words for part in ("--set", word)]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four patients, each with the two lesions of the made study and noise of its own."""
    root = tmp_path_factory.mktemp("dataset")
    study = made_study(made_grid(shape=(8, 40, 48)))
    labels = made_analysis(study).labels
    random = np.random.default_rng(0)
    cases = []
    for number in range(4):
        folder = root / f"case_{number}"
        folder.mkdir()
        noise = random.normal(0, 2, study.volumes.shape).astype(np.float32)
        paths = {phase: folder / f"{phase.value}.nii" for phase in FOUR_PHASES}
        for phase in FOUR_PHASES:
            write_volume(paths[phase], study.phase(phase) + noise[FOUR_PHASES.index(phase)], study.grid)
        mask = folder / "mask.nii.gz"
        write_label_map(mask, labels, study.grid)
        classes = {1: "HCC", 2: "hemangioma"}
        cases.append(DatasetCase(f"case_{number}", f"patient_{number}", "HCC", paths, mask, classes))
    write_dataset_tables(root, cases)
    return root


def test_training_leaves_a_model_that_evaluation_takes(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tmp_path / "run"
    start = ["train", str(dataset), "-o", str(runs), "--preset", "quick", *changes(), "--name", "tried"]
    assert run(start) == 0, capsys.readouterr().err
    config = json.loads((runs / "model" / "config.json").read_text("utf-8"))
    assert config["name"] == "tried"
    assert config["thresholds"]["found"]["fitted"] is False
    said = capsys.readouterr().out
    assert "SHA-256" in said
    assert "Neutral thresholds: 1 validation patient is too few" in said

    # A second run in the same folder is refused; a resumed one needs no preset and goes on.
    assert run(start) == 2
    assert "--resume" in capsys.readouterr().err
    assert run(["train", str(dataset), "-o", str(runs), "--resume", "--set", "max_steps=6"]) == 0
    assert "6 steps" in capsys.readouterr().out

    out = tmp_path / "figures"
    assert (
        run(["evaluate", str(dataset), "-o", str(out), "--model", str(runs / "model"), "--limit", "2"]) == 0
    )
    with (out / "per_case.csv").open(newline="", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 2
    assert (out / "summary.md").is_file()
    assert json.loads((out / "summary.json").read_text("utf-8"))


def test_folds_of_some_phases_of_the_dataset_leave_models_of_these_phases(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tmp_path / "run"
    words = ["--set", "phases=pre,portal_venous,delayed", "--set", "folds=2"]
    start = ["train", str(dataset), "-o", str(runs), "--preset", "quick", *changes(), *words]
    assert run([*start, "--cross-validation"]) == 0, capsys.readouterr().err
    for fold in ("fold-1", "fold-2"):
        config = json.loads((runs / fold / "model" / "config.json").read_text("utf-8"))
        assert config["phases"] == ["pre", "portal_venous", "delayed"]
        assert config["thresholds"]["found"]["why"].startswith("2 validation patients are too few")
    assert len(list((runs / "cache").iterdir())) == 4, "each case is prepared once"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--preset", "best"], "best"),
        (["--preset", "quick", "--set", "speed=9"], "speed"),
        (["--preset", "quick", "--set", "batch_size"], "batch_size"),
    ],
)
def test_wrong_settings_are_refused(
    dataset: Path, tmp_path: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", str(dataset), "-o", str(tmp_path / "run"), *arguments]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_a_dataset_without_its_table_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "set").mkdir()
    assert run(["train", str(tmp_path / "set"), "-o", str(tmp_path / "run"), "--preset", "quick"]) == 2
    assert "cases.csv" in capsys.readouterr().err
