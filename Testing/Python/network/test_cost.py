from __future__ import annotations

import pytest

from MTINetLib.network.cost import network_cost
from MTINetLib.network.mtinet import MTINet
from MTINetLib.network.settings import mtinet


def test_the_default_network_stays_within_its_budget() -> None:
    cost = network_cost(MTINet())
    assert cost.gflop_per_slice < 7.5
    assert cost.parameters < 5_000_000
    assert cost.parameters * 4 < 40_000_000, "the model file is to stay below 40 MB"


def test_the_count_of_an_encoder_is_the_count_by_hand() -> None:
    network = MTINet(mtinet(mdief="spatial_only", widths=(4, 6, 8, 8), image_size=64))
    by_hand = 0
    for side, c_in, c_out in ((64, 1, 4), (32, 4, 6), (16, 6, 8), (8, 8, 8)):
        by_hand += 4 * 2 * 9 * c_in * c_out * side * side
    assert network_cost(network).gflop_encode * 1e9 == pytest.approx(by_hand)


def test_a_second_encoder_doubles_the_cost_of_encoding() -> None:
    one = network_cost(MTINet(mtinet(mdief="spatial_only", image_size=64))).gflop_encode
    both = network_cost(MTINet(mtinet(image_size=64))).gflop_encode
    assert both == pytest.approx(2 * one, rel=0.02)


def test_counting_leaves_the_mode_as_it_was() -> None:
    network = MTINet(mtinet(image_size=64)).train()
    network_cost(network)
    assert network.training
