"""Training on a GPU that is full or cannot be used."""

from __future__ import annotations

import logging

import pytest
import torch

from MTINetLib.errors import MissingResourceError
from MTINetLib.training import devices
from MTINetLib.training.devices import usable_accelerator

ERRORS = [
    torch.AcceleratorError("CUDA error: out of memory"),
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 MiB"),
    torch.AcceleratorError("CUDA error: CUDA-capable device(s) is/are busy or unavailable"),
    RuntimeError("The NVIDIA driver on your system is too old (found version 11040)."),
]


@pytest.mark.parametrize("error", ERRORS, ids=str)
def test_auto_trains_on_the_cpu_and_a_named_gpu_ends(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def fails(device: torch.device) -> None:
        raise error

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(devices, "touch", fails)
    with caplog.at_level(logging.WARNING, "MTINetLib"):
        assert usable_accelerator("auto") == "cpu"
    assert "trains on the CPU" in caplog.text
    with pytest.raises(MissingResourceError, match=r"train on the CPU\.$"):
        usable_accelerator("gpu")
    assert usable_accelerator("cpu") == "cpu"


def test_a_gpu_that_works_is_left_to_lightning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(devices, "touch", lambda device: None)
    assert usable_accelerator("auto") == "auto"
