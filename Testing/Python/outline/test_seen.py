"""The network on a device: looks at a picture once, and leaves a device that fails."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from support.outline_network import random_prompted_network

from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.outline import seen as seen_room
from MTINetLib.outline.prompts import Prompt
from MTINetLib.outline.seen import SeenSlices

PICTURE = np.linspace(0.0, 1.0, 32 * 32, dtype=np.float32).reshape(32, 32)
BOX = Prompt((4.0, 4.0, 20.0, 20.0))


class Counting(torch.nn.Module):
    """Counts what a network is asked; its first answers fail."""

    def __init__(self, *failures: Exception) -> None:
        super().__init__()
        self.network, self.failures, self.encoded = random_prompted_network(), list(failures), 0
        self.settings = self.network.settings

    def encode(self, image: Any) -> Any:
        if self.failures:
            raise self.failures.pop(0)
        self.encoded += 1
        return self.network.encode(image)

    def decode(self, features: Any, prompt: Prompt) -> Any:
        return self.network.decode(features, prompt)


def slices(*failures: Exception) -> tuple[SeenSlices, Counting]:
    network = Counting(*failures)
    return SeenSlices(network, "cpu"), network  # type: ignore[arg-type]


def test_a_picture_is_looked_at_once_for_any_number_of_prompts() -> None:
    seen, network = slices()
    one = seen.logits("a", PICTURE, BOX)
    seen.logits("a", PICTURE, Prompt((5.0, 4.0, 20.0, 20.0)))
    assert network.encoded == 1
    assert np.array_equal(seen.logits("a", PICTURE, BOX), one)
    seen.logits("b", PICTURE[::-1].copy(), BOX)
    assert network.encoded == 2


def test_the_oldest_pictures_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen_room, "MOST_KEPT", 2)
    seen, network = slices()
    for key in "abac":  # b is the oldest then
        seen.logits(key, PICTURE, BOX)
    seen.logits("a", PICTURE, BOX)
    assert network.encoded == 3
    seen.logits("b", PICTURE, BOX)
    assert network.encoded == 4


@pytest.mark.parametrize(
    ("error", "note"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "continued_on_cpu"),
        (RuntimeError("CUDA error: unspecified launch failure"), "gpu_left:CUDA error"),
    ],
)
def test_a_gpu_that_fails_is_left_and_that_is_noted(error: Exception, note: str) -> None:
    seen, _ = slices(error)
    seen._device = torch.device("meta")  # stands for a GPU
    logits = seen.logits("a", PICTURE, BOX)
    assert np.isfinite(logits).all()
    assert seen.notes[-1].startswith(note)


def test_no_memory_on_the_cpu_ends_in_one_sentence_and_a_defect_stays_one() -> None:
    seen, _ = slices(MemoryError())
    with pytest.raises(MissingResourceError, match="not enough memory to outline"):
        seen.logits("a", PICTURE, BOX)
    broken, _ = slices(RuntimeError("shapes do not fit"))
    with pytest.raises(RuntimeError, match="shapes"):
        broken.logits("a", PICTURE, BOX)


def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError):
        SeenSlices(random_prompted_network(), "tpu")
