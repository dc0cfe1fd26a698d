"""Inception as GoogLeNet (Szegedy et al.: CVPR 2015), the publication that the paper cites, by torchvision.

Left open, or said of another setting: torchvision adds batch norm and has 3x3 where the publication has 5x5
convolutions in the blocks (as its authors' TensorFlow program); the two auxiliary classifiers are left out.
Stochastic gradient descent with momentum 0.9; the rate is not given (0.01 for 256 images here).
"""

from __future__ import annotations

from typing import Any

from torch import nn

from MTINetLib.models.architectures import Architecture
from MTINetLib.systems.readers import ReaderSettings, reading_systems
from MTINetLib.systems.whole_network import ReadingNetwork


def _build(settings: ReaderSettings) -> ReadingNetwork:
    from torchvision.models.googlenet import GoogLeNet

    body: Any = GoogLeNet(settings.answers, aux_logits=False, init_weights=True)
    first = body.conv1.conv
    body.conv1.conv = nn.Conv2d(
        settings.phase_count, first.out_channels, first.kernel_size, first.stride, first.padding, bias=False
    )
    nn.init.trunc_normal_(body.conv1.conv.weight, std=0.01, a=-2, b=2)
    return ReadingNetwork(settings, body)


ARCHITECTURE = Architecture("inception", ReaderSettings.from_dict, _build)

INCEPTION = reading_systems(
    "inception",
    "Inception",
    "Szegedy et al.: Going deeper with convolutions. CVPR 2015, 1-9.",
    "Random weights; batch norm, no auxiliary classifiers; the rate.",
    ARCHITECTURE.name,
    ("optimiser=sgd", "momentum=0.9", "learning_rate=0.01", "weight_decay=0.0001"),
    published_batch=256,
    packages=("torchvision",),
)
