"""Everything that may be a lesion, found and read once, so that a reader can move along the curve at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.findings import StudyFindings

Labels = npt.NDArray[Any]


@dataclass(frozen=True)
class Candidates:
    """All candidates down to the lowest threshold that the model offers.

    Their numbers stay the same along the curve: those that count at the usual point come first, as if there
    were no others, then the rest by falling probability.

    Args:
        labels: [K, J, I].
        findings: of all of them, each with its probability of being a lesion.
    """

    labels: Labels
    findings: StudyFindings

    def labels_at(self, threshold: float) -> Labels:
        """The candidates that count from a threshold on."""
        return kept_labels(self.labels, self.numbers_at(threshold))

    def numbers_at(self, threshold: float) -> tuple[int, ...]:
        return tuple(
            lesion.label
            for lesion in self.findings.lesions
            if lesion.lesion_probability is not None and lesion.lesion_probability >= threshold
        )


def kept_labels(labels: Labels, numbers: tuple[int, ...]) -> Labels:
    """The label map with these numbers alone."""
    kept = np.zeros(int(labels.max(initial=0)) + 1, dtype=labels.dtype)
    for number in numbers:
        kept[number] = number
    return np.asarray(kept[labels])
