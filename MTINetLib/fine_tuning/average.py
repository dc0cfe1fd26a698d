"""One model of several that began with the same weights: the mean of their weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as save_tensors

from MTINetLib.models.config import current_config
from MTINetLib.models.files import CONFIG_FILE, read_model_files, write_model_files
from MTINetLib.models.folder import read_model_folder


def average_models(folders: Sequence[Path], out: Path, name: str, more: dict[str, Any]) -> str:
    """Write the model whose weights are the mean of the weights of the models.

    Networks that were fine-tuned a little from one model lie in one valley of the loss, and their mean is as
    good as the best of them or better (Wortsman et al., Model soups, ICML 2022). The config is that of the
    first, and says ``more``.

    Args:
        folders: of the models, of one network.
        out: folder of the new model.
        name: of the new model.

    Returns:
        SHA-256 of the weights.
    """
    states = [read_model_folder(folder)[0] for folder in folders]
    mean = {
        key: torch.stack([state[key] for state in states]).mean(0) if value.is_floating_point() else value
        for key, value in states[0].items()
    }
    config = current_config(read_model_files(folders[0]).config, folders[0] / CONFIG_FILE)
    return write_model_files(out, save_tensors(mean), {**config, "name": name, **more})
