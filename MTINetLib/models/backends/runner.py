"""What a backend gives: something that answers as a network does."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from MTINetLib.network.slice_network import Segmentation
from MTINetLib.network.slice_settings import SliceSettings

#: Slices a batch on a CPU: more does not run faster, its maps only leave the caches.
CPU_BATCH = 4


class SliceRunner(Protocol):
    """A network on a device, by whatever program; the steps are those of ``network/slice_network.py``."""

    @property
    def settings(self) -> SliceSettings:
        """Of the network."""

    def encode(self, phases: Tensor) -> list[Tensor]:
        """Input [B, C, S, S] -> maps that the other steps read; none where they never leave the backend."""

    def segment(self, features: list[Tensor], phases: Tensor) -> Segmentation:
        """Maps and the input -> logits of the mask and of the anatomy."""

    def read(
        self, features: list[Tensor], phases: Tensor, focus: Tensor
    ) -> tuple[Tensor | None, Tensor | None]:
        """Curve and class logits of the lesion under the focus [B, 1, S, S]."""
