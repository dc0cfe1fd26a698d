"""Which programs can run a network."""

from __future__ import annotations

import pytest
import torch

from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.models.backends.backend import OpenVino, check_backend
from MTINetLib.models.store import choose_ways

CPU, GPU = torch.device("cpu"), torch.device("cuda:1")


@pytest.fixture
def _without_openvino(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OpenVino, "version", lambda self: "")


@pytest.fixture
def _with_openvino(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OpenVino, "version", lambda self: "2025.9")


def test_torch_and_the_choice_by_measurement_run_everywhere() -> None:
    for device in (CPU, GPU):
        check_backend("torch", device)
        check_backend("auto", device)


def test_an_unknown_backend_is_named_with_those_that_are_known() -> None:
    with pytest.raises(InputError, match=r"'tensorrt' is unknown; use one of auto, torch, openvino"):
        check_backend("tensorrt", CPU)


@pytest.mark.usefixtures("_with_openvino")
def test_openvino_on_a_gpu_is_refused_in_words() -> None:
    with pytest.raises(InputError, match="runs on the CPU here, not on cuda:1; use the device cpu"):
        check_backend("openvino", GPU)


@pytest.mark.usefixtures("_without_openvino")
def test_a_missing_openvino_is_told_with_the_way_to_it() -> None:
    with pytest.raises(
        MissingResourceError, match=r"pip install 'MTINetLib\[openvino\]', or use the backend torch"
    ):
        check_backend("openvino", CPU)


@pytest.mark.usefixtures("_with_openvino")
def test_who_asks_for_openvino_and_no_device_gets_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_ways("auto", "fp32", "openvino").device == CPU
