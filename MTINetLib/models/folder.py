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
from MTINetLib.models.config import FORMAT
from MTINetLib.models.files import WEIGHTS_FILE, read_model_files, write_model_files
from MTINetLib.models.info import ModelInfo, info_of_files
from MTINetLib.models.preprocessing import preprocessing_for
from MTINetLib.network.slice_network import SliceNetwork
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA
from MTINetLib.study.phase import FOUR_PHASES

#: What a network of two classes usually tells apart, in the order of its output.
_TWO_CLASSES = (HCC, HEMANGIOMA)


def save_model_folder(
    folder: Path, network: SliceNetwork, config: Mapping[str, Any], architecture: str = "mtinet"
) -> str:
    """Write the three files of a model; older ones are replaced, other files are left alone.

    Args:
        folder: made where it is missing.
        network: its weights are written as float32; its settings go into the config.
        config: plain JSON values: ``name``, ``phases`` and ``classes`` where they are not the usual ones, and
            whatever else is known of the model.
        architecture: of the network.

    Returns:
        SHA-256 of the weights file.
    """
    preprocessing = preprocessing_for(network.settings).info
    whole = {
        "format": FORMAT,
        "architecture": {"name": architecture, "settings": network.settings.to_dict()},
        "phases": [phase.value for phase in FOUR_PHASES],
        "classes": list(_TWO_CLASSES) if network.settings.classifies else [],
        "preprocessing": {
            "name": preprocessing.name,
            "version": preprocessing.version,
            **preprocessing.settings,
        },
        **config,
    }
    weights = {
        name: (value.detach().float() if value.is_floating_point() else value.detach()).cpu().contiguous()
        for name, value in network.state_dict().items()
    }
    return write_model_files(folder, save_tensors(weights), whole)


def read_model_folder(folder: Path) -> tuple[dict[str, Tensor], ModelInfo]:
    """Weights and description; each file is read once, hashed and used.

    Raises:
        ModelError: a file is missing, unreadable, not the one that was written, or of another format.
    """
    files = read_model_files(folder)
    info = info_of_files(files, folder)
    try:
        weights = load_tensors(files.weights)
    except (SafetensorError, ValueError) as error:
        raise ModelError(f"The model in {folder} cannot be read; install it again.") from error
    if not all(bool(value.isfinite().all()) for value in weights.values() if value.is_floating_point()):
        raise ModelError(f"{folder / WEIGHTS_FILE} holds values that are not finite numbers; train it again.")
    return weights, info
