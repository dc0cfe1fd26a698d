"""Batches that shrink when memory runs out, and then leave the GPU."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from MTINetLib.errors import MissingResourceError
from MTINetLib.network import NetworkSettings

logger = logging.getLogger(__name__)

#: Slices a batch on a CPU: more does not run faster, its maps only leave the caches.
CPU_BATCH = 4
LARGEST_BATCH = 32
#: Share of the GPU's free memory that one batch may take.
_FREE_SHARE = 0.5


def batch_size_for(settings: NetworkSettings, device: torch.device) -> int:
    """Slices a batch by the device's free memory, 1 to LARGEST_BATCH."""
    if device.type != "cuda":
        return CPU_BATCH
    free, _ = torch.cuda.mem_get_info(device)
    return max(1, min(LARGEST_BATCH, int(_FREE_SHARE * free / _bytes_per_slice(settings))))


def _bytes_per_slice(settings: NetworkSettings) -> int:
    # The first block's maps of two domains and four phases dominate; three of them are alive at once.
    return 3 * 2 * 4 * settings.widths[0] * settings.image_size**2 * 4


def is_out_of_memory(error: BaseException) -> bool:
    """Torch says it in several ways, by device and allocator."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)


@dataclass
class Batcher:
    """Runs work in batches.

    Args:
        size: slices a batch; halved when memory runs out.
        to_cpu: moves the work to the CPU; called when a single slice does not fit. None if it is there.
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
            if self._fits(work, part):
                start = part.stop
                done(start)
            else:
                self._make_room()

    def _fits(self, work: Callable[[slice], None], part: slice) -> bool:
        # Room is made after this returned: while the exception lives, it holds the failed batch's memory.
        try:
            work(part)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            return False
        return True

    def _make_room(self) -> None:
        self.relieve()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if self.size > 1:
            self.size //= 2
            self._note(f"out of memory: batch halved to {self.size}")
        elif self.to_cpu is not None:
            self.to_cpu()
            self.to_cpu = None
            self.size = CPU_BATCH
            self._note("out of memory: continued on the CPU")
        else:
            raise MissingResourceError(
                "There is not enough memory to analyse one slice; close other programs and try again."
            )

    def _note(self, text: str) -> None:
        logger.warning(text)
        self.notes.append(text)
