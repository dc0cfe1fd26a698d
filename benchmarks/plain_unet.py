"""nnU-Net's PlainConvUNet with the plan that it makes for 2-D patches of 256 x 256."""

from __future__ import annotations

import torch
from torch import nn

from MTINetLib.errors import MissingResourceError
from MTINetLib.network.torchvision_operators import declare_missing_operators
from MTINetLib.study.phase import FOUR_PHASES

#: nnU-Net v2's default planner for 2-D: base 32 doubled up to 512, pooled until 4 x 4 are left
#: (Isensee et al., Nature Methods 18 (2021) 203-211; nnunetv2's ExperimentPlanner).
FEATURES = (32, 64, 128, 256, 512, 512, 512)
CONVOLUTIONS_PER_STAGE = 2


def plain_conv_unet(classes: int = 2) -> nn.Module:
    """The network in eval mode, float32, [B, 4, 256, 256] -> [B, classes, 256, 256], untrained.

    Raises:
        MissingResourceError: the package that has it is not installed.
    """
    declare_missing_operators()
    try:
        from dynamic_network_architectures.architectures.unet import PlainConvUNet
    except ImportError as error:
        raise MissingResourceError(
            "The benchmark compares with nnU-Net's network, which is not installed; "
            "run pip install 'MTINetLib[evaluate]'."
        ) from error
    stages = len(FEATURES)
    torch.manual_seed(0)
    network: nn.Module = PlainConvUNet(
        input_channels=len(FOUR_PHASES),
        n_stages=stages,
        features_per_stage=list(FEATURES),
        conv_op=nn.Conv2d,
        kernel_sizes=[3] * stages,
        strides=[1] + [2] * (stages - 1),
        n_conv_per_stage=[CONVOLUTIONS_PER_STAGE] * stages,
        num_classes=classes,
        n_conv_per_stage_decoder=[CONVOLUTIONS_PER_STAGE] * (stages - 1),
        conv_bias=True,
        norm_op=nn.InstanceNorm2d,
        norm_op_kwargs={"eps": 1e-5, "affine": True},
        nonlin=nn.LeakyReLU,
        nonlin_kwargs={"inplace": True},
        deep_supervision=False,
    )
    return network.eval().requires_grad_(False)
