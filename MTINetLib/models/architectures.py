"""The architectures of networks by name. Needs no torch until a network is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from MTINetLib.errors import InputError
from MTINetLib.network.settings import NetworkSettings

if TYPE_CHECKING:
    from MTINetLib.network.mtinet import MTINet


class ArchitectureSettings(Protocol):
    """The settings of a network, whatever its architecture."""

    @property
    def image_size(self) -> int:
        """Side in pixels of the square slices that it takes."""

    @property
    def phase_count(self) -> int:
        """Images that a slice has, one a contrast phase."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the model's config."""


@dataclass(frozen=True)
class Architecture:
    """A kind of network.

    Args:
        name: that a config gives.
        read_settings: settings from a config's plain values; InputError for what makes no network.
        build: a network with random weights of such settings.
    """

    name: str
    read_settings: Callable[[Mapping[str, Any]], ArchitectureSettings]
    build: Callable[[Any], MTINet]


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


def _build_mtinet(settings: NetworkSettings) -> MTINet:
    from MTINetLib.network.mtinet import MTINet

    return MTINet(settings)


_KNOWN = {"mtinet": Architecture("mtinet", NetworkSettings.from_dict, _build_mtinet)}
