"""The architectures of networks by name. Needs no torch until a network is built."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from MTINetLib.errors import InputError
from MTINetLib.network.settings import NetworkSettings
from MTINetLib.network.slice_settings import SliceSettings
from MTINetLib.network.weight_bytes import weight_bytes

if TYPE_CHECKING:
    import torch

    from MTINetLib.network.segmentation_graph import SegmentationGraph
    from MTINetLib.network.slice_network import SliceNetwork
    from MTINetLib.network.tdd import TaskDrivenDiscriminator


def _frozen_copy(network: SliceNetwork, dtype: torch.dtype) -> SliceNetwork:
    return copy.deepcopy(network).eval().requires_grad_(False).to(dtype)


def _unknown_bytes(settings: Any) -> int:
    return sys.maxsize


def _plain_graph(network: SliceNetwork) -> SegmentationGraph:
    from MTINetLib.network.segmentation_graph import plain_graph

    return plain_graph(network)


def _no_discriminator(settings: Any) -> TaskDrivenDiscriminator | None:
    return None


@dataclass(frozen=True)
class Architecture:
    """A kind of network: all that training and inference ask of it.

    Args:
        name: that configs and training settings give.
        read_settings: settings from a config's plain values; InputError for what makes no network.
        build: a network of such settings, with random weights.
        ready: a copy of a trained network for inference, eval mode, its weights in float32 or bfloat16.
        weight_bytes: of a network of such settings as float32, rather too high; as good as endless where that
            is not known, so that its weights are looked at before it is built.
        graph: the segmentation of a network that is ready for inference, as one function to export.
        discriminator: what a network of such settings is trained against, or None.
    """

    name: str
    read_settings: Callable[[Mapping[str, Any]], SliceSettings]
    build: Callable[[Any], SliceNetwork]
    ready: Callable[[Any, torch.dtype], SliceNetwork] = _frozen_copy
    weight_bytes: Callable[[Any], int] = _unknown_bytes
    graph: Callable[[Any], SegmentationGraph] = _plain_graph
    discriminator: Callable[[Any], TaskDrivenDiscriminator | None] = _no_discriminator


def architecture_of(name: str) -> Architecture:
    """The architecture of a name.

    Raises:
        InputError: there is none.
    """
    if name not in _KNOWN:
        raise InputError(
            f"The architecture '{name}' is unknown here (known: {', '.join(sorted(_KNOWN))}); update MTINet, "
            "or choose another model."
        )
    return _KNOWN[name]


def register_architecture(architecture: Architecture) -> None:
    """Make an architecture known in this process, under its name.

    Raises:
        InputError: another one has that name.
    """
    if _KNOWN.setdefault(architecture.name, architecture) != architecture:
        raise InputError(f"There is an architecture called '{architecture.name}' already; take another name.")


def _build_mtinet(settings: NetworkSettings) -> SliceNetwork:
    from MTINetLib.network.mtinet import MTINet

    return MTINet(settings)


def _ready_mtinet(network: Any, dtype: torch.dtype) -> SliceNetwork:
    from MTINetLib.network.fold import prepare_for_inference

    return prepare_for_inference(network, dtype)


def _mtinets_graph(network: Any) -> SegmentationGraph:
    from MTINetLib.network.segmentation_graph import mtinet_graph

    return mtinet_graph(network)


def _mtinets_discriminator(settings: NetworkSettings) -> TaskDrivenDiscriminator | None:
    from MTINetLib.network.tdd import TaskDrivenDiscriminator

    return TaskDrivenDiscriminator(settings) if settings.tdd else None


_KNOWN: dict[str, Architecture] = {}
register_architecture(
    Architecture(
        "mtinet",
        NetworkSettings.from_dict,
        _build_mtinet,
        ready=_ready_mtinet,
        weight_bytes=weight_bytes,
        graph=_mtinets_graph,
        discriminator=_mtinets_discriminator,
    )
)
