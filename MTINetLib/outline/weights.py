"""The network with the weights that were installed, ready to be asked."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from MTINetLib.errors import ModelError
from MTINetLib.models.files import read_model_files
from MTINetLib.outline.network import PromptedNetwork
from MTINetLib.outline.published import NAME, WEIGHTS_SHA256, outline_folder, require_outline_model
from MTINetLib.outline.tiny_vit import ConvNorm


def load_outline_network() -> PromptedNetwork:
    """The installed weights, checked, as a network in float32 on the CPU.

    Raises:
        MissingResourceError: they are not installed.
        ModelError: they are damaged or were changed.
    """
    require_outline_model()
    return read_outline_network(outline_folder())


def read_outline_network(folder: Path) -> PromptedNetwork:
    """As :func:`load_outline_network`, from any folder."""
    files = read_model_files(folder)
    network = PromptedNetwork()
    try:
        if files.config.get("published_sha256") != WEIGHTS_SHA256:
            raise ValueError("made of other weights")
        network.load_state_dict(load(files.weights))
    except (SafetensorError, RuntimeError, ValueError) as error:
        raise ModelError(f"The weights of {NAME} in {folder} cannot be used: install them again.") from error
    return ready(network)


def ready(network: PromptedNetwork) -> PromptedNetwork:
    """Frozen, its batch norms folded into their convolutions, in the order of memory that is fastest."""
    network.eval().requires_grad_(False)
    for module in network.modules():
        if isinstance(module, ConvNorm):
            module.c = fuse_conv_bn_eval(module.c, module.bn)
            module.bn = nn.Identity()  # type: ignore[assignment]
    for parameter in network.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return network
