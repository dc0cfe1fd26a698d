"""How many processes a machine gets, with how many threads and how much memory each."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass

from MTINetLib.errors import InputError

#: With so much a worker analyzes any usual study (80 slices of four phases take 1 GB at their peak).
_WANTED_BYTES = 4 << 30
_LEAST_BYTES = 1536 << 20
#: The share of the machine's memory that workers may have together.
_SHARE = 0.9
#: Processes that share a GPU: one computes while the others read and write.
_A_GPU = 4


@dataclass(frozen=True)
class Plan:
    """What workers there are on this machine.

    Args:
        workers: processes; each has one study at a time.
        threads: of each process.
        memory: bytes that each may take; one that takes more is ended, and another one takes its place.
        gpus: names of the GPUs, as CUDA_VISIBLE_DEVICES has them; the workers take turns.
    """

    workers: int
    threads: int
    memory: int
    gpus: tuple[str, ...] = ()

    @property
    def in_words(self) -> str:
        from MTINetLib.presentation.counts import counted

        gpus = f", on {counted(len(self.gpus), 'GPU')}" if self.gpus else ""
        return (
            f"{counted(self.workers, 'process', 'processes')} of {counted(self.threads, 'thread')} and at "
            f"most {self.memory / (1 << 30):.1f} GiB each{gpus}"
        )


def plan_for(wanted: int | None, cores: int, memory: int, gpus: tuple[str, ...] = ()) -> Plan:
    """As many processes as there are cores, where the memory is enough for them.

    Args:
        wanted: how many processes the user asked for.
        memory: bytes of the machine.

    Raises:
        InputError: the memory is not enough for so many.
    """
    usable = int(_SHARE * memory)
    if wanted is None:
        most = _A_GPU * len(gpus) if gpus else cores
        workers = max(1, min(cores, most, usable // _WANTED_BYTES))
    else:
        workers = wanted
        if workers < 1:
            raise InputError(f"--workers {wanted} is no number of processes; use 1 or more.")
        most = max(1, usable // _LEAST_BYTES)
        if workers > most:
            raise InputError(
                f"--workers {wanted} would leave {usable / wanted / (1 << 30):.1f} GiB to each process, and "
                f"a study may take {_LEAST_BYTES / (1 << 30):.1f} GiB: use {most} at most."
            )
    return Plan(workers, max(1, cores // workers), usable // workers, gpus)


def gpus_here(device: str) -> tuple[str, ...]:
    """The GPUs that a run on ``device`` uses, found without loading torch; none on processors."""
    word = device.strip().lower()
    if word == "cpu":
        return ()
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        names = tuple(name.strip() for name in visible.split(",") if name.strip() and name.strip() != "-1")
    else:
        names = tuple(map(str, range(_count())))
    if word.startswith("cuda:"):
        number = word.partition(":")[2]
        return names[int(number) : int(number) + 1] if number.isdecimal() else ()
    return names


def _count() -> int:
    program = shutil.which("nvidia-smi")
    if program is None:
        return 0
    try:
        told = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return 0
    return sum(line.startswith("GPU ") for line in told.stdout.splitlines())
