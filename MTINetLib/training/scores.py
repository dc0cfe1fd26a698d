"""The few figures that a training run watches. The figures to publish are those of MTINetLib.evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from MTINetLib.study.anatomy import UNKNOWN_ORGAN, Organ

#: A healthy slice counts as clean below so many false pixels.
CLEAN_PX = 10


class RunningScores:
    """Sums over batches; one rule for both training and validation.

    Dice and MAE are means over tumour-bearing slices, accuracy over lesions of known class, ``clean``
    is the share of healthy slices with less than CLEAN_PX false pixels.
    """

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._counts: dict[str, int] = {}
        self._classes: set[int] = set()

    def add(
        self,
        mask_logits: Tensor | None,
        tumour: Tensor,
        curve: Tensor | None,
        true_curve: Tensor,
        class_logits: Tensor | None,
        class_index: Tensor,
        bears_tumour: Tensor,
    ) -> None:
        """One batch; shapes as in TrainingBatch and SliceAnswer."""
        if mask_logits is not None:
            self._add_mask(mask_logits, tumour)
        if curve is not None:
            self._add("mae", (curve.float() - true_curve).abs().mean(1), bears_tumour)
        if class_logits is not None:
            known = bears_tumour & (class_index >= 0)
            self._classes |= {int(index) for index in class_index[known]}
            self._add("accuracy", (class_logits.argmax(1) == class_index).float(), known)

    def _add_mask(self, mask_logits: Tensor, tumour: Tensor) -> None:
        found, truth = (mask_logits > 0).flatten(1), (tumour > 0).flatten(1)
        overlap, total = (found & truth).sum(1), found.sum(1) + truth.sum(1)
        any_tumour = truth.any(1)
        self._add("dice", 2 * overlap / total.clamp_min(1), any_tumour)
        self._add("clean", (found.sum(1) < CLEAN_PX).float(), ~any_tumour)

    def add_anatomy(self, anatomy_logits: Tensor, anatomy: Tensor) -> None:
        """Organs of one batch: ``liver_dice`` is a mean over slices in which the liver is known to be."""
        value = anatomy_logits.argmax(1)
        known = anatomy != UNKNOWN_ORGAN
        found = ((value == Organ.LIVER) | (value == Organ.LIVER_VESSEL)) & known
        truth = (anatomy == Organ.LIVER) | (anatomy == Organ.LIVER_VESSEL)
        total = found.sum((1, 2)) + truth.sum((1, 2))
        dice = 2 * (found & truth).sum((1, 2)) / total.clamp_min(1)
        self._add("liver_dice", dice, truth.any(2).any(1))

    def add_loss(self, name: str, value: Tensor) -> None:
        """A scalar to average over batches."""
        self._add(name, value.detach().reshape(1), torch.ones(1, dtype=torch.bool, device=value.device))

    def means(self) -> dict[str, float]:
        """Means so far; a figure without a single case is left out, and accuracy on one class only."""
        means = {name: self._sums[name] / count for name, count in self._counts.items() if count}
        if len(self._classes) < 2:  # saying always the same would be right
            means.pop("accuracy", None)
        return means

    @classmethod
    def total(cls, parts: Sequence[RunningScores]) -> RunningScores:
        """All parts as one."""
        whole = cls()
        for part in parts:
            whole._classes |= part._classes
            for name, count in part._counts.items():
                whole._sums[name] = whole._sums.get(name, 0.0) + part._sums[name]
                whole._counts[name] = whole._counts.get(name, 0) + count
        return whole

    def _add(self, name: str, values: Tensor, counted: Tensor) -> None:
        self._sums[name] = self._sums.get(name, 0.0) + float(values.detach()[counted].sum())
        self._counts[name] = self._counts.get(name, 0) + int(counted.sum())


def validation_score(means: dict[str, float]) -> float:
    """What picks the best checkpoint: half Dice, a quarter accuracy, a quarter clean healthy slices.

    A figure that the data or the network cannot give counts as 0, the same in every epoch. A network that
    gives curves alone is judged by their error.
    """
    if "mae" in means and not {"dice", "clean", "accuracy"} & set(means):
        return 1 / (1 + means["mae"])
    return 0.5 * means.get("dice", 0.0) + 0.25 * means.get("accuracy", 0.0) + 0.25 * means.get("clean", 0.0)
