"""ResNet-50 (He et al.: CVPR 2016), by timm.

Left open, or said of another setting: timm's stride lies on the 3x3 convolution of a block, not on its
first 1x1, as in nearly all later programs; the count of weights is the same.
"""

from __future__ import annotations

from MTINetLib.models.architectures import Architecture
from MTINetLib.systems.readers import ReaderSettings, reading_systems
from MTINetLib.systems.whole_network import ReadingNetwork


def _build(settings: ReaderSettings) -> ReadingNetwork:
    from timm.models.resnet import resnet50

    return ReadingNetwork(settings, resnet50(in_chans=settings.phase_count, num_classes=settings.answers))


ARCHITECTURE = Architecture("resnet-50", ReaderSettings.from_dict, _build)

RESNET_50 = reading_systems(
    "resnet-50",
    "ResNet-50",
    "He, Zhang, Ren, Sun: Deep residual learning for image recognition. CVPR 2016, 770-778.",
    "Random weights; the stride lies on the 3x3 convolutions.",
    ARCHITECTURE.name,
    ("optimiser=sgd", "momentum=0.9", "learning_rate=0.1", "weight_decay=0.0001"),
    published_batch=256,
)
