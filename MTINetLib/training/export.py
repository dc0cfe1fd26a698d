"""From the best checkpoint of a run to a model folder that inference loads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import MTINetLib
from MTINetLib.network.model_folder import save_model_folder
from MTINetLib.network.mtinet import MTINet
from MTINetLib.study import normalise
from MTINetLib.training.settings import TrainingSettings

#: Chosen for the shipped model on 50 phantom studies of seed 6001, which are neither trained nor evaluated
#: on. A finding in one slice only is nearly always a vessel cut across, one that is unsure throughout a
#: vessel cut along; what these rules cost is lesions thinner than two slices, most of them under 10 mm.
THRESHOLDS = {"mask": 0.6, "peak": 0.6, "mean": 0.8, "smallest_mm3": 60.0, "min_slices": 2}
TEMPERATURE = 1.0


def export_model(
    folder: Path, network: MTINet, settings: TrainingSettings, scores: Mapping[str, float], name: str = ""
) -> str:
    """Write the model folder.

    Args:
        scores: validation figures of these weights; they go into the config.
        name: of the model, ``mtinet-`` and the preset's name if empty.

    Returns:
        SHA-256 of the weights.
    """
    config = {
        "name": name or f"mtinet-{settings.preset}",
        "preset": settings.preset,
        "software": getattr(MTINetLib, "__version__", ""),
        "normalisation": {
            "method": "pre-contrast, percentile of the inner body",
            "high_percentile": normalise.HIGH_PERCENTILE,
        },
        "thresholds": THRESHOLDS,
        "temperature": TEMPERATURE,
        "training": settings.to_dict(),
        "validation": {key: round(value, 5) for key, value in scores.items()},
        "intended_use": "Research use only. Not for diagnosis or treatment decisions.",
    }
    return save_model_folder(folder, network.eval(), config)
