"""OpenVINO agrees with torch."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from MTINetLib.models.architectures import architecture_of
from MTINetLib.models.backends.backend import BACKENDS
from MTINetLib.models.backends.openvino import OpenVinoNetwork, openvino_network
from MTINetLib.models.device import Compute, cpu_compute
from MTINetLib.models.predict import LesionSlice, SlicePredictor
from MTINetLib.network.fold import prepare_for_inference
from MTINetLib.network.mtinet import MTINet
from MTINetLib.network.settings import NetworkSettings

if not BACKENDS["openvino"].version():
    pytest.skip("OpenVINO is not installed: its agreement with torch is NOT tested", allow_module_level=True)

SIDE = 64
MTINET = architecture_of("mtinet")


@pytest.fixture(scope="module")
def network() -> MTINet:
    """A small one whose batch norms have seen images, so that folding them matters."""
    torch.manual_seed(0)
    settings = NetworkSettings(image_size=SIDE, widths=(4, 8, 8, 16), decoder_widths=(16, 8, 8, 4))
    made = MTINet(settings)
    with torch.no_grad():
        for _ in range(3):
            made(_slices(4))
    return made.eval()


@pytest.fixture(scope="module")
def exact(network: MTINet) -> OpenVinoNetwork:
    return openvino_network(MTINET, network, cpu_compute(), batch=2)


def _slices(count: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(count)
    return torch.rand(count, 4, SIDE, SIDE, generator=generator) + torch.arange(4.0)[:, None, None] / 4


def _torch_logits(network: MTINet, phases: torch.Tensor) -> torch.Tensor:
    ready = prepare_for_inference(network)
    with torch.inference_mode():
        return ready.segment(ready.encode(phases), phases).mask_logits


@pytest.mark.parametrize("count", [1, 2, 3])
def test_masks_are_those_of_torch_for_part_full_and_larger_batches(
    network: MTINet, exact: OpenVinoNetwork, count: int
) -> None:
    phases = _slices(count)
    expected = _torch_logits(network, phases)
    with torch.inference_mode():
        found = exact.segment(exact.encode(phases), phases).mask_logits
    assert expected.std() > 1e-3  # a constant answer would agree with anything
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_an_answer_outlives_the_next_question(network: MTINet, exact: OpenVinoNetwork) -> None:
    first, second = _slices(2), _slices(5)[:2]
    with torch.inference_mode():
        kept = exact.segment([], first).mask_logits
        exact.segment([], second)
    torch.testing.assert_close(kept, _torch_logits(network, first), atol=1e-4, rtol=1e-4)


def test_bf16_agrees_within_its_three_digits(network: MTINet) -> None:
    rounded = openvino_network(
        architecture_of("mtinet"), network, Compute(torch.device("cpu"), torch.bfloat16), batch=2
    )
    phases = _slices(2)
    with torch.inference_mode():
        found = rounded.segment([], phases).mask_logits
    expected = _torch_logits(network, phases)
    assert (found - expected).abs().max() < 0.02 * expected.abs().max()


def test_a_predictor_gives_the_same_masks_curves_and_classes(network: MTINet, exact: OpenVinoNetwork) -> None:
    slices = _slices(5).numpy()
    masks = np.zeros((2, SIDE, SIDE), dtype=bool)
    masks[0, 10:20, 10:20] = masks[1, 40:50, 5:30] = True
    asked = [LesionSlice(1, 0, masks[0]), LesionSlice(2, 3, masks[1])]
    plain = SlicePredictor(lambda compute: prepare_for_inference(network, compute.dtype), cpu_compute(), 2)
    other = SlicePredictor(lambda compute: exact, cpu_compute(), 2)  # type: ignore[arg-type, return-value]
    np.testing.assert_allclose(
        other.segment(slices, 0.0).probability, plain.segment(slices, 0.0).probability, atol=1e-4
    )
    for found, expected in zip(other.read(slices, asked), plain.read(slices, asked), strict=True):
        assert found is not None
        assert expected is not None
        np.testing.assert_allclose(found, expected, atol=1e-4)


_DROPPED_ELSEWHERE = """
import gc, os, signal, threading
import torch
from MTINetLib.models.architectures import architecture_of
from MTINetLib.models.backends.openvino import openvino_network
from MTINetLib.models.device import cpu_compute
from MTINetLib.network.mtinet import MTINet
from MTINetLib.network.settings import NetworkSettings

settings = NetworkSettings(image_size=64, widths=(4, 8, 8, 16), decoder_widths=(16, 8, 8, 4))
used = [openvino_network(architecture_of("mtinet"), MTINet(settings).eval(), cpu_compute(), 1)]

def drop():
    used.clear()
    gc.collect()

dropping = threading.Thread(target=drop)
dropping.start()
dropping.join()
heard = []
signal.signal(signal.SIGCHLD, lambda *_: heard.append(1))
os.kill(os.getpid(), signal.SIGCHLD)
raise SystemExit(0 if heard else 3)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal stacks")
def test_signals_still_arrive_after_a_network_is_given_up_in_another_thread() -> None:
    ended = subprocess.run([sys.executable, "-X", "faulthandler", "-c", _DROPPED_ELSEWHERE], check=False)
    assert ended.returncode == 0
