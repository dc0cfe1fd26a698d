"""What every slice-wise network answers: a slice is encoded, segmented, and its lesions are read."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from torch import Tensor, nn

from MTINetLib.network.slice_settings import SliceSettings


class Segmentation(NamedTuple):
    """What a network says of every pixel.

    Args:
        mask_logits: [B, 1, S, S]; sigmoid gives the tumour probability.
        anatomy_logits: [B, classes, S/2, S/2]; their greatest is the value of the anatomy map (see
            study/anatomy.py); None for a network that does not tell.
    """

    mask_logits: Tensor
    anatomy_logits: Tensor | None = None


class LearntSlices(Protocol):
    """What a network that brings its own loss learns from: a training batch, shapes as there."""

    @property
    def phases(self) -> Tensor:
        """The input, float32 [B, C, S, S]."""

    @property
    def tumour(self) -> Tensor:
        """float32 [B, 1, S, S], 1 inside any lesion."""

    @property
    def curve(self) -> Tensor:
        """float32 [B, P], normalised units."""

    @property
    def class_index(self) -> Tensor:
        """int64 [B], -1 for unknown."""

    @property
    def bears_tumour(self) -> Tensor:
        """bool [B], whether curve and class mean anything."""


class SliceNetwork(nn.Module):
    """A network that is asked slice by slice, in three steps.

    One whose settings say that it does not segment is never asked to; one that has neither curve nor class
    answers None when it is read.

    Inference gives float32 phases, whatever the type of the weights; the network converts them. Its input has
    C = ``input_channels(settings)`` channels: the P phases of the slice itself, and behind them those of the
    neighbouring slices that it looks at, in the order of ``slice_settings.offsets``.
    """

    settings: SliceSettings

    def encode(self, phases: Tensor) -> list[Tensor]:
        """Input [B, C, S, S] in normalised units -> maps [B, ...] that the other steps read."""
        raise NotImplementedError

    def segment(self, features: list[Tensor], phases: Tensor) -> Segmentation:
        """Maps and the input -> logits of the mask and of the anatomy."""
        raise NotImplementedError

    def own_loss(self, batch: LearntSlices) -> dict[str, Tensor] | None:
        """The terms of a loss that is the network's own, by name; their sum is minimised.

        None, as here, for a network that learns by the terms of ``training/losses.py``.
        """
        return None

    def read(
        self, features: list[Tensor], phases: Tensor, focus: Tensor
    ) -> tuple[Tensor | None, Tensor | None]:
        """Curve [B, P] in normalised units and class logits [B, classes] of the lesion under the focus.

        Args:
            features: maps of ``encode``.
            phases: the input, [B, C, S, S].
            focus: [B, 1, S, S], the mask of one lesion, hard or soft, 0 to 1.

        Returns:
            None for an answer that the network does not give.
        """
        raise NotImplementedError
