"""What feeds a run: training batches by the sampler, and a fixed set of validation slices."""

from __future__ import annotations

import lightning.pytorch as pl
import torch
from torch.utils.data import DataLoader

from MTINetLib.study.phase import FOUR_PHASES, phase_set, usual_reference
from MTINetLib.training.dataset import (
    BatchMaker,
    Sample,
    SliceDataset,
    StackedSamples,
    TrainingBatch,
    stacked,
)
from MTINetLib.training.sampling import NO_LESION, DrawSampler, validation_draws
from MTINetLib.training.settings import TrainingSettings
from MTINetLib.training.slice_store import SliceStore

_VALIDATION_BATCH = 8
#: Curves that the discriminator's scale is taken from.
_CURVES = 256


class SliceLoaders(pl.LightningDataModule):
    """Loaders of one process; each process of a multi-device run gets its own part of every batch."""

    def __init__(self, training: SliceStore, validation: SliceStore, settings: TrainingSettings) -> None:
        super().__init__()
        self._settings = settings
        self._training, self._validation = training, validation
        self.steps_per_epoch = len(self._sampler(0, settings.devices * settings.nodes))

    def train_dataloader(self) -> DataLoader[Sample]:
        settings, trainer = self._settings, self.trainer
        assert trainer is not None
        sampler = self._sampler(trainer.global_rank, trainer.world_size)
        sampler.epoch_of = lambda: trainer.current_epoch
        return DataLoader(
            self._slices(self._training),
            batch_sampler=sampler,
            collate_fn=stacked if settings.augment_on == "device" else self._varied,
            num_workers=settings.workers,
            persistent_workers=settings.workers > 0,
            pin_memory=torch.cuda.is_available(),
            # Its own stream, so that starting an epoch does not move the one that dropout uses.
            generator=torch.Generator().manual_seed(settings.seed),
        )

    def on_after_batch_transfer(
        self, batch: TrainingBatch | StackedSamples, dataloader_idx: int
    ) -> TrainingBatch:
        """Batches that the loader did not vary are varied on the device."""
        return self._varied.made_of(batch) if isinstance(batch, StackedSamples) else batch

    @property
    def _varied(self) -> BatchMaker:
        settings = self._settings
        augmentation = settings.augmentation if settings.augmentation.strength > 0 else None
        return BatchMaker(augmentation, self._reference(), settings.network.phase_count)

    def _reference(self) -> int:
        """Number of the phase that the masks lie on."""
        phases = phase_set(self._settings.phases) if self._settings.phases else FOUR_PHASES
        return phases.index(usual_reference(phases))

    def val_dataloader(self) -> DataLoader[Sample]:
        settings, trainer = self._settings, self.trainer
        assert trainer is not None
        draws = validation_draws(self._validation, settings.validation_slices, settings.seed)
        batches = [draws[n : n + _VALIDATION_BATCH] for n in range(0, len(draws), _VALIDATION_BATCH)]
        return DataLoader(
            self._slices(self._validation),
            batch_sampler=batches[trainer.global_rank :: trainer.world_size],
            collate_fn=self._unvaried(),
            num_workers=min(1, settings.workers),
            pin_memory=torch.cuda.is_available(),
            generator=torch.Generator().manual_seed(settings.seed),
        )

    def curve_statistics(self) -> tuple[torch.Tensor, torch.Tensor] | None:
        """Mean and deviation [P] of training curves; None where fewer than two slices bear a tumour."""
        settings = self._settings
        draws = validation_draws(self._training, 2 * _CURVES, settings.seed)
        dataset, make = self._slices(self._training), self._unvaried()
        curves = [make([dataset[draw]]).curve[0] for draw in draws if draw.lesion != NO_LESION]
        if len(curves) < 2:
            return None
        stacked = torch.stack(curves)
        return stacked.mean(0), stacked.std(0)

    def _slices(self, store: SliceStore) -> SliceDataset:
        network = self._settings.network
        return SliceDataset(store, network.lesion_focus, network.neighbours)

    def _unvaried(self) -> BatchMaker:
        return BatchMaker(None, phase_count=self._settings.network.phase_count)

    def _sampler(self, rank: int, world: int) -> DrawSampler:
        settings = self._settings
        return DrawSampler(
            self._training,
            settings.sampling,
            batch_size=settings.batch_size,
            steps=settings.steps_per_epoch,
            tumour_share=settings.tumour_share,
            mix_share=settings.mix_share,
            bearing_only=not settings.network.segments,
            seed=settings.seed,
            rank=rank,
            world=world,
        )
