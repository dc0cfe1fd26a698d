"""A model as a folder: ``model.safetensors``, ``config.json`` and ``SHA256SUMS`` over both."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from MTINetLib.errors import ModelError
from MTINetLib.network.mtinet import MTINet

WEIGHTS_FILE = "model.safetensors"
CONFIG_FILE = "config.json"
SUMS_FILE = "SHA256SUMS"
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
    text = json.dumps(whole, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    weights = {
        name: (value.detach().float() if value.is_floating_point() else value.detach()).cpu().contiguous()
        for name, value in network.state_dict().items()
    }
    files = {WEIGHTS_FILE: save_tensors(weights), CONFIG_FILE: text.encode("utf-8")}
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    # The form that `sha256sum --check` reads; it comes last and says that the folder is whole.
    files[SUMS_FILE] = "".join(f"{digest}  {name}\n" for name, digest in digests.items()).encode("ascii")
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        beside = folder / f".part-{os.getpid()}-{name}"
        beside.write_bytes(data)
        beside.replace(folder / name)
    return digests[WEIGHTS_FILE]


def read_model_folder(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any], str]:
    """State dict, config and the SHA-256 of the weights; each file is read once, hashed and used.

    Raises:
        ModelError: a file is missing, unreadable, not the one that was written, or of another format.
    """
    sums = _read_sums(folder)
    data = {name: _verified(folder / name, sums) for name in (WEIGHTS_FILE, CONFIG_FILE)}
    try:
        config = json.loads(data[CONFIG_FILE])
        weights = load_tensors(data[WEIGHTS_FILE])
    except (SafetensorError, ValueError) as error:
        raise ModelError(f"The model in {folder} cannot be read; install it again.") from error
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        raise ModelError(f"{folder / CONFIG_FILE} is not of format {FORMAT}, which this version reads.")
    return weights, config, sums[WEIGHTS_FILE]


def _read_sums(folder: Path) -> dict[str, str]:
    path = folder / SUMS_FILE
    if not path.is_file():
        raise ModelError(f"{folder} is not a model folder: it has no {SUMS_FILE}.")
    lines = [line.split(maxsplit=1) for line in path.read_text("utf-8", errors="replace").splitlines()]
    return {parts[1].lstrip("*"): parts[0].lower() for parts in lines if len(parts) == 2}


def _verified(path: Path, sums: Mapping[str, str]) -> bytes:
    if not path.is_file():
        raise ModelError(f"The model folder {path.parent} has no {path.name}; install the model again.")
    data = path.read_bytes()
    if sums.get(path.name) != hashlib.sha256(data).hexdigest():
        raise ModelError(f"{path} is damaged or was changed: its SHA-256 is not the one in {SUMS_FILE}.")
    return data
