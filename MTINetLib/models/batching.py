"""Batches that shrink when memory runs out, and then leave the GPU."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from MTINetLib.errors import MissingResourceError
from MTINetLib.findings.notes import BATCH_HALVED, CONTINUED_ON_CPU, GPU_LEFT, note
from MTINetLib.models.backends.runner import CPU_BATCH, SliceRunner
from MTINetLib.models.device import give_back_gpu_memory
from MTINetLib.models.device_errors import DeviceProblem, device_problem, one_line
from MTINetLib.models.slice_memory import bytes_per_slice

logger = logging.getLogger(__name__)

LARGEST_BATCH = 32
#: Share of the GPU's free memory that the maps of one batch may take: as much again is left for what
#: operators take for themselves (cuDNN, cuFFT) and for the gaps between blocks.
_FREE_SHARE = 0.5


def batch_size_for(network: SliceRunner, device: torch.device) -> int:
    """Slices a batch by the device's free memory and what one slice takes of it, 1 to LARGEST_BATCH."""
    if device.type != "cuda":
        return CPU_BATCH
    try:
        needed = bytes_per_slice(network, device)
        free, _ = torch.cuda.mem_get_info(device)
    except RuntimeError as error:
        if device_problem(error) is None:
            raise
        return 1  # the first batch finds out, and there is a way on from it
    return max(1, min(LARGEST_BATCH, int(_FREE_SHARE * free / needed)))


@dataclass(frozen=True)
class _Failure:
    """Why a batch failed: what it means, and what torch said."""

    problem: DeviceProblem
    said: str


@dataclass
class Batcher:
    """Runs work in batches.

    Args:
        size: slices a batch; halved when memory runs out.
        to_cpu: moves the work to the CPU; called when a single slice does not fit or the device fails.
            None if it is there.
        relieve: frees what can be freed before a batch is tried again.
        notes: what happened, for the provenance of the result.
    """

    size: int
    to_cpu: Callable[[], None] | None = None
    relieve: Callable[[], None] = lambda: None
    notes: list[str] = field(default_factory=list)

    def run(
        self, count: int, work: Callable[[slice], None], done: Callable[[int], None] = lambda _: None
    ) -> None:
        """Call ``work`` with slices of 0..count, ``done`` after each with the number that is finished.

        Raises:
            MissingResourceError: even one item does not fit into the computer's memory.
        """
        start = 0
        while start < count:
            part = slice(start, min(start + self.size, count))
            problem = self._tried(work, part)
            if problem is None:
                start = part.stop
                done(start)
            else:
                self._make_room(problem)

    def _tried(self, work: Callable[[slice], None], part: slice) -> _Failure | None:
        # Room is made after this returned: while the exception lives, it holds the failed batch's memory.
        try:
            work(part)
        except (RuntimeError, MemoryError) as error:
            problem = device_problem(error)
            # A device is given up, the computer itself is not.
            if problem is None or (problem is DeviceProblem.UNUSABLE and self.to_cpu is None):
                raise
            return _Failure(problem, one_line(error))
        return None

    def _make_room(self, failure: _Failure) -> None:
        self.relieve()
        give_back_gpu_memory()
        unusable = failure.problem is DeviceProblem.UNUSABLE
        if self.size > 1 and not unusable:
            self.size //= 2
            self._note(note(BATCH_HALVED, self.size))
        elif self.to_cpu is not None:
            self.to_cpu()
            self.to_cpu = None
            self.size = CPU_BATCH
            self._note(note(GPU_LEFT, failure.said) if unusable else CONTINUED_ON_CPU)
        else:
            raise MissingResourceError(
                "There is not enough memory to analyze one slice; close other programs and try again."
            )

    def _note(self, item: str) -> None:
        logger.warning("%s", item, extra={"note": item})
        self.notes.append(item)
