"""From the slices' logits to a class, or to none: the evidence must carry the decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from MTINetLib.models.class_sets import ClassSets
from MTINetLib.models.reading import LesionReading
from MTINetLib.models.thresholds import Thresholds
from MTINetLib.study.lesion_class import UNDECIDED
from MTINetLib.study.phase import Phase

#: Flags that begin so say why a lesion has no class.
UNDECIDED_BECAUSE = "undecided:"
NOT_READ = "undecided:not_read"
LOW_PROBABILITY = "undecided:low_probability"
SLICES_DISAGREE = "undecided:slices_disagree"
#: By the model's class sets: more than one class is possible, or none.
SEVERAL_CLASSES, NO_CLASS = "undecided:several_classes", "undecided:no_class"
LITTLE_EVIDENCE = "undecided:little_evidence"
#: With the phase that shows too little of the lesion.
NO_IMAGE = "undecided:no_image_{0}"


@dataclass(frozen=True)
class Decision:
    """A class with the probabilities that it rests on; ``flags`` say why it is undecided."""

    lesion_class: str
    probabilities: dict[str, float]
    flags: tuple[str, ...] = ()


def decide(
    reading: LesionReading | None,
    classes: Sequence[str],
    thresholds: Thresholds,
    temperature: float = 1.0,
    class_sets: ClassSets | None = None,
) -> Decision:
    """Decide the class of a lesion.

    Probabilities are the softmax of the area-weighted mean of the slices' logits divided by the
    temperature. The lesion stays undecided if nothing was read, if the largest probability is below
    ``class_probability``, if slices with more than ``slice_disagreement`` of its area speak for
    another class, if it covers fewer than ``least_pixels`` pixels, or if not that class alone is possible
    at the error that ``class_sets`` state.

    Args:
        classes: that the model tells apart, in the order of its logits.
        class_sets: of the model, where it has them.
    """
    logits = None if reading is None else reading.mean_logits()
    if reading is None or reading.logits is None or logits is None or not np.isfinite(logits).all():
        return Decision(
            UNDECIDED, _named(classes, np.full(len(classes), 1 / max(len(classes), 1))), (NOT_READ,)
        )
    probabilities = _softmax(logits / temperature)
    best = int(probabilities.argmax())
    against = reading.areas[reading.logits.argmax(axis=1) != best].sum() / reading.areas.sum()
    flags = []
    if probabilities[best] < thresholds.class_probability:
        flags.append(LOW_PROBABILITY)
    if class_sets is not None:
        possible = class_sets.of(_named(classes, probabilities))
        if possible != (classes[best],):
            flags.append(SEVERAL_CLASSES if possible else NO_CLASS)
    if against > thresholds.slice_disagreement:
        flags.append(SLICES_DISAGREE)
    if reading.areas.sum() < thresholds.least_pixels:
        flags.append(LITTLE_EVIDENCE)
    chosen = UNDECIDED if flags else classes[best]
    return Decision(chosen, _named(classes, probabilities), tuple(flags))


def without_image(decision: Decision, phases: Sequence[Phase]) -> Decision:
    """No class of a lesion that these phases do not show: the network saw nothing where it looked."""
    if not phases:
        return decision
    reasons = (NO_IMAGE.format(phase.value) for phase in phases)
    return replace(decision, lesion_class=UNDECIDED, flags=(*decision.flags, *reasons))


def _softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum())


def _named(classes: Sequence[str], probabilities: npt.NDArray[np.float64]) -> dict[str, float]:
    return {name: float(p) for name, p in zip(classes, probabilities, strict=True)}
