"""The models on this machine where torch, which would load them, is missing."""

from __future__ import annotations

import hashlib
from pathlib import Path

from MTINetLib.models.files import CONFIG_FILE
from MTINetLib.models.find import model_folders, models_in, shipped_folders, told_name
from MTINetLib.worker.messages import ModelText

_WEIGHTS, _SUMS = "model.safetensors", "SHA256SUMS"


def models_without_torch() -> list[ModelText]:
    """Every model that is found, its files compared with their checksums."""
    return [_described(folder) for folder in models_in(model_folders())]


def is_shipped(folder: Path) -> bool:
    """Whether a model came with MTINet, and is not to be deleted."""
    return folder.resolve().parent in [place.resolve() for place in shipped_folders()]


def _described(folder: Path) -> ModelText:
    digest, problem = "", None
    try:
        told = (folder / _SUMS).read_text("utf-8", errors="replace").split()
        for name in (_WEIGHTS, CONFIG_FILE):
            digest_of = hashlib.sha256((folder / name).read_bytes()).hexdigest()
            if digest_of not in told:
                problem = f"{folder / name} is damaged or was changed: its SHA-256 is not the one in {_SUMS}."
            if name == _WEIGHTS:
                digest = digest_of
    except OSError as error:
        problem = f"The model in {folder} cannot be read ({error.strerror}); install it again."
    return ModelText(told_name(folder), str(folder), digest, problem, is_shipped(folder))
