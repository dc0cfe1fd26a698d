"""A model as a folder: ``model.safetensors``, ``config.json`` and ``SHA256SUMS`` over both."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from MTINetLib.errors import ModelError
from MTINetLib.models.files import CONFIG_FILE, WEIGHTS_FILE, read_model_files, write_model_files
from MTINetLib.network.mtinet import MTINet

#: Rises when older programs could not read newer model folders rightly.
FORMAT = 1


def save_model_folder(folder: Path, network: MTINet, config: Mapping[str, Any]) -> str:
    """Write the three files of a model; older ones are replaced, other files are left alone.

    Args:
        folder: made where it is missing.
        network: its weights are written as float32, its settings as ``network`` of the config.
        config: plain JSON values: ``name``, and whatever else is known of the model.

    Returns:
        SHA-256 of the weights file.
    """
    whole = {"format": FORMAT, **config, "network": network.settings.to_dict()}
    weights = {
        name: (value.detach().float() if value.is_floating_point() else value.detach()).cpu().contiguous()
        for name, value in network.state_dict().items()
    }
    return write_model_files(folder, save_tensors(weights), whole)


def read_model_folder(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any], str]:
    """State dict, config and the SHA-256 of the weights; each file is read once, hashed and used.

    Raises:
        ModelError: a file is missing, unreadable, not the one that was written, or of another format.
    """
    files = read_model_files(folder)
    if files.config.get("format") != FORMAT:
        raise ModelError(f"{folder / CONFIG_FILE} is not of format {FORMAT}, which this version reads.")
    try:
        weights = load_tensors(files.weights)
    except (SafetensorError, ValueError) as error:
        raise ModelError(f"The model in {folder} cannot be read; install it again.") from error
    if not all(bool(value.isfinite().all()) for value in weights.values() if value.is_floating_point()):
        raise ModelError(f"{folder / WEIGHTS_FILE} holds values that are not finite numbers; train it again.")
    return weights, files.config, files.sha256
