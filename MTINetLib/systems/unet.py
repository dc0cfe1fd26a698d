"""U-Net (Ronneberger, Fischer, Brox: MICCAI 2015), by MONAI's BasicUNet.

Five levels of two 3x3 convolutions, 64 to 1024 channels, max-pooling down, 2x2 deconvolutions up, the
encoder's maps concatenated.

Left open, or said of another setting:
- The convolutions were unpadded, which cuts 184 pixels off a side; padded here, so that the mask has the
  slice's own size.
- No normalisation there; batch norm here, as in nearly every later use.
- MONAI's last deconvolution keeps its channels, 128 + 64 are joined there instead of 64 + 64.
- The loss is the pixels' cross-entropy, two-class softmax there, one logit here (the same model). Its
  weights separate touching cells; lesions get none.
- Momentum 0.99 with one image a step; the rate is not given (1e-3 here). Dropout at the end of the
  contracting path is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from MTINetLib.models.architectures import Architecture
from MTINetLib.systems.settings import SystemSettings, counts_of
from MTINetLib.systems.system import SEGMENTATION, System

if TYPE_CHECKING:
    from MTINetLib.network.slice_network import SliceNetwork


@dataclass(frozen=True)
class UNetSettings(SystemSettings):
    """``widths``: channels of the five levels."""

    widths: tuple[int, ...] = (64, 128, 256, 512, 1024)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "widths", counts_of("widths", self.widths, 5))


def _build(settings: UNetSettings) -> SliceNetwork:
    from monai.networks.nets.basic_unet import BasicUNet

    from MTINetLib.systems.whole_network import MaskNetwork

    body = BasicUNet(
        spatial_dims=2,
        in_channels=settings.phase_count,
        out_channels=1,
        features=(*settings.widths, settings.widths[0]),
        act=("relu", {"inplace": True}),
        norm="batch",
    )
    return MaskNetwork(settings, body)


ARCHITECTURE = Architecture("unet", UNetSettings.from_dict, _build)

UNET = System(
    name="unet",
    title="UNet",
    tasks=SEGMENTATION,
    source="Ronneberger, Fischer, Brox: U-Net. MICCAI 2015, LNCS 9351, 234-241.",
    left_open="Padding, batch norm, learning rate; no border weights, no dropout.",
    architecture=ARCHITECTURE.name,
    changes=("loss.segmentation=1", "loss.dice=0"),
    recipe=("optimiser=sgd", "momentum=0.99", "learning_rate=0.001", "weight_decay=0"),
)
