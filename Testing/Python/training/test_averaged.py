"""The averaged weights."""

from __future__ import annotations

import torch
from torch import nn

from MTINetLib.training.averaged import averaged_copy, update_average


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))


def test_the_average_moves_towards_the_network_by_one_minus_decay() -> None:
    trained = network()
    average = averaged_copy(trained)
    before = average[0].weight.clone()
    with torch.no_grad():
        trained[0].weight += 1.0
    update_average(average, trained, decay=0.75, step=1000)
    torch.testing.assert_close(average[0].weight, before + 0.25)


def test_running_statistics_are_averaged_and_counters_copied() -> None:
    trained = network()
    average = averaged_copy(trained)
    trained[1].running_mean += 2.0
    trained[1].num_batches_tracked += 5
    update_average(average, trained, decay=0.5, step=1000)
    torch.testing.assert_close(average[1].running_mean, torch.ones(2))
    assert average[1].num_batches_tracked == 5


def test_the_first_weights_are_soon_forgotten() -> None:
    trained = network()
    average = averaged_copy(trained)
    with torch.no_grad():
        trained[0].weight.fill_(3.0)
    for step in range(60):
        update_average(average, trained, decay=0.999, step=step)
    torch.testing.assert_close(average[0].weight, trained[0].weight, rtol=0, atol=1e-3)


def test_the_average_is_not_trained_by_gradients() -> None:
    assert not any(p.requires_grad for p in averaged_copy(network()).parameters())
