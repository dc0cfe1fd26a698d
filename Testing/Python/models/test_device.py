from __future__ import annotations

import pytest
import torch

from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.models import device as device_module
from MTINetLib.models.device import choose_compute


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.mark.usefixtures("no_gpu")
def test_auto_without_a_gpu_is_the_cpu() -> None:
    assert choose_compute("auto", "fp32").device == torch.device("cpu")


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize(("native", "precision"), [(True, "bf16"), (False, "fp32")])
def test_auto_precision_follows_the_hardware(
    monkeypatch: pytest.MonkeyPatch, native: bool, precision: str
) -> None:
    monkeypatch.setattr(device_module, "has_fast_bf16", lambda device: native)
    assert choose_compute("cpu", "auto").precision == precision
    assert choose_compute("cpu", "fp32").precision == "fp32"
    assert choose_compute("cpu", "bf16").dtype == torch.bfloat16


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("text", ["cuda", "cuda:3"])
def test_a_gpu_that_is_not_there_is_named(text: str) -> None:
    with pytest.raises(MissingResourceError, match=r"no GPU \d"):
        choose_compute(text)


@pytest.mark.parametrize("text", ["gpu", "cuda:x", "cpu:0", ""])
def test_an_unknown_device_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="use auto, cpu, cuda"):
        choose_compute(text)


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(InputError, match="fp16"):
        choose_compute("cpu", "fp16")


def test_questions_that_torch_no_longer_answers_mean_no() -> None:
    assert device_module._asks(object(), "_is_gone") is False
