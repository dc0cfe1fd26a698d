"""Two models side by side, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from MTINetLib.study.phase import listed

FIGURE_TITLES = {
    "sensitivity": "Sensitivity, %",
    "false_positives_per_study": "False marks a study",
    "dice_median": "Dice, median (missed = 0)",
    "class_accuracy": "Class accuracy, %",
    "panoptic_quality": "Panoptic quality",
}
_NAMES = {
    "sensitivity": "sensitivity",
    "false_positives_per_study": "the number of false marks",
    "class_accuracy": "class accuracy",
    "panoptic_quality": "panoptic quality",
}
RULE = (
    "The rule: the new model is better if its panoptic quality or its class accuracy is higher, and neither "
    "these nor sensitivity nor false marks are worse. Each time the 95 % interval of the paired difference "
    "has to lie wholly on one side of 0. Else the old one stays."
)


def verdict_in_words(
    better: bool,
    gained: Sequence[str],
    lost: Sequence[str],
    unknown: bool,
    translate: Callable[[str], str] = str,
) -> str:
    """One or two sentences: which model stays, and why."""
    if unknown:
        return translate("The old model stays: there are too few patients to say which is better.")
    gains = listed([_NAMES[name] for name in gained]) if gained else ""
    losses = listed([_NAMES[name] for name in lost]) if lost else ""
    if better:
        return translate("The new model is better: by {gains}.").format(gains=gains)
    if lost and gained:
        text = translate("The old model stays: the new one is better by {gains}, but worse by {losses}.")
        return text.format(gains=gains, losses=losses)
    if lost:
        return translate("The old model stays: the new one is worse by {losses}.").format(losses=losses)
    if gained:
        text = translate(
            "The old model stays: the new one is better by {gains}, but neither by panoptic quality nor by "
            "class accuracy."
        )
        return text.format(gains=gains)
    return translate("The old model stays: no difference can be told from chance.")
