"""The figures a run watches."""

from __future__ import annotations

import pytest
import torch

from MTINetLib.training.scores import RunningScores, validation_score


def test_scores_of_a_batch_with_known_answers() -> None:
    truth = torch.zeros(3, 1, 8, 8)
    truth[0, 0, :2] = 1  # 16 pixels, half of them found, none false: Dice 2 * 8 / 24
    truth[1, 0, :2] = 1  # missed
    logits = torch.full((3, 1, 8, 8), -1.0)
    logits[0, 0, 0] = 1
    logits[2, 0, :2] = 1  # 16 false pixels on a healthy slice
    curve = torch.tensor([[1.0, 1, 1, 1], [0, 0, 0, 0], [9, 9, 9, 9]])
    true_curve = torch.tensor([[1.0, 1, 1, 2], [1, 1, 1, 1], [0, 0, 0, 0]])
    classes = torch.tensor([[2.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    scores = RunningScores()
    index, bears = torch.tensor([0, 1, -1]), torch.tensor([True, True, False])
    scores.add(logits, truth, curve, true_curve, classes, index, bears)
    means = scores.means()
    assert means["dice"] == pytest.approx((16 / 24 + 0) / 2)
    assert means["clean"] == 0
    assert means["mae"] == pytest.approx((0.25 + 1) / 2)
    assert means["accuracy"] == pytest.approx(0.5)


def test_accuracy_on_one_class_alone_is_left_out() -> None:
    mask, bears = torch.ones(2, 1, 8, 8), torch.tensor([True, True])
    scores = RunningScores()
    scores.add(
        mask, mask, None, torch.zeros(2, 4), torch.tensor([[2.0, 1], [2, 1]]), torch.tensor([0, 0]), bears
    )
    assert scores.means() == {"dice": 1.0}


def test_figures_without_a_case_are_left_out() -> None:
    scores = RunningScores()
    empty = torch.zeros(1, 1, 8, 8)
    scores.add(empty - 1, empty, None, torch.zeros(1, 4), None, torch.tensor([-1]), torch.tensor([False]))
    assert scores.means() == {"clean": 1.0}


def test_means_run_over_batches_by_their_size() -> None:
    scores = RunningScores()
    scores.add_loss("loss", torch.tensor(1.0))
    scores.add_loss("loss", torch.tensor(3.0))
    assert scores.means()["loss"] == pytest.approx(2.0)


def test_a_better_figure_gives_a_better_score() -> None:
    base = {"dice": 0.5, "accuracy": 0.5, "clean": 0.5}
    for name in base:
        assert validation_score(base | {name: 0.6}) > validation_score(base)
