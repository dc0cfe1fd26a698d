"""DenseNet-121 (Huang et al.: CVPR 2017), by timm.

Left open: the paper's table says "DenseNet"; of the publication's ImageNet nets the smallest is taken.
"""

from __future__ import annotations

from MTINetLib.models.architectures import Architecture
from MTINetLib.systems.readers import ReaderSettings, reading_systems
from MTINetLib.systems.whole_network import ReadingNetwork


def _build(settings: ReaderSettings) -> ReadingNetwork:
    from timm.models.densenet import densenet121

    return ReadingNetwork(settings, densenet121(in_chans=settings.phase_count, num_classes=settings.answers))


ARCHITECTURE = Architecture("densenet-121", ReaderSettings.from_dict, _build)

DENSENET_121 = reading_systems(
    "densenet-121",
    "DenseNet",
    "Huang, Liu, van der Maaten, Weinberger: Densely connected convolutional networks. CVPR 2017, 4700-4708.",
    "Random weights; which DenseNet is not said.",
    ARCHITECTURE.name,
    ("optimiser=nesterov", "momentum=0.9", "learning_rate=0.1", "weight_decay=0.0001"),
    published_batch=256,
)
