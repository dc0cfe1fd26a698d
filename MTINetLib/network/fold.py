"""Getting a trained network ready for inference: batch norms folded, weights in the wanted precision."""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from MTINetLib.network.heads import LinearHead
from MTINetLib.network.layers import ConvNorm, DeconvNormRelu
from MTINetLib.network.mtinet import MTINet


def fold_batch_norm(network: MTINet) -> MTINet:
    """A copy in eval mode whose batch norms are folded into their convolutions; the same function."""
    folded = copy.deepcopy(network).eval()
    for module in folded.modules():
        if isinstance(module, (ConvNorm, DeconvNormRelu)) and isinstance(module.norm, nn.BatchNorm2d):
            transposed = isinstance(module, DeconvNormRelu)
            module.conv = fuse_conv_bn_eval(module.conv, module.norm, transpose=transposed)  # type: ignore[type-var]
            module.norm = nn.Identity()
    return folded


def prepare_for_inference(network: MTINet, dtype: torch.dtype = torch.float32) -> MTINet:
    """Folded, channels-last, frozen, weights in ``dtype`` (float32 or bfloat16).

    The high-pass and the two linear heads stay in float32 in either case: that is where bfloat16's
    three digits would show. Give it float32 phases; it converts where it may.
    """
    ready = fold_batch_norm(network).requires_grad_(False).to(dtype)
    for parameter in ready.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    for name, module in network.named_modules():
        if isinstance(module, LinearHead):
            ready.get_submodule(name).float().load_state_dict(module.state_dict())
    return ready
