"""What every slice-wise network answers: a slice is encoded, segmented, and its lesions are read."""

from __future__ import annotations

from torch import Tensor, nn

from MTINetLib.network.slice_settings import SliceSettings


class SliceNetwork(nn.Module):
    """A network that is asked slice by slice, in three steps.

    Inference gives float32 phases, whatever the type of the weights; the network converts them.
    """

    settings: SliceSettings

    def encode(self, phases: Tensor) -> list[Tensor]:
        """Phases [B, P, S, S] in normalised units -> maps [B, ...] that the other steps read."""
        raise NotImplementedError

    def segment(self, features: list[Tensor], phases: Tensor) -> Tensor:
        """Maps and phases -> mask logits [B, 1, S, S]."""
        raise NotImplementedError

    def read(
        self, features: list[Tensor], phases: Tensor, focus: Tensor
    ) -> tuple[Tensor | None, Tensor | None]:
        """Curve [B, P] in normalised units and class logits [B, classes] of the lesion under the focus.

        Args:
            focus: [B, 1, S, S], the mask of one lesion, hard or soft, 0 to 1.

        Returns:
            None for an answer that the network does not give.
        """
        raise NotImplementedError
