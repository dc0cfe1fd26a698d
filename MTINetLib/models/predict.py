"""Slice-wise prediction: tumour probability and organs of every slice, and maps to read lesions from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from MTINetLib.models.backends.runner import SliceRunner
from MTINetLib.models.batching import Batcher, batch_size_for
from MTINetLib.models.device import Compute, cpu_compute
from MTINetLib.models.neighbours import with_neighbours
from MTINetLib.progress import Progress, Silent, Stage

Slices = npt.NDArray[np.float32]


class SegmentedSlices(NamedTuple):
    """What the network says of every slice.

    Args:
        probability: float32 [Z, S, S], of a tumour, between 0 and 1.
        anatomy: float16 [Z, classes, S/2, S/2], logits of the organs; None for a network without them.
    """

    probability: Slices
    anatomy: npt.NDArray[np.float16] | None


#: Maps of slices with a lesion are kept up to this; beyond it they are computed again when needed.
KEPT_BYTES = 400_000_000


@dataclass
class FeatureStore:
    """Maps by slice, as far as they fit."""

    room: int = KEPT_BYTES
    maps: dict[int, list[Tensor]] = field(default_factory=dict)

    def keep(self, z: int, maps: Sequence[Tensor]) -> None:
        """``maps`` are views of a batch's maps for one slice, [1, C, h, w]; they are copied."""
        size = sum(m.numel() * m.element_size() for m in maps)
        if size <= self.room:
            self.room -= size
            self.maps[z] = [m.clone() for m in maps]

    def clear(self) -> None:
        """Drop everything; the room is not given back, for memory was short."""
        self.maps.clear()
        self.room = 0

    def forget(self) -> None:
        """Drop the maps of a study, and keep those of the next one in the same room."""
        self.room += sum(m.numel() * m.element_size() for maps in self.maps.values() for m in maps)
        self.maps.clear()


@dataclass(frozen=True)
class LesionSlice:
    """One lesion where one slice cuts it: its label, the slice, its mask [S, S]."""

    label: int
    z: int
    mask: npt.NDArray[np.bool_]


class SlicePredictor:
    """The network on a device, asked in batches; falls back to smaller batches, then to the CPU.

    Args:
        prepare: gives the network ready for a device and precision (``LoadedModel.ready_for``).
        compute: where to run.
        batch_size: slices a batch; None takes it from free memory.
        fallback: where to go on when one slice does not fit; by default the CPU, if not there already.
    """

    def __init__(
        self,
        prepare: Callable[[Compute], SliceRunner],
        compute: Compute,
        batch_size: int | None = None,
        fallback: Compute | None = None,
    ) -> None:
        if fallback is None and compute.device.type != "cpu":
            fallback = cpu_compute()
        self.compute = compute
        self.network = prepare(compute)
        self.features = FeatureStore()
        self._prepare = prepare
        self._notes = compute.notes
        self._fallback = fallback
        size = batch_size or batch_size_for(self.network, compute.device)
        self._batcher = Batcher(size, self._leave if fallback else None, self.features.clear)

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be done about memory and devices, as sentences for the provenance."""
        return (*self._notes, *self._batcher.notes)

    @torch.inference_mode()
    def segment(self, slices: Slices, keep_above: float, progress: Progress | None = None) -> SegmentedSlices:
        """Tumour probability and organs of every slice, each encoded once.

        Args:
            slices: [Z, P, S, S], normalised units.
            keep_above: maps of slices that reach this probability are kept for :meth:`read`.
            progress: one step a slice.
        """
        progress = progress or Silent()
        probability = np.zeros((len(slices), *slices.shape[2:]), dtype=np.float32)
        anatomy: list[npt.NDArray[np.float16]] = []

        def work(part: slice) -> None:
            maps, answer = self._segmented(self._input(slices, range(part.start, part.stop)))
            probability[part] = answer.probability
            if answer.anatomy is not None:
                anatomy.append(answer.anatomy)
            for number, z in enumerate(range(part.start, part.stop)):
                if probability[z].max() >= keep_above:
                    self.features.keep(z, [m[number : number + 1] for m in maps])

        progress.start(Stage.FINDING_LESIONS, len(slices))
        self._batcher.run(len(slices), work, progress.update)
        progress.finish()
        return SegmentedSlices(probability, np.concatenate(anatomy) if anatomy else None)

    @torch.inference_mode()
    def look(self, slices: Slices, places: Sequence[int], gain: float) -> SegmentedSlices:
        """As :meth:`segment`, of some slices with all values multiplied by ``gain``; nothing is kept."""
        seen: list[SegmentedSlices] = []

        def work(part: slice) -> None:
            seen.append(self._segmented(self._input(slices, places[part]) * np.float32(gain))[1])

        self._batcher.run(len(places), work)
        organs = [one.anatomy for one in seen if one.anatomy is not None]
        return SegmentedSlices(
            np.concatenate([one.probability for one in seen]), np.concatenate(organs) if organs else None
        )

    def _segmented(self, stack: Slices) -> tuple[list[Tensor], SegmentedSlices]:
        """The maps of a network's input [B, C, S, S], and what it says."""
        phases = self._on_device(stack)
        maps = self.network.encode(phases)
        answer = self.network.segment(maps, phases)
        probability = torch.sigmoid(answer.mask_logits.float())[:, 0].cpu().numpy()
        organs = None if answer.anatomy_logits is None else answer.anatomy_logits.half().cpu().numpy()
        return maps, SegmentedSlices(probability, organs)

    @torch.inference_mode()
    def read(
        self, slices: Slices, asked: Sequence[LesionSlice], progress: Progress | None = None
    ) -> tuple[Slices | None, Slices | None]:
        """What the network says of each lesion slice.

        Returns:
            curves float32 [N, P] in normalised units, class logits float32 [N, classes]; None for an answer
            that the network does not give.
        """
        progress = progress or Silent()
        curves: dict[int, Slices] = {}
        logits: dict[int, Slices] = {}

        def work(part: slice) -> None:
            of_batch = asked[part]
            phases = self._on_device(self._input(slices, [item.z for item in of_batch]))
            focus = self._on_device(np.stack([item.mask for item in of_batch])[:, None].astype(np.float32))
            answers = self.network.read(self._maps(of_batch, phases), phases, focus)
            for kept, answer in zip((curves, logits), answers, strict=True):
                if answer is not None:
                    kept[part.start] = answer.float().cpu().numpy()

        progress.start(Stage.READING_LESIONS, len(asked))
        self._batcher.run(len(asked), work, progress.update)
        progress.finish()
        return _joined(curves), _joined(logits)

    def _maps(self, asked: Sequence[LesionSlice], phases: Tensor) -> list[Tensor]:
        kept = self.features.maps
        if any(item.z not in kept for item in asked):
            return self.network.encode(phases)
        dtype = self.compute.dtype
        return [
            torch.cat(maps).to(self.compute.device, dtype)
            for maps in zip(*(kept[item.z] for item in asked), strict=True)
        ]

    def _input(self, slices: Slices, places: Sequence[int] | range) -> Slices:
        return with_neighbours(slices, places, self.network.settings.neighbours)

    def _on_device(self, array: Slices) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.compute.device)

    def _leave(self) -> None:
        assert self._fallback is not None
        self.compute = self._fallback
        self.network = self._prepare(self._fallback)


def _joined(by_start: dict[int, Slices]) -> Slices | None:
    """The answers of the batches, in order."""
    return np.concatenate([by_start[start] for start in sorted(by_start)]) if by_start else None
