"""Models in memory: verified, loaded, kept warm.

A model is a folder as ``models/folder.py`` writes it. Its weights are safetensors and are used
only after their SHA-256 agreed: no pickle, no code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from MTINetLib.errors import InputError, ModelError
from MTINetLib.models.architectures import Architecture, architecture_of
from MTINetLib.models.backends.backend import BACKENDS, check_backend
from MTINetLib.models.backends.runner import SliceRunner
from MTINetLib.models.device import Compute, choose_compute, give_back_gpu_memory, on_cpu_instead
from MTINetLib.models.fastest import faster_backend, faster_precision
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
    _prepared: dict[tuple[str, torch.dtype, str], SliceRunner] = field(
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
        backend: str = "torch",
        *,
        batch_size: int | None = None,
        keep_above: float | None = None,
        liver: npt.NDArray[np.bool_] | None = None,
    ) -> SlicewiseModel:
        """The model where it is to run.

        Args:
            device, precision, backend: see :meth:`settled`.
            batch_size, keep_above, liver: see :class:`SlicewiseModel`.

        Raises:
            InputError, MissingResourceError: see :meth:`settled`; or its network outlines nothing.
        """
        if not self.network.settings.segments:
            raise InputError(
                f"The model {self.info.name} reads whole slices and outlines no lesions; choose another one."
            )
        compute = self.settled(device, precision, backend)
        return SlicewiseModel(
            self.info,
            self.ready_for,
            compute,
            batch_size=batch_size,
            keep_above=keep_above,
            liver=liver,
        )

    def ready_for(self, compute: Compute) -> SliceRunner:
        """The network on the device, in the precision; kept, so that a second study loads nothing."""
        key = (str(compute.device), compute.dtype, compute.backend)
        if key not in self._prepared:
            backend = BACKENDS[compute.backend]
            self._prepared[key] = backend.runner(self.architecture, self.network, compute)
        return self._prepared[key]

    def settled(self, device: str = "auto", precision: str = "auto", backend: str = "torch") -> Compute:
        """Where the network runs, and it is there: the device asked for, or the CPU in place of a full one.

        Args:
            device: see :func:`choose_compute`.
            precision: ``fp32``, ``bf16``, or ``auto`` for the one that was measured faster.
            backend: ``torch``, ``openvino``, or ``auto`` for the one that was measured faster.

        Raises:
            InputError, MissingResourceError: see :func:`choose_ways`; or a device that the user named has no
                room for the network.
        """
        compute = choose_ways(device, precision, backend)
        try:
            settled = self._fastest(compute, precision, backend)
            self.ready_for(settled)
        except (RuntimeError, MemoryError) as error:
            instead = on_cpu_instead(compute, error, precision)
        else:
            self._keep_only(settled)
            return settled
        self.release()
        self.ready_for(instead)
        return instead

    def _fastest(self, compute: Compute, precision: str, backend: str) -> Compute:
        sha256 = self.info.sha256
        if precision == "auto" and compute.dtype == torch.bfloat16:
            compute = faster_precision(compute, self.ready_for, sha256)
        if backend == "auto":
            return faster_backend(compute, self.ready_for, sha256)
        return replace(compute, backend=backend)

    def _keep_only(self, compute: Compute) -> None:
        """Let go of the copies that were only measured."""
        key = (str(compute.device), compute.dtype, compute.backend)
        for other in [other for other in self._prepared if other != key]:
            del self._prepared[other]

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
        ('hcc', 'hemangioma', 'other')
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


def load_ready_model(
    name_or_path: str | Path | None, device: str, precision: str, backend: str = "torch"
) -> LoadedModel:
    """A model loaded, and its network ready on the device in the precision.

    Device, precision and backend are looked at first: they fail at once, and before anybody reads volumes.

    Raises:
        InputError, MissingResourceError: see :func:`choose_ways`.
        ModelError: see :func:`load_model`.
    """
    choose_ways(device, precision, backend)
    model = load_model(name_or_path)
    model.settled(device, precision, backend)
    return model


def choose_ways(device: str, precision: str, backend: str) -> Compute:
    """What the user asked for, checked, as far as it can be told without a network; still run by torch.

    Raises:
        InputError, MissingResourceError: see ``choose_compute`` and ``check_backend``.
    """
    # OpenVINO runs on processors: with it a GPU is not taken by itself.
    word = "cpu" if backend == "openvino" and device.strip().lower() == "auto" else device
    compute = choose_compute(word, precision)
    check_backend(backend, compute.device)
    return compute
