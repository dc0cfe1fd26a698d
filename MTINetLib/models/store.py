"""Models in memory: verified, loaded, kept warm.

A model is a folder as ``models/folder.py`` writes it. Its weights are safetensors and are used
only after their SHA-256 agreed: no pickle, no code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch

from MTINetLib.errors import ModelError
from MTINetLib.models.architectures import Architecture, architecture_of
from MTINetLib.models.device import Compute, choose_compute, give_back_gpu_memory, on_cpu_instead
from MTINetLib.models.files import CONFIG_FILE
from MTINetLib.models.find import find_model
from MTINetLib.models.folder import read_model_folder
from MTINetLib.models.info import ModelInfo
from MTINetLib.models.preprocessing import AxialSlices, preprocessing_of
from MTINetLib.models.slicewise import SlicewiseModel
from MTINetLib.network.slice_network import SliceNetwork

#: A network of so many bytes is made before anybody looks whether its weights fit it.
_WITHOUT_ASKING = 1 << 29


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory.

    Args:
        network: float32, eval mode, on the CPU.
        info: what its folder says of it.
    """

    network: SliceNetwork
    info: ModelInfo
    _prepared: dict[tuple[str, torch.dtype], SliceNetwork] = field(
        default_factory=dict, compare=False, repr=False
    )

    @property
    def preprocessing(self) -> AxialSlices:
        """What turns a study into this model's slices."""
        return preprocessing_of(self.info.preprocessing)

    @property
    def architecture(self) -> Architecture:
        """The kind of network that it is."""
        return architecture_of(self.info.architecture.name)

    def on(
        self,
        device: str = "auto",
        precision: str = "auto",
        *,
        batch_size: int | None = None,
        keep_above: float | None = None,
    ) -> SlicewiseModel:
        """The model where it is to run.

        Args:
            device, precision: see :func:`choose_compute`.
            batch_size, keep_above: see :class:`SlicewiseModel`.

        Raises:
            InputError, MissingResourceError: see :meth:`settled`.
        """
        compute = self.settled(device, precision)
        return SlicewiseModel(
            self.info, self.ready_for, compute, batch_size=batch_size, keep_above=keep_above
        )

    def ready_for(self, compute: Compute) -> SliceNetwork:
        """The network on the device, in the precision; kept, so that a second study loads nothing."""
        key = (str(compute.device), compute.dtype)
        if key not in self._prepared:
            ready = self.architecture.ready(self.network, compute.dtype)
            self._prepared[key] = ready.to(compute.device)
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


def load_model(name_or_path: str | Path | None = None) -> LoadedModel:
    """Load and verify a model.

    Args:
        name_or_path: name of a found model, path of a model folder, or None for the first one found.

    Raises:
        ModelError: missing, damaged, changed since its checksums were made, or of another version.

    Example:
        >>> model = mtinet.load_model("mtinet-phantom")
        >>> model.info.classes
        ('hcc', 'hemangioma')
    """
    weights, info = read_model_folder(find_model(name_or_path))
    network = _make(info, weights)
    network.eval().requires_grad_(False)
    return LoadedModel(network, info)


def _make(info: ModelInfo, weights: Mapping[str, torch.Tensor]) -> SliceNetwork:
    """The network that the config describes, with the weights.

    A config of a large network beside small weights is found out before that network takes any memory.
    """
    no_fit = (
        f"The weights of model {info.name} in {info.folder} do not fit its {CONFIG_FILE}; install it again."
    )
    architecture = architecture_of(info.architecture.name)
    settings = architecture.read_settings(info.architecture.settings)
    if architecture.weight_bytes(settings) > _WITHOUT_ASKING:
        # Not always: for tensors without memory torch loads its compiler, which takes seconds.
        with torch.device("meta"):
            described = architecture.build(settings).state_dict()
        if {n: v.shape for n, v in described.items()} != {n: v.shape for n, v in weights.items()}:
            raise ModelError(no_fit)
    network = architecture.build(settings)
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise ModelError(no_fit) from error
    return network


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
