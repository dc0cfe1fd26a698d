"""What a training run left, in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from MTINetLib.presentation.counts import counted

_FIGURES = {
    "dice": "Dice {value:.2f}",
    "accuracy": "accuracy {value:.0%}",
    "mae_percent": "curve error {value:.0f} %",
}


def training_over(values: Mapping[str, Any], translate: Callable[[str], str] = str) -> str:
    """How far it came, and the means of its models' figures in validation.

    Args:
        values: ``steps``; ``finished``; ``models``, how many; ``figures``, by the names of ``_FIGURES``.
    """
    shown = {name: text for name, text in _FIGURES.items() if name in values["figures"]}
    said = [translate(text).format(value=values["figures"][name]) for name, text in shown.items()]
    models = "the best model" if values["models"] == 1 else "the means of {count} models"
    template = (
        "The training has finished after {steps}; {models} in validation: {figures}."
        if values["finished"]
        else "The training was stopped after {steps}; {models} in validation: {figures}."
    )
    return translate(template).format(
        steps=counted(values["steps"], translate("step"), translate("steps")),
        models=translate(models).format(count=values["models"]),
        figures=", ".join(said) or translate("no figures"),
    )
