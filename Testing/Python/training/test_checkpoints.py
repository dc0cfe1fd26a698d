"""Checkpoints that are damaged, foreign or hostile, and what a run does then."""

from __future__ import annotations

import logging
import pickle
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from MTINetLib.errors import InputError
from MTINetLib.training import train as module
from MTINetLib.training.checkpoints import DamagedCheckpoint, WholeCheckpoints, read_checkpoint
from MTINetLib.training.settings import TrainingSettings
from MTINetLib.training.slice_store import SliceStore
from MTINetLib.training.train import train


class Harmful:
    """Makes a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for place in range(0, len(content), 7):
        content[place] ^= 0xFF
    path.write_bytes(content)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def foreign(path: Path) -> None:
    torch.save({"state_dict": {}, "epoch": 3}, path)


def text(path: Path) -> None:
    path.write_text("<html>not found</html>")


def harmful(path: Path) -> None:
    torch.save({"state_dict": Harmful(path.with_name("harm"))}, path)


def harmful_pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps(Harmful(path.with_name("harm"))))


DAMAGES = (cut, flipped, emptied, foreign, text, harmful, harmful_pickle)


@pytest.fixture(autouse=True, scope="module")
def _prepared(store: SliceStore) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "prepare_dataset", lambda *_, **__: store)
        yield


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny: TrainingSettings) -> Path:
    """A folder with a run of three epochs, and a copy of it."""
    folder = tmp_path_factory.mktemp("trained")
    train(folder, folder / "run", replace(tiny, max_steps=6))
    shutil.copytree(folder / "run", folder / "copy")
    return folder


@pytest.fixture
def run(trained: Path) -> Path:
    """The run, whole again in the place where it began, as checkpoints remember it."""
    shutil.rmtree(trained / "run")
    return Path(shutil.copytree(trained / "copy", trained / "run"))


@pytest.mark.parametrize("damage", DAMAGES)
def test_no_damage_is_taken_for_a_checkpoint_and_nothing_is_run(
    run: Path, damage: Callable[[Path], None]
) -> None:
    path = run / "checkpoints" / "last.ckpt"
    damage(path)
    with pytest.raises(DamagedCheckpoint, match=r"last\.ckpt"):
        read_checkpoint(path)
    assert not path.with_name("harm").exists()


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_run_goes_on_from_its_best_epoch_and_says_what_is_lost(
    run: Path,
    tiny: TrainingSettings,
    tmp_path: Path,
    damage: Callable[[Path], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    best = read_checkpoint(run / "checkpoints" / "best.ckpt")
    epoch = best["epoch"] + 1
    damage(run / "checkpoints" / "last.ckpt")
    with caplog.at_level(logging.WARNING, "MTINetLib"):
        again = train(tmp_path, run, replace(tiny, max_steps=8), resume=True)
    assert f"goes on from its best epoch, {epoch}; {3 - epoch} of 3 epochs are lost" in caplog.text
    assert again.steps == 8
    assert read_checkpoint(run / "checkpoints" / "last.ckpt")["budget"]["steps"] == 8
    assert not (run / "checkpoints" / "harm").exists()


def test_a_damaged_best_one_is_replaced_by_the_best_to_come(
    run: Path, tiny: TrainingSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = run / "checkpoints" / "best.ckpt"
    cut(path)
    with caplog.at_level(logging.WARNING, "MTINetLib"):
        train(tmp_path, run, replace(tiny, max_steps=10), resume=True)
    assert "best.ckpt" in caplog.text
    assert read_checkpoint(path)["budget"]["steps"] in (8, 10)


def test_a_finished_run_with_a_damaged_best_one_exports_its_last_epoch(
    run: Path, tiny: TrainingSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    emptied(run / "checkpoints" / "best.ckpt")
    with caplog.at_level(logging.WARNING, "MTINetLib"):
        train(tmp_path, run, replace(tiny, max_steps=6), resume=True)
    assert "The model is that of the last epoch" in caplog.text


def test_without_a_whole_checkpoint_the_run_ends_in_one_sentence(
    run: Path, tiny: TrainingSettings, tmp_path: Path
) -> None:
    for name in ("best.ckpt", "last.ckpt"):
        cut(run / "checkpoints" / name)
    with pytest.raises(InputError, match=r"no checkpoint of it is whole.*Start a new run"):
        train(tmp_path, run, replace(tiny, max_steps=8), resume=True)


def test_writing_that_is_cut_off_leaves_the_checkpoint_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "last.ckpt"
    WholeCheckpoints().save_checkpoint({"a": 1}, path)
    before = path.read_bytes()

    def killed(_: object, file: object) -> None:
        file.write(b"half")  # type: ignore[attr-defined]
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        WholeCheckpoints().save_checkpoint({"a": 2}, path)
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["last.ckpt"]


@pytest.mark.parametrize("content", ["", "{", "[]", '"text"', "null"])
def test_damaged_settings_of_a_run_are_named(
    run: Path, tiny: TrainingSettings, tmp_path: Path, content: str
) -> None:
    (run / "config.json").write_text(content)
    with pytest.raises(InputError, match=r"config\.json is damaged"):
        train(tmp_path, run, tiny, resume=True)


def test_missing_settings_of_a_run_are_named(run: Path, tiny: TrainingSettings, tmp_path: Path) -> None:
    (run / "config.json").unlink()
    with pytest.raises(InputError, match=r"config\.json is missing"):
        train(tmp_path, run, tiny, resume=True)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\0\0", b"step,train/loss\n1,0.5\nx,,\n2", b"nothing\n1\n", b"a,b,c\n1,2,3,4,5\n"],
)
def test_a_damaged_log_costs_its_lines_and_not_the_run(
    run: Path, tiny: TrainingSettings, tmp_path: Path, content: bytes
) -> None:
    (run / "metrics.csv").write_bytes(content)
    again = train(tmp_path, run, replace(tiny, max_steps=8), resume=True)
    assert again.steps == 8
    lines = (run / "metrics.csv").read_text(encoding="utf-8").splitlines()
    assert "8" in {line.split(",")[lines[0].split(",").index("step")] for line in lines[1:]}
