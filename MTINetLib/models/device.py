"""Which device and which precision an analysis runs with."""

from __future__ import annotations

import contextlib
import logging
import platform
import re
from dataclasses import dataclass, replace

import torch

from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.findings.notes import WORKED_ON_CPU, note
from MTINetLib.models.device_errors import DeviceProblem, device_problem, one_line, touch

logger = logging.getLogger(__name__)

PRECISIONS = ("auto", "fp32", "bf16")


@dataclass(frozen=True)
class Compute:
    """A device and the type of the network's weights on it.

    Args:
        device: where the network runs.
        dtype: torch.float32 or torch.bfloat16.
        asked: the user named this device, so no other one is taken in its place at the start.
        notes: why it is not the one that would have come first, see findings/notes.py.
        backend: the program that runs the network there, a name of ``backends.backend.BACKENDS``.
    """

    device: torch.device
    dtype: torch.dtype
    asked: bool = False
    notes: tuple[str, ...] = ()
    backend: str = "torch"

    @property
    def precision(self) -> str:
        """``fp32`` or ``bf16``."""
        return "bf16" if self.dtype == torch.bfloat16 else "fp32"

    @property
    def arithmetic(self) -> str:
        """The precision for provenance: that fp32 is multiplied as TF32 is said."""
        return "fp32 (TF32)" if self.precision == "fp32" and takes_tf32(self.device) else self.precision

    @property
    def title(self) -> str:
        """For provenance: ``cpu (x86_64)`` or ``cuda:0 (name of the GPU)``."""
        if self.device.type == "cuda":
            return f"{self.device} ({torch.cuda.get_device_name(self.device)})"
        return f"{self.device} ({platform.machine() or 'unknown'})"


def choose_compute(device: str = "auto", precision: str = "auto") -> Compute:
    """Resolve what the user asked for.

    Args:
        device: ``auto`` (the first GPU if there is one that can be used), ``cpu``, ``cuda`` or ``cuda:n``.
        precision: ``fp32``, ``bf16``, or ``auto``: bf16 where the hardware has it, else fp32. Whether a
            network gains by it shows only when it is there, see ``LoadedModel.settled``.

    Raises:
        InputError: a word that is none of these.
        MissingResourceError: a GPU was asked for that is not there or cannot be used.
    """
    word = device.strip().lower()
    if precision not in PRECISIONS:
        raise InputError(f"The precision {precision!r} is unknown; use one of {', '.join(PRECISIONS)}.")
    chosen = Compute(_device(word), torch.float32, asked=word != "auto")
    try:
        touch(chosen.device)
        return replace(chosen, dtype=_dtype(chosen.device, precision))
    except (RuntimeError, AssertionError, MemoryError) as error:
        return on_cpu_instead(chosen, error, precision)


def on_cpu_instead(chosen: Compute, error: BaseException, precision: str = "auto") -> Compute:
    """Where to run when a device failed before any work was done on it: the CPU, unless the user named it.

    Raises:
        MissingResourceError: the user named the device.
        the error: it has to do with something else, or the CPU itself failed.
    """
    problem = device_problem(error)
    if problem is None or chosen.device.type == "cpu":
        raise error
    why = f"{chosen.device} {problem.value} ({one_line(error)})"
    if chosen.asked:
        remedy = (
            "close the programs that fill it"
            if problem is DeviceProblem.NO_ROOM
            else "look at the driver (nvidia-smi), and whether another program holds it"
        )
        raise MissingResourceError(f"{why}; {remedy}, or use the device cpu or auto.") from error
    told = note(WORKED_ON_CPU, why)
    logger.warning("%s", told, extra={"note": told})
    cpu = torch.device("cpu")
    return Compute(cpu, _dtype(cpu, precision), notes=(*chosen.notes, told))


def give_back_gpu_memory() -> None:
    """What torch keeps for later; a GPU that failed may refuse even that, and then nothing is lost."""
    if torch.cuda.is_available():
        with contextlib.suppress(RuntimeError):
            torch.cuda.empty_cache()


def cpu_compute(dtype: torch.dtype = torch.float32) -> Compute:
    return Compute(torch.device("cpu"), dtype)


def _dtype(device: torch.device, precision: str) -> torch.dtype:
    if precision == "auto":
        return torch.bfloat16 if has_fast_bf16(device) else torch.float32
    return torch.bfloat16 if precision == "bf16" else torch.float32


def takes_tf32(device: torch.device) -> bool:
    """Whether convolutions of float32, nearly all of a network's work, are multiplied as TF32 there."""
    if device.type != "cuda" or not torch.backends.cudnn.allow_tf32:
        return False
    return torch.cuda.get_device_capability(device)[0] >= 8


def has_fast_bf16(device: torch.device) -> bool:
    """Whether bf16 is native: AMX, AVX512-BF16 or ARM's BF16 on a CPU, Ampere or later on a GPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device)[0] >= 8
    if platform.machine().lower() in ("arm64", "aarch64"):
        return _asks(torch.ops.mkldnn, "_is_mkldnn_bf16_supported")
    return _asks(torch.cpu, "_is_amx_tile_supported") or _asks(torch.cpu, "_is_avx512_bf16_supported")


def _asks(owner: object, name: str) -> bool:
    """These questions are private to torch and may be gone in another version; then the answer is no."""
    try:
        return bool(getattr(owner, name)())
    except (AttributeError, RuntimeError):
        return False


def _device(text: str) -> torch.device:
    if text == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    if text == "cpu":
        return torch.device("cpu")
    match = re.fullmatch(r"cuda(?::(\d+))?", text)
    if not match:
        raise InputError(f"The device {text!r} is unknown; use auto, cpu, cuda or cuda:n.")
    number = int(match.group(1) or 0)
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if number >= count:
        found = f"{count} found" if count else "none found"
        raise MissingResourceError(
            f"There is no GPU {number} that this torch can use ({found}); use the device cpu."
        )
    return torch.device(f"cuda:{number}")
