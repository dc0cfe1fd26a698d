"""What every slice-wise network answers: a slice is encoded, segmented, and its lesions are read."""

from __future__ import annotations

from typing import NamedTuple

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


class SliceNetwork(nn.Module):
    """A network that is asked slice by slice, in three steps.

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
