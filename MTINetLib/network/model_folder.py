"""A model as a folder: ``model.safetensors``, ``config.json`` and ``SHA256SUMS`` over both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from MTINetLib.errors import ModelError
from MTINetLib.network.mtinet import MTINet

WEIGHTS_FILE = "model.safetensors"
CONFIG_FILE = "config.json"
SUMS_FILE = "SHA256SUMS"


def save_model_folder(folder: Path, network: MTINet, config: Mapping[str, Any]) -> str:
    """Write weights, config and sums; files of those names are replaced, others are left alone.

    Args:
        folder: made where it is missing.
        network: its weights are written as float32.
        config: plain JSON values; ``network`` is set to the settings of the network.

    Returns:
        SHA-256 of the weights file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        name: (value.detach().float() if value.is_floating_point() else value.detach()).cpu().contiguous()
        for name, value in network.state_dict().items()
    }
    (folder / SUMS_FILE).unlink(missing_ok=True)
    save_file(weights, folder / WEIGHTS_FILE)
    whole = {**config, "network": network.settings.to_dict()}
    text = json.dumps(whole, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    (folder / CONFIG_FILE).write_bytes(text.encode("utf-8"))
    sums = {name: _sha256(folder / name) for name in (WEIGHTS_FILE, CONFIG_FILE)}
    # The form that `sha256sum --check` reads; written last, it says that the folder is whole.
    lines = "".join(f"{value}  {name}\n" for name, value in sums.items())
    (folder / SUMS_FILE).write_bytes(lines.encode("ascii"))
    return sums[WEIGHTS_FILE]


def read_model_folder(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any], str]:
    """State dict, config and the SHA-256 of the weights; both files are checked against their sums.

    Raises:
        ModelError: a file is missing, unreadable, or not the one that was written.
    """
    sums = _read_sums(folder)
    for name in (WEIGHTS_FILE, CONFIG_FILE):
        path = folder / name
        if not path.is_file():
            raise ModelError(f"The model folder {folder} has no {name}; get the whole folder again.")
        if sums.get(name) != _sha256(path):
            raise ModelError(
                f"{path} is damaged: its SHA-256 is not the one in {SUMS_FILE}; get the model again."
            )
    try:
        config = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
        weights = load_file(folder / WEIGHTS_FILE)
    except (SafetensorError, ValueError) as error:
        raise ModelError(f"The model in {folder} cannot be read; get it again.") from error
    if not isinstance(config, dict):
        raise ModelError(
            f"The {CONFIG_FILE} of the model in {folder} holds no settings; get the model again."
        )
    return weights, config, sums[WEIGHTS_FILE]


def _read_sums(folder: Path) -> dict[str, str]:
    path = folder / SUMS_FILE
    if not path.is_file():
        raise ModelError(f"{folder} is not a model folder: it has no {SUMS_FILE}.")
    sums = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        value, _, name = line.partition(" ")
        sums[name.lstrip(" *")] = value.lower()
    return sums


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()
