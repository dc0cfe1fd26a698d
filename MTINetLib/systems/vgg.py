"""VGG-16 (Simonyan, Zisserman: ICLR 2015), configuration D, by timm.

Left open, or said of another setting: three fully connected layers stand on maps of 7 x 7, of images of 224
pixels; timm computes them as convolutions and averages over their places in larger images. The publication
begins with the weights of a shallower net, the later usage and this with scaled random ones.
"""

from __future__ import annotations

from dataclasses import dataclass

from MTINetLib.models.architectures import Architecture
from MTINetLib.systems.readers import ReaderSettings, reading_systems
from MTINetLib.systems.settings import counts_of
from MTINetLib.systems.whole_network import ReadingNetwork

CONVOLUTIONS = (2, 2, 3, 3, 3)
"""Of 3x3, by block of configuration D."""


@dataclass(frozen=True)
class VggSettings(ReaderSettings):
    """``widths``: channels of the five blocks."""

    widths: tuple[int, ...] = (64, 128, 256, 512, 512)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "widths", counts_of("widths", self.widths, 5))


def _build(settings: VggSettings) -> ReadingNetwork:
    from timm.models.vgg import VGG

    blocks: list[int | str] = []
    for count, width in zip(CONVOLUTIONS, settings.widths, strict=True):
        blocks += [width] * count + ["M"]
    body = VGG(blocks, settings.answers, settings.phase_count, drop_rate=0.5)
    return ReadingNetwork(settings, body)


ARCHITECTURE = Architecture("vgg-16", VggSettings.from_dict, _build)

VGG_16 = reading_systems(
    "vgg-16",
    "VGG-16",
    "Simonyan, Zisserman: Very deep convolutional networks for large-scale image recognition. ICLR 2015.",
    "Random weights; fully connected layers averaged over places.",
    ARCHITECTURE.name,
    ("optimiser=sgd", "momentum=0.9", "learning_rate=0.01", "weight_decay=0.0005"),
    published_batch=256,
)
