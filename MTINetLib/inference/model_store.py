"""Models on disk: a folder with ``model.safetensors``, ``config.json`` and ``SHA256SUMS``.

Weights are read as safetensors only, and only after their SHA-256 agrees: no pickle, no code.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from safetensors.torch import save as save_safetensors

import MTINetLib
from MTINetLib.errors import InputError, ModelError
from MTINetLib.inference.device import Compute
from MTINetLib.inference.settings import Thresholds
from MTINetLib.network import MTINet, NetworkSettings
from MTINetLib.network.fold import prepare_for_inference

WEIGHTS_FILE = "model.safetensors"
CONFIG_FILE = "config.json"
SUMS_FILE = "SHA256SUMS"
#: Rises when older programs could not read newer model folders rightly.
FORMAT = 1
#: Folders with model folders in them, separated like PATH; looked through first.
MODELS_VARIABLE = "MTINET_MODELS"


@dataclass(frozen=True)
class ModelConfig:
    """``config.json``.

    Args:
        name: of the model, for people and provenance.
        network: its shape.
        preset: of the training that made it.
        thresholds: that suit it, found on its validation patients.
        temperature: that the class logits are divided by.
        more: everything else that stands there (training, data, held-out figures).
    """

    name: str
    network: NetworkSettings
    preset: str = "unknown"
    thresholds: Thresholds = field(default_factory=Thresholds)
    temperature: float = 1.0
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelInfo:
    """A model that was found, not yet loaded; ``problem`` says why it cannot be used, or is None."""

    name: str
    folder: Path
    sha256: str
    config: ModelConfig | None
    problem: str | None = None


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory.

    Args:
        network: float32, eval mode, on the CPU.
        name: of the model.
        sha256: of its weights file.
        config: what its folder says of it.
        folder: where it lies.
    """

    network: MTINet
    name: str
    sha256: str
    config: ModelConfig
    folder: Path
    _prepared: dict[tuple[str, torch.dtype], MTINet] = field(default_factory=dict, compare=False, repr=False)

    def ready_for(self, compute: Compute) -> MTINet:
        """The network folded, on the device, in the precision; kept, so that a second study loads nothing."""
        key = (str(compute.device), compute.dtype)
        if key not in self._prepared:
            self._prepared[key] = prepare_for_inference(self.network, compute.dtype).to(compute.device)
        return self._prepared[key]

    def release(self) -> None:
        """Forget the prepared copies and give the GPU's memory back."""
        self._prepared.clear()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def model_folders() -> list[Path]:
    """Where models are looked for: MTINET_MODELS, the source tree or extension, the installed package."""
    package = Path(MTINetLib.__file__).resolve().parent
    told = [Path(part) for part in os.environ.get(MODELS_VARIABLE, "").split(os.pathsep) if part]
    return [*told, package.parent / "Resources" / "Models", package / "Resources" / "Models"]


def list_models() -> list[ModelInfo]:
    """Every model that is found, the default one first; damaged ones are listed with their problem."""
    return [_info(folder) for folder in _candidates()]


def load_model(name_or_path: str | Path | None = None) -> LoadedModel:
    """Load and verify a model.

    Args:
        name_or_path: name of a found model, path of a model folder, or None for the first one found.

    Raises:
        ModelError: missing, damaged, changed since its checksums were made, or of another version.
    """
    folder = _find(name_or_path)
    sums = _read_sums(folder)
    weights = _verified(folder, WEIGHTS_FILE, sums)
    config = _parse_config(folder, _verified(folder, CONFIG_FILE, sums))
    network = MTINet(config.network)
    try:
        network.load_state_dict(load_safetensors(weights))
    except (SafetensorError, RuntimeError) as error:
        raise ModelError(
            f"The weights of model {config.name} in {folder} do not fit its {CONFIG_FILE}; install it again."
        ) from error
    network.eval().requires_grad_(False)
    return LoadedModel(network, config.name, sums[WEIGHTS_FILE], config, folder)


def save_model_folder(folder: Path, network: MTINet, config: Mapping[str, Any]) -> ModelInfo:
    """Write a model folder; training exports with it.

    Args:
        folder: made if it is not there; the three files in it are replaced.
        network: its state becomes ``model.safetensors``, its settings ``config["network"]``.
        config: ``name``, and if known ``preset``, ``thresholds``, ``temperature``; anything else that
            JSON can hold is kept as it is.

    Raises:
        InputError: the config has no name or a value that :class:`ModelConfig` refuses.
    """
    whole = {"format": FORMAT, **config, "network": network.settings.to_dict()}
    text = (json.dumps(whole, indent=2, allow_nan=False) + "\n").encode()
    try:
        _parse_config(folder, text)
    except ModelError as error:
        raise InputError(str(error)) from error
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    files = {WEIGHTS_FILE: save_safetensors(state), CONFIG_FILE: text}
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items())
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in {**files, SUMS_FILE: sums.encode()}.items():
        beside = folder / f".part-{os.getpid()}-{name}"
        beside.write_bytes(data)
        beside.replace(folder / name)
    return _info(folder)


def _candidates() -> Iterator[Path]:
    seen: set[Path] = set()
    for place in model_folders():
        if not place.is_dir():
            continue
        # A folder named in MTINET_MODELS may be a model itself.
        for folder in [place, *sorted(place.iterdir())]:
            if (folder / CONFIG_FILE).is_file() and folder.resolve() not in seen:
                seen.add(folder.resolve())
                yield folder


def _info(folder: Path) -> ModelInfo:
    try:
        sums = _read_sums(folder)
        config = _parse_config(folder, _verified(folder, CONFIG_FILE, sums))
        if not (folder / WEIGHTS_FILE).is_file():
            raise _missing(folder, WEIGHTS_FILE)
        return ModelInfo(config.name, folder, sums[WEIGHTS_FILE], config)
    except ModelError as error:
        return ModelInfo(folder.name, folder, "", None, str(error))


def _find(name_or_path: str | Path | None) -> Path:
    if name_or_path is not None and Path(name_or_path).is_dir():
        return Path(name_or_path)
    found = list_models()
    if name_or_path is None:
        for info in found:
            if info.problem is None:
                return info.folder
        if found:
            raise ModelError(str(found[0].problem))
        raise ModelError(
            f"No model was found in {_places()}; make one with `mtinet train`, "
            "or name its folder with --model."
        )
    for info in found:
        if str(name_or_path) in (info.name, info.folder.name):
            return info.folder
    names = ", ".join(sorted({info.name for info in found})) or "none"
    raise ModelError(
        f"There is no model '{name_or_path}'; found: {names}. Give one of them or a model folder."
    )


def _places() -> str:
    return " or ".join(str(place) for place in model_folders())


def _read_sums(folder: Path) -> dict[str, str]:
    path = folder / SUMS_FILE
    if not path.is_file():
        raise _missing(folder, SUMS_FILE)
    lines = [line.split(maxsplit=1) for line in path.read_text("utf-8", errors="replace").splitlines()]
    sums = {parts[1].lstrip("*"): parts[0].lower() for parts in lines if len(parts) == 2}
    for name in (WEIGHTS_FILE, CONFIG_FILE):
        if name not in sums:
            raise ModelError(f"{path} has no checksum of {name}; install the model again.")
    return sums


def _verified(folder: Path, name: str, sums: Mapping[str, str]) -> bytes:
    """The bytes that were hashed are the bytes that are used: the file is read once."""
    path = folder / name
    if not path.is_file():
        raise _missing(folder, name)
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sums[name]:
        raise ModelError(f"{path} is damaged or was changed: its SHA-256 is not the one in {SUMS_FILE}.")
    return data


def _missing(folder: Path, name: str) -> ModelError:
    return ModelError(f"The model folder {folder} has no {name}; install the model again.")


def _parse_config(folder: Path, text: bytes) -> ModelConfig:
    path = folder / CONFIG_FILE
    try:
        values = dict(json.loads(text))
        made_for = values.pop("format")
        if made_for != FORMAT:
            raise ModelError(f"{path} is of format {made_for}, this version reads {FORMAT}; update MTINet.")
        temperature = float(values.pop("temperature", 1.0))
        if not 0 < temperature < float("inf"):
            raise ModelError(f"{path}: the temperature is {temperature}; it must be positive.")
        return ModelConfig(
            name=str(values.pop("name")),
            network=NetworkSettings.from_dict(values.pop("network")),
            preset=str(values.pop("preset", "unknown")),
            thresholds=Thresholds.from_dict(values.pop("thresholds", {})),
            temperature=temperature,
            more=values,
        )
    except KeyError as error:
        raise ModelError(f"{path} does not say {error}; install the model again.") from error
    except (ValueError, TypeError) as error:
        raise ModelError(f"{path} is not a readable model description; install the model again.") from error
    except InputError as error:
        raise ModelError(f"{path} was not made for this version: {error}") from error
