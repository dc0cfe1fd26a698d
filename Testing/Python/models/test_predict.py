from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from support.small_models import random_network

from MTINetLib.errors import Cancelled
from MTINetLib.models.device import Compute
from MTINetLib.models.predict import LesionSlice, SlicePredictor
from MTINetLib.network.fold import prepare_for_inference
from MTINetLib.network.mtinet import MTINet
from MTINetLib.progress import Stage

CPU = torch.device("cpu")
FP32, BF16 = Compute(CPU, torch.float32), Compute(CPU, torch.bfloat16)
SLICES = np.random.default_rng(0).uniform(0, 2, size=(7, 4, 64, 64)).astype(np.float32)


def predictor(network: MTINet, compute: Compute = FP32, **more: object) -> SlicePredictor:
    return SlicePredictor(lambda c: prepare_for_inference(network, c.dtype), compute, **more)


def asked() -> list[LesionSlice]:
    mask = np.zeros((64, 64), dtype=bool)
    mask[20:30, 25:40] = True
    return [LesionSlice(1, 2, mask), LesionSlice(2, 2, mask.T), LesionSlice(1, 3, mask)]


def test_slices_in_batches_equal_the_network_asked_directly() -> None:
    network = random_network()
    probability = predictor(network, batch_size=3).segment(SLICES, 0.5).probability
    with torch.inference_mode():
        expected = torch.sigmoid(network(torch.from_numpy(SLICES)).mask_logits)[:, 0].numpy()
    assert np.abs(probability - expected).max() < 1e-4


def test_kept_maps_and_maps_computed_again_read_the_same() -> None:
    network = random_network()
    kept, again = predictor(network), predictor(network)
    kept.segment(SLICES, keep_above=0.0)
    again.segment(SLICES, keep_above=1.1)
    assert len(kept.features.maps) == len(SLICES)
    assert not again.features.maps
    for one, other in zip(kept.read(SLICES, asked()), again.read(SLICES, asked()), strict=True):
        assert np.abs(one - other).max() < 1e-4


def test_maps_are_kept_only_as_far_as_there_is_room() -> None:
    network = random_network()
    short = predictor(network)
    short.features.room = 300_000
    short.segment(SLICES, keep_above=0.0)
    assert 0 < len(short.features.maps) < len(SLICES)
    full = predictor(network)
    full.segment(SLICES, keep_above=0.0)
    assert np.allclose(short.read(SLICES, asked())[0], full.read(SLICES, asked())[0], atol=1e-4)


def test_bf16_agrees_with_fp32_within_tolerance() -> None:
    """Stated tolerance: 0.02 in probability, 2 % of the curve, 0.05 in the class probability."""
    network = random_network()
    answers = []
    for compute in (FP32, BF16):
        one = predictor(network, compute)
        probability = one.segment(SLICES, 0.0).probability
        curves, logits = one.read(SLICES, asked())
        answers.append((probability, curves, torch.softmax(torch.from_numpy(logits), 1).numpy()))
    (p, c, k), (p16, c16, k16) = answers
    assert np.abs(p - p16).max() < 0.02
    assert np.abs(c - c16).max() < 0.02 * max(1.0, np.abs(c).max())
    assert np.abs(k - k16).max() < 0.05


class HungryNetwork(MTINet):
    """Has memory for two slices in bf16 weights if ``eats`` says so, and none at all on request."""

    limit = 2

    def encode(self, phases, highpassed=None):
        if self.decoder.logit.weight.dtype == torch.bfloat16 and len(phases) > self.limit:
            raise torch.OutOfMemoryError("CUDA out of memory (told by a test)")
        return super().encode(phases, highpassed)


def hungry(limit: int) -> HungryNetwork:
    source = random_network()
    network = HungryNetwork(source.settings).eval()
    network.load_state_dict(source.state_dict())
    network.limit = limit
    return network


def test_out_of_memory_halves_the_batch_and_changes_nothing() -> None:
    one = predictor(hungry(2), BF16, batch_size=7)
    probability = one.segment(SLICES, 0.0).probability
    assert one.notes == ("batch_halved:3", "batch_halved:1")
    assert (
        np.abs(probability - predictor(random_network(), BF16).segment(SLICES, 0.0).probability).max() < 0.02
    )
    assert one.compute == BF16


def test_out_of_memory_for_one_slice_goes_to_the_cpu_and_says_so() -> None:
    # bf16 stands for the GPU here, fp32 for the CPU that it falls back to.
    one = predictor(hungry(0), BF16, batch_size=2, fallback=FP32)
    probability = one.segment(SLICES, 0.0).probability
    assert one.notes[-1] == "continued_on_cpu"
    assert one.compute == FP32
    assert np.abs(probability - predictor(random_network()).segment(SLICES, 0.0).probability).max() < 1e-5
    assert one.read(SLICES, asked())[0].shape == (3, 4)


def test_cancel_stops_at_the_next_batch() -> None:
    class Impatient:
        def start(self, stage: Stage, total: int) -> None: ...
        def finish(self) -> None: ...
        def update(self, done: int) -> None:
            if done >= 4:
                raise Cancelled("told by a test")

    with pytest.raises(Cancelled):
        predictor(random_network(), batch_size=2).segment(SLICES, 0.5, Impatient())


def test_a_network_without_heads_reads_nothing(tmp_path: Path) -> None:
    from dataclasses import replace

    network = random_network(settings=replace(random_network().settings, tasks="seg"))
    assert predictor(network).read(SLICES, asked()) == (None, None)
