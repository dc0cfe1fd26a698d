"""Which programs can run a network, by name."""

from __future__ import annotations

import importlib.metadata
from typing import Protocol

import torch

from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.models.architectures import Architecture
from MTINetLib.models.backends.runner import CPU_BATCH, SliceRunner
from MTINetLib.models.device import Compute
from MTINetLib.network.slice_network import SliceNetwork


class Backend(Protocol):
    """A program that runs networks; another one, such as ONNX Runtime, is one more of these."""

    @property
    def title(self) -> str:
        """For people."""

    def refusal(self, device: torch.device) -> InputError | MissingResourceError | None:
        """Why it cannot run on a device, or not at all here; None where it can."""

    def version(self) -> str:
        """Of the program, the empty text where it is not installed."""

    def runner(self, architecture: Architecture, network: SliceNetwork, compute: Compute) -> SliceRunner:
        """A trained network (float32, on the CPU) ready on the device, in the precision."""


class Torch:
    """Runs on everything."""

    title = "PyTorch"

    def refusal(self, device: torch.device) -> InputError | MissingResourceError | None:
        return None

    def version(self) -> str:
        return str(torch.__version__)

    def runner(self, architecture: Architecture, network: SliceNetwork, compute: Compute) -> SliceRunner:
        return architecture.ready(network, compute.dtype).to(compute.device)


class OpenVino:
    """Runs on processors (extra ``openvino``)."""

    title = "OpenVINO"

    def refusal(self, device: torch.device) -> InputError | MissingResourceError | None:
        if device.type != "cpu":
            return InputError(f"OpenVINO runs on the CPU here, not on {device}; use the device cpu.")
        if not self.version():
            return MissingResourceError(
                "OpenVINO is not installed; run pip install 'MTINetLib[openvino]', or use the backend torch."
            )
        return None

    def version(self) -> str:
        try:
            return importlib.metadata.version("openvino")
        except importlib.metadata.PackageNotFoundError:
            return ""

    def runner(self, architecture: Architecture, network: SliceNetwork, compute: Compute) -> SliceRunner:
        from MTINetLib.models.backends.openvino import openvino_network

        return openvino_network(architecture, network, compute, CPU_BATCH)


#: By the names of the command line.
BACKENDS: dict[str, Backend] = {"torch": Torch(), "openvino": OpenVino()}
CHOICES = ("auto", *BACKENDS)


def check_backend(name: str, device: torch.device) -> None:
    """Refuse a backend that cannot run there.

    Raises:
        InputError: no such backend, or not on this device.
        MissingResourceError: it is not installed.
    """
    if name not in CHOICES:
        raise InputError(f"The backend {name!r} is unknown; use one of {', '.join(CHOICES)}.")
    refusal = None if name == "auto" else BACKENDS[name].refusal(device)
    if refusal is not None:
        raise refusal
