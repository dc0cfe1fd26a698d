"""MTI-Net whole (Figure 2): encoders, MdIEF at every scale, decoder, transformer, heads, TIM."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from MTINetLib.network.decoder import Decoder
from MTINetLib.network.encoder import make_encoder
from MTINetLib.network.layers import phases_to_batch, phases_to_channels
from MTINetLib.network.mdief import GatedFusion, NaiveFusion
from MTINetLib.network.settings import NetworkSettings
from MTINetLib.network.slice_network import Segmentation, SliceNetwork
from MTINetLib.network.slice_settings import input_channels, offsets
from MTINetLib.network.spectral import highpass
from MTINetLib.network.tim import task_interaction_curve
from MTINetLib.network.transformer import LesionReader


class MTINetOutput(NamedTuple):
    """All answers, and TIM's.

    Args:
        mask_logits: [B, 1, H, W]; sigmoid gives the tumour probability.
        curve: float32 [B, P], mean lesion intensity per phase, normalised units; None without that task.
        class_logits: float32 [B, classes]; softmax gives probabilities; None without that task.
        tim_curve: float32 [B, P], the curve that the predicted mask implies; None without TIM.
        anatomy_logits: [B, anatomy_classes, H/2, W/2]; None without them.
    """

    mask_logits: Tensor
    curve: Tensor | None
    class_logits: Tensor | None
    tim_curve: Tensor | None
    anatomy_logits: Tensor | None = None


class MTINet(SliceNetwork):
    """The network of the paper, with its switches; see ``network/README.md`` for every choice.

    A slice is read in three steps that inference calls apart: ``encode`` once, ``segment`` once, and
    ``read`` once per lesion. ``forward`` does all three.
    """

    settings: NetworkSettings

    def __init__(self, settings: NetworkSettings | None = None) -> None:
        super().__init__()
        self.settings = settings = settings or NetworkSettings()
        spatial = settings.mdief != "spectral_only"
        spectral = settings.mdief != "spatial_only"
        slices = len(offsets(settings.neighbours))
        self.spatial = make_encoder(settings, slices) if spatial else None
        self.spectral = make_encoder(settings) if spectral else None
        self.fusions = nn.ModuleList()
        if spatial and spectral:
            naive = settings.mdief == "none"
            self.fusions.extend(NaiveFusion(w) if naive else GatedFusion() for w in settings.widths)
        self.decoder = Decoder(settings)
        reads = settings.regresses or settings.classifies
        self.reader = LesionReader(settings) if reads else None

    def highpass(self, phases: Tensor) -> Tensor:
        """The spectral domain's images, float32 [B, P, H, W]: all of the network that needs an FFT."""
        return highpass(phases, self.settings.highpass_cutoff)

    def encode(self, phases: Tensor, highpassed: Tensor | None = None) -> list[Tensor]:
        """Fused maps of the phases, at every scale.

        Args:
            phases: [B, C, H, W], normalised units, see ``SliceNetwork``.
            highpassed: ``highpass`` of the slice's own phases, where it was computed outside.

        Returns:
            four maps, finest first, [B, P*C_s, H/2^s, W/2^s], channels phase-major.

        Raises:
            ValueError: phases of another shape.
        """
        self._check(phases, "phases", input_channels(self.settings))
        dtype = self.decoder.logit.weight.dtype
        domains = []
        if self.spatial is not None:
            domains.append(self.spatial(phases_to_batch(phases.to(dtype), self.settings.phase_count)))
        if self.spectral is not None:
            waves = self.highpass(self.own(phases)) if highpassed is None else highpassed
            domains.append(self.spectral(phases_to_batch(waves.to(dtype))))
        if len(domains) == 1:
            fused = domains[0]
        else:
            fused = [fusion(a, b) for fusion, a, b in zip(self.fusions, *domains, strict=True)]
        return [phases_to_channels(maps, self.settings.phase_count) for maps in fused]

    def own(self, phases: Tensor) -> Tensor:
        """The slice itself, without its neighbours: [B, C, H, W] -> [B, P, H, W]."""
        return phases[:, : self.settings.phase_count]

    def segment(self, features: list[Tensor], phases: Tensor) -> Segmentation:
        """Fused maps (``encode``) and the input [B, C, H, W] -> logits of mask and anatomy."""
        segmentation: Segmentation = self.decoder(features, self.own(phases))
        return segmentation

    def read(
        self, features: list[Tensor], phases: Tensor, focus: Tensor
    ) -> tuple[Tensor | None, Tensor | None]:
        """Curve and class of the lesion under the focus, one an image.

        Args:
            features: fused maps of ``encode``; index them to ask about several lesions of one slice.
            phases: [B, C, H, W], the same input.
            focus: [B, 1, H, W], the mask of one lesion, hard or soft, 0 to 1; not looked at when
                ``lesion_focus`` is ``slice``.

        Returns:
            (curve float32 [B, P], class logits float32 [B, 2]); None for a task switched off.
        """
        if self.reader is None:
            return None, None
        self._check(focus, "focus", 1)
        answer: tuple[Tensor | None, Tensor | None] = self.reader(features, self.own(phases), focus)
        return answer

    def forward(self, phases: Tensor, focus: Tensor | None = None) -> MTINetOutput:
        """Segment the slice and read its lesion.

        Args:
            phases: [B, C, H, W], normalised units, in the order of the phases, see ``SliceNetwork``.
            focus: [B, 1, H, W], the mask of one lesion; None takes the network's own probabilities, cut
                off from the gradient, so that the reading cannot bend the mask (TIM is the way for that).
        """
        features = self.encode(phases)
        mask_logits, anatomy_logits = self.segment(features, phases)
        probability = torch.sigmoid(mask_logits.float())
        curve, class_logits = self.read(features, phases, probability.detach() if focus is None else focus)
        tim_curve = task_interaction_curve(probability, self.own(phases)) if self.settings.tim else None
        return MTINetOutput(mask_logits, curve, class_logits, tim_curve, anatomy_logits)

    def _check(self, images: Tensor, name: str, channels: int) -> None:
        side = self.settings.image_size
        if images.dim() != 4 or tuple(images.shape[1:]) != (channels, side, side):
            raise ValueError(
                f"{name} have shape {tuple(images.shape)}; this network wants [B, {channels}, {side}, {side}]"
            )
