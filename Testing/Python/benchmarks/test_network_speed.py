"""The race of the networks, on networks small enough for a test."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from benchmarks import network_speed
from benchmarks.matmul import matmul_peak_gflops
from benchmarks.network_speed import gflop_per_slice, race, segmentation_only, whole_network
from benchmarks.plain_unet import plain_conv_unet
from MTINetLib.network.cost import network_cost
from MTINetLib.network.mtinet import MTINet
from MTINetLib.network.settings import NetworkSettings


def test_a_race_times_every_slice_and_takes_the_median_of_the_rounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, seconds = [100.0], {"slow": 0.02, "fast": 0.005}
    order: list[str] = []
    monkeypatch.setattr(network_speed.time, "perf_counter", lambda: now[0])

    def worker(name: str) -> object:
        def run(phases: Tensor) -> object:
            order.append(name)
            # The third round is ten times slower.
            now[0] += seconds[name] * len(phases) * (10 if len(order) > 12 else 1)
            return None

        return run

    speeds = race({name: worker(name) for name in seconds}, torch.zeros(3, 4, 8, 8), batch=2, rounds=3)  # type: ignore[misc]
    assert speeds["slow"].rounds_ms == pytest.approx((20.0, 20.0, 200.0))
    assert (speeds["slow"].median_ms, speeds["slow"].best_ms) == pytest.approx((20.0, 20.0))
    assert (speeds["fast"].median_ms, speeds["fast"].best_ms) == pytest.approx((5.0, 5.0))
    # After the warm-up (two batch sizes each) the two take turns: two batches of one, two of the other.
    assert order[4:12] == ["slow", "slow", "fast", "fast"] * 2


def test_work_is_counted_as_in_the_networks_own_count() -> None:
    network = MTINet(NetworkSettings(image_size=64)).eval()
    cost = network_cost(network)
    slices = torch.zeros(1, 4, 64, 64)
    assert gflop_per_slice(whole_network(network), slices) == pytest.approx(cost.gflop_per_slice)
    assert gflop_per_slice(segmentation_only(network), slices) == pytest.approx(
        cost.gflop_encode + cost.gflop_segment
    )


def test_the_compared_network_is_nnunets_standard_plan() -> None:
    pytest.importorskip("dynamic_network_architectures")
    network = plain_conv_unet()
    first = [stage[0].convs for stage in network.encoder.stages]
    assert [len(convs) for convs in first] == [2] * 7
    assert [convs[0].conv.out_channels for convs in first] == [32, 64, 128, 256, 512, 512, 512]
    assert [convs[0].conv.stride for convs in first] == [(1, 1)] + [(2, 2)] * 6
    assert {type(convs[0].norm).__name__ for convs in first} == {"InstanceNorm2d"}
    assert [len(stage.convs) for stage in network.decoder.stages] == [2] * 6
    # The smallest map is 4 x 4, where nnU-Net stops pooling.
    with torch.inference_mode():
        slices = torch.zeros(1, 4, 256, 256)
        assert network(slices).shape == (1, 2, 256, 256)
        assert network.encoder(slices)[-1].shape[2:] == (4, 4)


def test_the_peak_is_what_this_machine_can_do_and_not_more() -> None:
    peak = matmul_peak_gflops(torch.float32, torch.device("cpu"), sides=(256,), seconds=0.05)
    # A product of 256 takes 34 MFLOP: no processor needs a second, none is a thousand times a large GPU.
    assert 0.05 < peak < 1e6


def test_products_and_rounds_end_when_the_time_is_over_and_one_of_each_is_made() -> None:
    peak = matmul_peak_gflops(
        torch.float32, torch.device("cpu"), sides=(64, 10**6), seconds=1e9, over=lambda: True
    )
    assert peak > 0
    speeds = race({"only": lambda phases: None}, torch.zeros(3, 4, 8, 8), 2, rounds=10**9, over=lambda: True)
    assert len(speeds["only"].rounds_ms) == 1
