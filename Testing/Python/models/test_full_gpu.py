"""A GPU that other programs have filled, or that cannot be used: by the very errors that torch raises."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from support.small_models import random_model

from MTINetLib.errors import MissingResourceError
from MTINetLib.models import device as device_module
from MTINetLib.models.device import choose_compute
from MTINetLib.models.device_errors import DeviceProblem, device_problem
from MTINetLib.models.store import LoadedModel, load_model, load_ready_model
from MTINetLib.presentation.note_words import note_in_words

NO_ROOM = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of"),
    torch.AcceleratorError("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported"),
    RuntimeError("CUDA error: out of memory"),
    RuntimeError("CUDA error: cudaErrorMemoryAllocation"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_NOT_INITIALIZED"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("MPS backend out of memory (MPS allocated: 17.9 GB, other allocations: 384.00 KB)"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: you tried"),
    RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes."),
    MemoryError(),
]
UNUSABLE = [
    torch.AcceleratorError("CUDA error: CUDA-capable device(s) is/are busy or unavailable"),
    torch.AcceleratorError("CUDA error: no kernel image is available for execution on the device"),
    RuntimeError("The NVIDIA driver on your system is too old (found version 11040)."),
    RuntimeError("Found no NVIDIA driver on your system."),
    RuntimeError("CUDA driver initialization failed, you might not have a CUDA gpu."),
    RuntimeError("CUDA unknown error - this may be due to an incorrectly set up environment"),
    RuntimeError("Unexpected error from cudaGetDeviceCount(). Error 802: system not yet initialized"),
    torch.AcceleratorError("CUDA error: unspecified launch failure"),
    RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
    AssertionError("Torch not compiled with CUDA enabled"),
]


@pytest.mark.parametrize("error", NO_ROOM, ids=str)
def test_every_word_for_no_room_is_known(error: Exception) -> None:
    assert device_problem(error) is DeviceProblem.NO_ROOM


@pytest.mark.parametrize("error", UNUSABLE, ids=str)
def test_every_word_for_a_device_that_cannot_be_used_is_known(error: Exception) -> None:
    assert device_problem(error) is DeviceProblem.UNUSABLE


@pytest.mark.parametrize(
    "error", [RuntimeError("shape '[2]' is invalid"), ValueError("out of memory"), KeyError("cuda error")]
)
def test_other_errors_say_nothing_of_a_device(error: Exception) -> None:
    assert device_problem(error) is None


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch believes in a GPU that can be touched."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (9, 0))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device=None: "Test GPU")
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    monkeypatch.setattr(device_module, "touch", lambda device: None)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return random_model(tmp_path / "model").info.folder


DEVICE_ERRORS = [error for error in [*NO_ROOM, *UNUSABLE] if "Default" not in str(error)]


@pytest.mark.usefixtures("gpu")
@pytest.mark.parametrize("error", DEVICE_ERRORS, ids=str)
def test_a_gpu_that_fails_when_first_touched(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fails(device: torch.device) -> None:
        if device.type == "cuda":
            raise error

    monkeypatch.setattr(device_module, "touch", fails)
    compute = choose_compute("auto", "fp32")
    assert compute.device.type == "cpu"
    assert len(compute.notes) == 1
    assert note_in_words(compute.notes[0]).endswith("worked on the CPU")
    with pytest.raises(MissingResourceError, match=r"cuda:0 .*use the device cpu or auto"):
        choose_compute("cuda", "fp32")


@pytest.mark.usefixtures("gpu")
@pytest.mark.parametrize("error", [e for e in DEVICE_ERRORS if not isinstance(e, AssertionError)], ids=str)
def test_a_gpu_that_fails_while_the_model_is_moved_there(
    monkeypatch: pytest.MonkeyPatch, model: Path, error: Exception
) -> None:
    moved = LoadedModel.ready_for

    def ready_for(self: LoadedModel, compute: object) -> object:
        if compute.device.type == "cuda":  # type: ignore[attr-defined]
            raise error
        return moved(self, compute)  # type: ignore[arg-type]

    monkeypatch.setattr(LoadedModel, "ready_for", ready_for)
    loaded = load_ready_model(model, "auto", "fp32")
    compute = loaded.settled("auto", "fp32")
    assert compute.device.type == "cpu"
    assert compute.notes[0].startswith("worked_on_cpu:cuda:0 ")
    assert note_in_words(compute.notes[0]).endswith("worked on the CPU")
    with pytest.raises(MissingResourceError, match=r"cuda:0 .*use the device cpu or auto"):
        load_model(model).settled("cuda:0", "fp32")


@pytest.mark.usefixtures("gpu")
def test_a_defect_is_not_taken_for_a_full_gpu(monkeypatch: pytest.MonkeyPatch, model: Path) -> None:
    def ready_for(self: LoadedModel, compute: object) -> object:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(LoadedModel, "ready_for", ready_for)
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        load_model(model).settled("auto", "fp32")
