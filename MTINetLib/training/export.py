"""From the best checkpoint of a run to a model folder that inference loads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import MTINetLib
from MTINetLib.models.folder import save_model_folder
from MTINetLib.network.slice_network import SliceNetwork
from MTINetLib.study.phase import FOUR_PHASES
from MTINetLib.training.settings import TrainingSettings


def export_model(
    folder: Path,
    network: SliceNetwork,
    settings: TrainingSettings,
    scores: Mapping[str, float],
    name: str = "",
) -> str:
    """Write the model folder.

    It says nothing of thresholds and temperature, so that the neutral ones hold until they are fitted.

    Args:
        scores: validation figures of these weights; they go into the config.
        name: of the model, ``mtinet-`` and the preset's name if empty.

    Returns:
        SHA-256 of the weights.
    """
    config = {
        "name": name or f"mtinet-{settings.preset}",
        "preset": settings.preset,
        "phases": list(settings.phases) or [phase.value for phase in FOUR_PHASES],
        "classes": list(settings.classes) if settings.network.classifies else [],
        "software": getattr(MTINetLib, "__version__", ""),
        "training": settings.to_dict(),
        "validation": {key: round(value, 5) for key, value in scores.items()},
        "intended_use": "Research use only. Not for diagnosis or treatment decisions.",
    }
    return save_model_folder(folder, network.eval(), config, settings.architecture)
