"""What one slice takes of the memory."""

from __future__ import annotations

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from MTINetLib.models.slice_memory import LivePeak, bytes_per_slice
from MTINetLib.network.mtinet import MTINet
from MTINetLib.network.settings import NetworkSettings


def test_only_what_is_alive_at_a_time_counts() -> None:
    with LivePeak() as counted:
        first = torch.zeros(1000)
        second = first + 1
        del first
        third = second.view(10, 100).T * 2
        del second
        third.add_(1)
    assert counted.peak == 8000
    assert counted.live == 4000
    assert third.shape == (100, 10)


@pytest.mark.parametrize("widths", [(4, 4, 8, 8), (16, 16, 16, 32)])
def test_the_figure_follows_what_the_allocator_saw(widths: tuple[int, ...]) -> None:
    network = MTINet(NetworkSettings(image_size=64, widths=widths)).eval()  # type: ignore[arg-type]
    phases = torch.zeros(1, 4, 64, 64)
    with torch.inference_mode(), profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        features = network.encode(phases)
        network.read(features, phases, torch.sigmoid(network.segment(features, phases).mask_logits))
    live = peak = 0
    events = [event for event in seen.profiler.kineto_results.events() if event.name() == "[memory]"]
    for event in sorted(events, key=lambda event: event.start_ns()):
        live += event.nbytes()
        peak = max(peak, live)
    assert peak > 0
    # Operators take some memory for themselves, which only the allocator sees.
    assert 0.6 * peak < bytes_per_slice(network, torch.device("cpu")) < 1.25 * peak
