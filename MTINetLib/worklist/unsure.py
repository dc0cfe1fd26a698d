"""How unsure a model is of what it found, from the probabilities of its findings."""

from __future__ import annotations

import math

from MTINetLib.findings import LesionFinding
from MTINetLib.inference.analysis import Analysis


def unsure(analysis: Analysis) -> list[float]:
    """0 to 1 of each lesion or candidate, none where nothing was found.

    The greater of two: how evenly its classes stand (entropy over the greatest possible one), where it counts
    as a lesion; and how near its probability of being one is to one half.
    """
    lesions = analysis.findings.lesions
    counted = {lesion.label for lesion in lesions}
    others = () if analysis.candidates is None else analysis.candidates.findings.lesions
    return [
        *(max(_of_class(lesion), _of_being_one(lesion)) for lesion in lesions),
        *(_of_being_one(other) for other in others if other.label not in counted),
    ]


def _of_class(lesion: LesionFinding) -> float:
    shares = [share for share in lesion.probabilities.values() if share > 0]
    if len(lesion.probabilities) < 2:
        return 0.0
    return -sum(share * math.log(share) for share in shares) / math.log(len(lesion.probabilities))


def _of_being_one(lesion: LesionFinding) -> float:
    told = lesion.lesion_probability
    return 0.0 if told is None else 1.0 - abs(2.0 * told - 1.0)
