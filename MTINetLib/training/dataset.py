"""Samples and batches: what one training step looks at, and the labels that belong to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from MTINetLib.network.tim import task_interaction_curve
from MTINetLib.training.augmentation import augment, jitter_focus
from MTINetLib.training.sampling import NO_LESION, Draw
from MTINetLib.training.settings import AugmentationSettings
from MTINetLib.training.slice_store import UNKNOWN_CLASS, SliceStore


class Sample(NamedTuple):
    """One slice as it lies on the disk: float16 [C, S, S], bool masks [S, S], uint8 organs [S/2, S/2].

    See TrainingBatch.
    """

    phases: Tensor
    tumour: Tensor
    lesion: Tensor
    anatomy: Tensor
    class_index: int
    seed: int


class TrainingBatch(NamedTuple):
    """A batch of B slices with S x S pixels.

    Args:
        phases: float32 [B, C, S, S], normalised units, see ``SliceNetwork``.
        tumour: float32 [B, 1, S, S], 1 inside any lesion.
        lesion: float32 [B, 1, S, S], 1 inside the lesion asked about; all tumour in slice focus.
        focus: float32 [B, 1, S, S], that lesion as a predicted mask might show it; ones on healthy slices.
        curve: float32 [B, P], mean per phase inside ``lesion``, normalised units; 0 on healthy slices.
        tumour_curve: float32 [B, P], the same inside ``tumour``.
        class_index: int64 [B], place in the store's classes, -1 unknown or healthy.
        bears_tumour: bool [B], whether ``lesion`` has any pixel.
        anatomy: uint8 [B, S/2, S/2], see study/anatomy.py; unknown throughout where a case has no map.
    """

    phases: Tensor
    tumour: Tensor
    lesion: Tensor
    focus: Tensor
    curve: Tensor
    tumour_curve: Tensor
    class_index: Tensor
    bears_tumour: Tensor
    anatomy: Tensor


class SliceDataset(Dataset[Sample]):
    """Slices of a store by :class:`Draw`; ``lesion_focus`` and ``neighbours`` as in NetworkSettings."""

    def __init__(self, store: SliceStore, lesion_focus: str, neighbours: int = 0) -> None:
        self._store, self._whole_slice = store, lesion_focus == "slice"
        self._neighbours = neighbours

    def __len__(self) -> int:
        return len(self._store.entries)

    def __getitem__(self, draw: Draw) -> Sample:
        entry = self._store.entries[draw.entry]
        phases = torch.from_numpy(np.array(self._store.phases(entry, self._neighbours)))
        anatomy = torch.from_numpy(np.array(self._store.anatomy(entry)))
        labels = torch.from_numpy(np.array(self._store.labels(entry)))
        tumour = labels > 0
        if draw.lesion == NO_LESION:
            return Sample(phases, tumour, tumour, anatomy, UNKNOWN_CLASS, draw.seed)
        asked = entry.lesions if self._whole_slice else entry.lesions[draw.lesion : draw.lesion + 1]
        seen = [lesion for lesion in asked if lesion.seen]
        lesion = torch.isin(labels, torch.tensor([one.label for one in seen], dtype=labels.dtype))
        class_index = seen[0].class_index if seen else UNKNOWN_CLASS
        return Sample(phases, tumour, lesion, anatomy, class_index, draw.seed)


class StackedSamples(NamedTuple):
    """Samples as a batch, not varied yet: Sample's fields, [B, ...] each; seeds int64 [B]."""

    phases: Tensor
    tumour: Tensor
    lesion: Tensor
    anatomy: Tensor
    class_index: Tensor
    seeds: Tensor


def stacked(samples: Sequence[Sample]) -> StackedSamples:
    """What a loader's process does at least."""
    images = (torch.stack(parts) for parts in zip(*(sample[:4] for sample in samples), strict=True))
    numbers = (torch.tensor(parts) for parts in zip(*(sample[4:] for sample in samples), strict=True))
    return StackedSamples(*images, *numbers)


class BatchMaker:
    """Collates samples and augments the whole batch at once, in the loader's process or on a device.

    Labels are computed after augmentation, so that the curve is that of the pixels the network sees.

    Args:
        settings: None varies nothing.
        reference: number of the phase that the masks lie on.
        phase_count: phases of a slice; 0 where samples hold no neighbours.
    """

    def __init__(
        self, settings: AugmentationSettings | None, reference: int = 2, phase_count: int = 0
    ) -> None:
        self._settings, self._reference, self._phase_count = settings, reference, phase_count

    def __call__(self, samples: Sequence[Sample]) -> TrainingBatch:
        return self.made_of(stacked(samples))

    def made_of(self, samples: StackedSamples) -> TrainingBatch:
        """The batch, on the device of the samples."""
        phases, anatomy = samples.phases.float(), samples.anatomy
        tumour, lesion = samples.tumour[:, None].float(), samples.lesion[:, None].float()
        count = self._phase_count or phases.shape[1]
        if self._settings is not None:
            seeds = samples.seeds.tolist()
            phases, tumour, lesion, organs = augment(
                phases,
                tumour,
                lesion,
                self._settings,
                seeds,
                self._reference,
                anatomy=anatomy,
                phase_count=count,
            )
            anatomy = anatomy if organs is None else organs
            # Lesion by lesion, in small boxes: nothing for a GPU.
            focus = jitter_focus(lesion.cpu(), self._settings.focus_jitter, seeds).to(lesion.device)
        else:
            focus = lesion.clone()
        bears_tumour = lesion.flatten(1).any(dim=1)
        focus[~bears_tumour] = 1.0
        return TrainingBatch(
            phases=phases.contiguous(),
            tumour=tumour,
            lesion=lesion,
            focus=focus,
            curve=task_interaction_curve(lesion, phases[:, :count]),
            tumour_curve=task_interaction_curve(tumour, phases[:, :count]),
            class_index=torch.where(bears_tumour, samples.class_index, UNKNOWN_CLASS),
            bears_tumour=bears_tumour,
            anatomy=anatomy,
        )
