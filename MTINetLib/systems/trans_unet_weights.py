"""Weights of R50-ViT-B/16 from the user's own file, for the encoder of TransUNet.

Two kinds of files: the ``.npz`` that the vision transformer's authors publish
(google-research/vision_transformer, Dosovitskiy et al., ICLR 2021), and ``.safetensors`` with the names of
timm's model. The first convolution takes the mean over red, green and blue for each phase, scaled so that
equal phases answer as a grey picture does; codes of places are resampled to the slice's own tokens. The head
and the class token are not taken.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from MTINetLib.errors import InputError

STEM, PLACES = "patch_embed.backbone.stem.conv.weight", "pos_embed"
_OF_ATTENTION = "MultiHeadDotProductAttention_1"


def load_pretrained(encoder: nn.Module, path: Path) -> None:
    """Give timm's hybrid encoder the weights of a file, all of them or none.

    Raises:
        InputError: the file cannot be read, lacks a weight, or has one of another shape.
    """
    wanted = encoder.state_dict()
    read = _read(path)
    found: dict[str, Tensor] = {}
    for name, own in wanted.items():
        value = _of_name(read, name)
        if value is None:
            raise InputError(f"{path} has no weight '{name}': it is not of R50-ViT-B/16, or of another kind.")
        value = _fitted(name, value.float(), own)
        if value.shape != own.shape:
            shapes = f"{tuple(value.shape)}, the network's {tuple(own.shape)}"
            raise InputError(f"The weight '{name}' in {path} has the shape {shapes}: take R50-ViT-B/16.")
        found[name] = value
    encoder.load_state_dict(found)


def _read(path: Path) -> Mapping[str, Tensor]:
    try:
        if path.suffix.lower() == ".safetensors":
            return load_file(path)
        if path.suffix.lower() == ".npz":
            with np.load(path, allow_pickle=False) as file:
                return {name: torch.from_numpy(file[name]) for name in file.files}
    except (OSError, ValueError, TypeError, AttributeError, zipfile.BadZipFile, SafetensorError) as error:
        raise InputError(f"The weights in {path} cannot be read: {' '.join(str(error).split())}") from error
    raise InputError(f"The weights in {path} cannot be read: give a .npz or a .safetensors file.")


def _of_name(read: Mapping[str, Tensor], name: str) -> Tensor | None:
    """A weight by timm's name, from either kind of file."""
    if name in read:
        return read[name]
    if ".attn.qkv." in name:
        parts = [read.get(_published(name.replace("qkv", part))) for part in ("query", "key", "value")]
        there = [_turned(part, name) for part in parts if part is not None]
        return torch.cat(there) if len(there) == len(parts) else None
    value = read.get(_published(name))
    return None if value is None else _turned(value, name)


def _published(name: str) -> str:
    """The authors' name of a weight, by timm's."""
    *where, kind = name.split(".")
    scale = {"weight": "scale", "bias": "bias"}.get(kind, kind)
    kernel = {"weight": "kernel", "bias": "bias"}.get(kind, kind)
    match where:
        case []:
            return "Transformer/posembed_input/pos_embedding" if kind == PLACES else name
        case ["norm"]:
            return f"Transformer/encoder_norm/{scale}"
        case ["blocks", number, "norm1" | "norm2" as norm]:
            return f"Transformer/encoderblock_{number}/LayerNorm_{0 if norm == 'norm1' else 2}/{scale}"
        case ["blocks", number, "attn", part]:
            part = "out" if part == "proj" else part
            return f"Transformer/encoderblock_{number}/{_OF_ATTENTION}/{part}/{kernel}"
        case ["blocks", number, "mlp", "fc1" | "fc2" as layer]:
            return f"Transformer/encoderblock_{number}/MlpBlock_3/Dense_{int(layer[-1]) - 1}/{kernel}"
        case ["patch_embed", "proj"]:
            return f"embedding/{kernel}"
        case ["patch_embed", "backbone", "stem", part]:
            return f"conv_root/{kernel}" if part == "conv" else f"gn_root/{scale}"
        case ["patch_embed", "backbone", "stages", stage, "blocks", unit, "downsample", part]:
            of_unit = f"block{int(stage) + 1}/unit{int(unit) + 1}"
            return f"{of_unit}/conv_proj/{kernel}" if part == "conv" else f"{of_unit}/gn_proj/{scale}"
        case ["patch_embed", "backbone", "stages", stage, "blocks", unit, part]:
            of_unit = f"block{int(stage) + 1}/unit{int(unit) + 1}"
            number = part[-1]
            of_part = f"conv{number}/{kernel}" if part.startswith("conv") else f"gn{number}/{scale}"
            return f"{of_unit}/{of_part}"
    return name


def _turned(value: Tensor, name: str) -> Tensor:
    """From the authors' order of axes, outputs last, to torch's, outputs first."""
    if name == PLACES:
        return value
    if name.endswith("bias") or value.numel() == max(value.shape):
        return value.flatten()
    if ".attn.qkv." in name:  # inputs, heads, width of a head
        return value.flatten(1).T
    if ".attn.proj." in name:  # heads, width of a head, outputs
        return value.flatten(0, 1).T
    return value.permute(3, 2, 0, 1) if value.ndim == 4 else value.T


def _fitted(name: str, value: Tensor, own: Tensor) -> Tensor:
    if name == STEM and value.ndim == 4 and value.shape[1] != own.shape[1]:
        count = own.shape[1]
        return value.mean(1, keepdim=True).expand(-1, count, -1, -1) * (value.shape[1] / count)
    if name == PLACES and value.ndim == 3 and value.shape != own.shape:
        return _at_places(value, own.shape[1])
    return value


def _at_places(codes: Tensor, count: int) -> Tensor:
    """Codes of places [1, N, W], with or without that of the class token, for another number of places."""
    side = math.isqrt(codes.shape[1])
    if side * side != codes.shape[1]:
        codes = codes[:, 1:]
        side = math.isqrt(codes.shape[1])
        if side * side != codes.shape[1]:
            return codes
    grid = codes.transpose(1, 2).reshape(1, codes.shape[2], side, side)
    new = math.isqrt(count)
    resampled = functional.interpolate(grid, size=(new, new), mode="bilinear", align_corners=False)
    return resampled.flatten(2).transpose(1, 2)
