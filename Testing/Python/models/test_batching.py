from __future__ import annotations

import pytest
import torch

from MTINetLib.errors import MissingResourceError
from MTINetLib.models import batching
from MTINetLib.models.batching import CPU_BATCH, Batcher, batch_size_for
from MTINetLib.network.mtinet import MTINet
from MTINetLib.network.settings import NetworkSettings


def test_every_item_is_worked_on_once_and_in_order() -> None:
    seen: list[int] = []
    done: list[int] = []
    Batcher(4).run(10, lambda part: seen.extend(range(part.start, part.stop)), done.append)
    assert seen == list(range(10))
    assert done == [4, 8, 10]


def test_out_of_memory_halves_the_batch_and_says_so() -> None:
    seen: list[int] = []
    relieved: list[bool] = []

    def work(part: slice) -> None:
        if part.stop - part.start > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        seen.extend(range(part.start, part.stop))

    batcher = Batcher(8, relieve=lambda: relieved.append(True))
    batcher.run(7, work)
    assert seen == list(range(7))
    assert batcher.size == 2
    assert batcher.notes == ["batch_halved:4", "batch_halved:2"]
    assert len(relieved) == 2


def test_when_one_slice_does_not_fit_the_work_moves_to_the_cpu() -> None:
    on_gpu = True
    seen: list[int] = []

    def leave() -> None:
        nonlocal on_gpu
        on_gpu = False

    def work(part: slice) -> None:
        if on_gpu:
            raise RuntimeError("CUDA error: out of memory")
        seen.extend(range(part.start, part.stop))

    batcher = Batcher(2, to_cpu=leave)
    batcher.run(5, work)
    assert seen == list(range(5))
    assert batcher.size == CPU_BATCH
    assert batcher.notes[-1] == "continued_on_cpu"


def test_when_nothing_fits_the_user_is_told() -> None:
    def work(part: slice) -> None:
        raise MemoryError

    with pytest.raises(MissingResourceError, match="not enough memory"):
        Batcher(4).run(4, work)


def test_other_errors_are_not_taken_for_lack_of_memory() -> None:
    def work(part: slice) -> None:
        raise RuntimeError("shape mismatch")

    with pytest.raises(RuntimeError, match="shape mismatch"):
        Batcher(4).run(4, work)


@pytest.mark.parametrize(("free", "expected"), [(80e9, 32), (1.2e9, 15), (1e6, 1)])
def test_the_batch_follows_the_free_memory_of_a_gpu(
    monkeypatch: pytest.MonkeyPatch, free: float, expected: int
) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (int(free), int(free)))
    monkeypatch.setattr(batching, "bytes_per_slice", lambda *_: 40e6)
    size = batch_size_for(MTINet(NetworkSettings()), torch.device("cuda:0"))
    assert size == expected


def test_a_device_that_cannot_be_used_is_left_at_once() -> None:
    sizes: list[int] = []
    left: list[bool] = []

    def work(part: slice) -> None:
        sizes.append(part.stop - part.start)
        if not left:
            raise torch.AcceleratorError("CUDA error: no kernel image is available for execution")

    batcher = Batcher(8, lambda: left.append(True))
    batcher.run(10, work)
    assert sizes == [8, *[CPU_BATCH] * 2, 2]
    assert batcher.notes == ["gpu_left:CUDA error: no kernel image is available for execution"]


def test_a_gpu_too_full_to_be_asked_gets_one_slice_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(batching, "bytes_per_slice", full)
    assert batch_size_for(MTINet(NetworkSettings()), torch.device("cuda:0")) == 1
