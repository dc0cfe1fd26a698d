"""What an analysis gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.findings import StudyFindings
from MTINetLib.inference.candidates import Candidates
from MTINetLib.study.liver import Liver


@dataclass(frozen=True)
class Analysis:
    """Findings with the masks that they are of.

    Args:
        findings: all that was found, with provenance.
        labels: [K, J, I] on the study's grid, uint8 or uint16; 0 background, else LesionFinding.label.
        probability: float32 [K, J, I], tumour probability on the study's grid; None where the lesions
            were given.
        candidates: everything that may be a lesion; None for a model without a choice of sensitivity.
        liver: that the lesions are seen in; None where neither the model nor the user outlined it.
        timings: seconds by stage: network, lesions, heads, measure.
    """

    findings: StudyFindings
    labels: npt.NDArray[Any]
    probability: npt.NDArray[np.float32] | None = None
    timings: Mapping[str, float] = field(default_factory=dict)
    liver: Liver | None = None
    candidates: Candidates | None = None
