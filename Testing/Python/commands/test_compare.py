"""mtinet compare: what its options mean, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from MTINetLib.cli import run
from MTINetLib.experiment import compare
from MTINetLib.experiment.compare import Comparison, Outcome


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Comparison]:
    """What the library is asked for, in place of doing it."""
    heard: list[Comparison] = []

    def hear(order: Comparison, progress: Any, told: Any) -> Outcome:
        heard.append(order)
        told("3 systems, 2 folds.")
        return Outcome(Path("out/tables"), 6, ("UNet, fold 1, seed 0: It cannot be done.",))

    monkeypatch.setattr(compare, "run_comparison", hear)
    return heard


def test_options_become_an_order(asked: list[Comparison], capsys: pytest.CaptureFixture[str]) -> None:
    words = "--experiment ablation --experiment tasks --systems mtinet,mtinet-seg --folds 2 --seeds 1"
    more = "--budget 2min --device cuda:0,cuda:1 --set batch_size=4"
    assert run(["compare", "data", "-o", "out", *words.split(), *more.split()]) == 0
    (order,) = asked
    assert order.experiments == ("ablation", "tasks")
    assert order.systems == ("mtinet", "mtinet-seg")
    assert (order.folds, order.seeds, order.budget.minutes) == (2, 1, 2.0)
    assert (order.devices, order.jobs) == (("cuda:0", "cuda:1"), 2)
    assert order.changes == ("batch_size=4",)
    said = capsys.readouterr().out
    assert "3 systems, 2 folds." in said
    assert "Failed: UNet, fold 1, seed 0: It cannot be done." in said
    assert "tables.html" in said


def test_without_options_it_is_the_papers_experiment(asked: list[Comparison]) -> None:
    assert run(["compare", "data", "-o", "out"]) == 0
    order = asked[0]
    assert (order.experiments, order.folds, order.seeds, order.budget.text) == (("all",), 5, 3, "paper")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--budget soon", "The budget 'soon' is unknown"),
        ("--experiment figure9", "The experiment 'figure9' is unknown"),
        ("--systems vnet", "no system 'vnet'"),
        ("--jobs 0", "0 jobs"),
        ("--budget 60s --device gpu9", "gpu9"),
        ("--budget 60s", "it has no cases.csv"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    tmp_path: Path, words: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["compare", str(tmp_path), "-o", str(tmp_path / "out"), *words.split()]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert len(told.splitlines()) == 1
    assert not (tmp_path / "out").exists()
