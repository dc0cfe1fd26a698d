"""The systems by name."""

from __future__ import annotations

from MTINetLib.errors import InputError
from MTINetLib.models.architectures import register_architecture
from MTINetLib.systems import (
    densenet,
    dm_ff,
    ei_ddpm,
    inception,
    resnet,
    resunet_pp,
    trans_unet,
    unet,
    vgg,
)
from MTINetLib.systems.mti_net import MODULE_ROWS, MTI_NET, TASK_ROWS
from MTINetLib.systems.nnunet import NNUNET
from MTINetLib.systems.plain_reading import PLAIN_READING
from MTINetLib.systems.system import System

_ARCHITECTURES = (
    unet.ARCHITECTURE,
    resunet_pp.ARCHITECTURE,
    trans_unet.ARCHITECTURE,
    ei_ddpm.ARCHITECTURE,
    dm_ff.ARCHITECTURE,
    vgg.ARCHITECTURE,
    resnet.ARCHITECTURE,
    densenet.ARCHITECTURE,
    inception.ARCHITECTURE,
)
_READERS = (vgg.VGG_16, resnet.RESNET_50, densenet.DENSENET_121, inception.INCEPTION)
_SYSTEMS = (
    unet.UNET,
    resunet_pp.RESUNET_PP,
    trans_unet.TRANS_UNET,
    NNUNET,
    ei_ddpm.EI_DDPM_STYLE,
    dm_ff.DM_FF_STYLE,
    *(regression for regression, _ in _READERS),
    *(classification for _, classification in _READERS),
    PLAIN_READING,
    MTI_NET,
    *MODULE_ROWS,
    *TASK_ROWS,
)


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
