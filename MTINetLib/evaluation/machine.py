"""What machine and which versions a figure was measured on."""

from __future__ import annotations

import datetime
import importlib
import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import MTINetLib


def describe_machine() -> dict[str, Any]:
    """Processor, cores, memory, instruction sets, operating system, versions, threads and the date (UTC).

    No host name and no user name. A figure that the system does not tell is None.
    """
    torch = _torch()
    return {
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "usable_cores": _usable_cores(),
        "memory_gb": memory_gb(),
        **instruction_sets(),
        "gpu": _gpu_name(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "torch": _version("torch"),
        "mtinet": MTINetLib.__version__,
        "threads": None if torch is None else int(torch.get_num_threads()),
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    }


def cpu_model() -> str | None:
    """The processor's name for people."""
    if platform.system() == "Linux":
        return _linux_cpu_field("model name")
    if platform.system() == "Darwin":
        return _first_line(["sysctl", "-n", "machdep.cpu.brand_string"])
    return platform.processor() or None


def memory_gb() -> float | None:
    """The machine's memory in GB (1e9 bytes)."""
    try:
        psutil = importlib.import_module("psutil")
    except ImportError:
        return None
    return round(float(psutil.virtual_memory().total) / 1e9, 1)


def instruction_sets() -> dict[str, bool | None]:
    """Whether the processor multiplies bf16 by AMX tiles or by AVX-512; None where nothing tells."""
    flags = _linux_cpu_field("flags") if platform.system() == "Linux" else None
    if flags is not None:
        words = flags.split()
        return {"amx_bf16": "amx_bf16" in words, "avx512_bf16": "avx512_bf16" in words}
    return {
        "amx_bf16": _torch_cpu("_is_amx_tile_supported"),
        "avx512_bf16": _torch_cpu("_is_avx512_bf16_supported"),
    }


def _linux_cpu_field(name: str) -> str | None:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return None


def _first_line(command: list[str]) -> str | None:
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.strip() or None


def _torch() -> Any:
    try:
        return importlib.import_module("torch")
    except ImportError:
        return None


def _torch_cpu(question: str) -> bool | None:
    """Torch's own, unofficial answer, which other versions may not have."""
    try:
        return bool(getattr(_torch().cpu, question)())
    except (AttributeError, RuntimeError):
        return None


def _gpu_name() -> str | None:
    torch = _torch()
    return str(torch.cuda.get_device_name()) if torch is not None and torch.cuda.is_available() else None


def _usable_cores() -> int | None:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
