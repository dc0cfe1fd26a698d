"""A model that a run starts from: its weights, and what of its making the run has to keep."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from MTINetLib.errors import InputError
from MTINetLib.models.architectures import architecture_of
from MTINetLib.models.folder import read_model_folder
from MTINetLib.models.info import ModelInfo
from MTINetLib.network.slice_network import SliceNetwork
from MTINetLib.network.slice_settings import SliceSettings
from MTINetLib.training.settings import TrainingSettings


@dataclass(frozen=True)
class StartingModel:
    """What a run takes over.

    Args:
        info: the model's own description.
        network: settings of its network, which are the run's.
        weights: its state, by the names of the network's tensors.
    """

    info: ModelInfo
    network: SliceSettings
    weights: dict[str, Tensor]

    def settings_of(self, recipe: TrainingSettings) -> TrainingSettings:
        """The recipe for this model's network: its phases, classes and widths, not the recipe's own.

        Raises:
            InputError: the recipe names other classes or phases than the model knows.
        """
        phases, classes = tuple(phase.value for phase in self.info.phases), self.info.classes
        for what, asked, known in (("phases", recipe.phases, phases), ("classes", recipe.classes, classes)):
            if asked and asked != known:
                raise InputError(
                    f"The model {self.info.name} knows the {what} {', '.join(known)}, the settings name "
                    f"{', '.join(asked)}; a run that starts from a model keeps the model's."
                )
        return replace(
            recipe,
            phases=phases,
            classes=classes,
            architecture=self.info.architecture.name,
            network=self.network,
            started_from=self.info.sha256,
        )

    def load_into(self, *networks: SliceNetwork | None) -> None:
        """Give the networks the model's weights; they stay in training as they were made."""
        with torch.no_grad():
            for network in networks:
                if network is not None:
                    network.load_state_dict(self.weights)


def read_starting_model(folder: Path) -> StartingModel:
    """A model folder that holds the weights of a network of this library or of a registered one.

    Raises:
        ModelError: the folder holds no model that can be used.
        InputError: its weights do not fit its network.
    """
    weights, info = read_model_folder(folder)
    architecture = architecture_of(info.architecture.name)
    settings = architecture.read_settings(info.architecture.settings)
    try:
        architecture.build(settings).load_state_dict(weights)
    except RuntimeError as error:
        raise InputError(
            f"The weights in {folder} are not those of its network; choose another model to start from."
        ) from error
    return StartingModel(info, settings, weights)
