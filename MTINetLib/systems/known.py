"""The systems by name."""

from __future__ import annotations

from MTINetLib.errors import InputError
from MTINetLib.models.architectures import register_architecture
from MTINetLib.systems import unet
from MTINetLib.systems.mti_net import MODULE_ROWS, MTI_NET, TASK_ROWS
from MTINetLib.systems.system import System

_ARCHITECTURES = (unet.ARCHITECTURE,)
_SYSTEMS = (unet.UNET, MTI_NET, *MODULE_ROWS, *TASK_ROWS)


def register_networks() -> None:
    """Make the systems' networks known to training and to ``load_model`` in this process."""
    for architecture in _ARCHITECTURES:
        register_architecture(architecture)


def all_systems() -> tuple[System, ...]:
    """Every system, in the order of the paper's tables."""
    return _SYSTEMS


def system_of(name: str) -> System:
    """The system of a name.

    Raises:
        InputError: there is none.
    """
    for system in _SYSTEMS:
        if system.name == name:
            return system
    raise InputError(
        f"There is no system '{name}'; choose among {', '.join(system.name for system in _SYSTEMS)}."
    )
