"""Models on disk: found by name or path, verified, loaded, kept warm.

A model is a folder as ``models/folder.py`` writes it. Its weights are safetensors and are used
only after their SHA-256 agreed: no pickle, no code.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from MTINetLib.errors import InputError, ModelError
from MTINetLib.models.device import Compute, choose_compute, give_back_gpu_memory, on_cpu_instead
from MTINetLib.models.files import CONFIG_FILE
from MTINetLib.models.find import MODELS_VARIABLE, model_folders, models_in, told_name
from MTINetLib.models.folder import read_model_folder, save_model_folder
from MTINetLib.models.thresholds import Thresholds
from MTINetLib.network import MTINet, NetworkSettings
from MTINetLib.network.fold import prepare_for_inference

__all__ = [
    "MODELS_VARIABLE",
    "LoadedModel",
    "ModelConfig",
    "ModelInfo",
    "find_model",
    "list_models",
    "load_model",
    "load_ready_model",
    "model_folders",
    "save_model_folder",
]


_LONGEST_NAME = 200
#: A network of so many bytes is made before anybody looks whether its weights fit it.
_WITHOUT_ASKING = 1 << 29


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

    def settled(self, device: str = "auto", precision: str = "auto") -> Compute:
        """Where the network runs, and it is there: the device asked for, or the CPU in place of a full one.

        Raises:
            InputError, MissingResourceError: see ``choose_compute``; or a device that the user named has no
                room for the network.
        """
        compute = choose_compute(device, precision)
        try:
            self.ready_for(compute)
        except (RuntimeError, MemoryError) as error:
            instead = on_cpu_instead(compute, error, precision)
        else:
            return compute
        self.release()
        self.ready_for(instead)
        return instead

    def release(self) -> None:
        """Forget the prepared copies and give the GPU's memory back."""
        self._prepared.clear()
        give_back_gpu_memory()


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
    folder = find_model(name_or_path)
    weights, values, sha256 = read_model_folder(folder)
    config = _parse_config(folder, values)
    network = _make(folder, config, weights)
    network.eval().requires_grad_(False)
    return LoadedModel(network, config.name, sha256, config, folder)


def _make(folder: Path, config: ModelConfig, weights: Mapping[str, torch.Tensor]) -> MTINet:
    """The network that the config describes, with the weights.

    A config of a large network beside small weights is found out before that network takes any memory.
    """
    no_fit = f"The weights of model {config.name} in {folder} do not fit its {CONFIG_FILE}; install it again."
    if _rough_bytes(config.network) > _WITHOUT_ASKING:
        # Not always: for tensors without memory torch loads its compiler, which takes seconds.
        with torch.device("meta"):
            described = MTINet(config.network).state_dict()
        if {n: v.shape for n, v in described.items()} != {n: v.shape for n, v in weights.items()}:
            raise ModelError(no_fit)
    network = MTINet(config.network)
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise ModelError(no_fit) from error
    return network


def _rough_bytes(settings: NetworkSettings) -> int:
    """Of the weights as float32, counted rather too high."""
    widths = (settings.phase_count, *settings.widths, *settings.decoder_widths)
    convolutions = 9 * 2 * settings.phase_count * sum(a * b for a, b in itertools.pairwise(widths))
    context = 18 * settings.context_blocks * (settings.phase_count * settings.widths[3]) ** 2
    width, small = settings.d_model, settings.tdd_width
    transformer = settings.transformer_depth * width * (4 * width + 2 * settings.ffn_width)
    tokens = (settings.token_count + 8) * width
    return 4 * (convolutions + context + transformer + tokens + settings.tdd_depth * 12 * small**2)


def load_ready_model(name_or_path: str | Path | None, device: str, precision: str) -> LoadedModel:
    """A model loaded, and its network ready on the device in the precision.

    Device and precision are looked at first: they fail at once, and before anybody reads volumes.

    Raises:
        InputError, MissingResourceError: see ``choose_compute``.
        ModelError: see :func:`load_model`.
    """
    choose_compute(device, precision)
    model = load_model(name_or_path)
    model.settled(device, precision)
    return model


def _candidates() -> Iterator[Path]:
    return models_in(model_folders())


def _info(folder: Path) -> ModelInfo:
    try:
        _, values, sha256 = read_model_folder(folder)
        config = _parse_config(folder, values)
        return ModelInfo(config.name, folder, sha256, config)
    except ModelError as error:
        return ModelInfo(folder.name, folder, "", None, str(error))


def find_model(name_or_path: str | Path | None = None) -> Path:
    """The folder of a model by its name or path; None takes the first one found.

    Raises:
        ModelError: there is none.
    """
    if name_or_path is not None and Path(name_or_path).is_dir():
        return Path(name_or_path)
    found = list(_candidates())
    if name_or_path is None:
        if found:
            return found[0]
        places = " or ".join(str(place) for place in model_folders())
        raise ModelError(
            f"No model was found in {places}; make one with `mtinet train`, or name its folder with --model."
        )
    names = {folder: told_name(folder) for folder in found}
    for folder, name in names.items():
        if str(name_or_path) in (name, folder.name):
            return folder
    known = ", ".join(sorted(set(names.values()))) or "none"
    raise ModelError(
        f"There is no model '{name_or_path}'; found: {known}. Give one of them or a model folder."
    )


def _parse_config(folder: Path, config: Mapping[str, Any]) -> ModelConfig:
    path = folder / CONFIG_FILE
    values = {key: value for key, value in config.items() if key != "format"}
    try:
        temperature = float(values.pop("temperature", 1.0))
        if not 0 < temperature < float("inf"):
            raise ModelError(f"{path}: the temperature is {temperature}; it must be positive.")
        name = str(values.pop("name"))
        if not (0 < len(name) <= _LONGEST_NAME and name.isprintable()):
            raise ModelError(f"{path} gives a name that is empty, too long or not printable.")
        return ModelConfig(
            name=name,
            network=NetworkSettings.from_dict(values.pop("network")),
            preset=str(values.pop("preset", "unknown")),
            thresholds=Thresholds.from_dict(values.pop("thresholds", {})),
            temperature=temperature,
            more=values,
        )
    except KeyError as error:
        raise ModelError(f"{path} does not say {error}; install the model again.") from error
    except InputError as error:
        raise ModelError(f"{path} was not made for this version: {error}") from error
    except (ValueError, TypeError) as error:
        raise ModelError(f"{path} is not a readable model description; install the model again.") from error
