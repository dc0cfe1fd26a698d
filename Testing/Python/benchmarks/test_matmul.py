"""The peak is measured in the mode of the work."""

from __future__ import annotations

import pytest
import torch

from benchmarks import matmul
from benchmarks.matmul import fp32_mode, matmul_peak_gflops, products_as_convolutions


@pytest.mark.parametrize("tf32", [True, False])
def test_products_take_tf32_where_convolutions_do(monkeypatch: pytest.MonkeyPatch, tf32: bool) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", tf32)
    before = torch.backends.cuda.matmul.allow_tf32
    with products_as_convolutions(torch.device("cuda")):
        assert torch.backends.cuda.matmul.allow_tf32 is tf32
    assert torch.backends.cuda.matmul.allow_tf32 is before
    assert fp32_mode(torch.device("cuda")) == ("TF32" if tf32 else "fp32")
    assert fp32_mode(torch.device("cpu")) == "fp32"


def test_the_peak_is_taken_inside_that_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    monkeypatch.setattr(
        matmul, "_best", lambda *_: float(seen.append(torch.backends.cuda.matmul.allow_tf32) or 1)
    )
    assert matmul_peak_gflops(torch.float32, torch.device("cuda"), (8, 16), 0.0) == 1.0
    assert seen == [True, True]
