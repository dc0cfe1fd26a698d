"""Words that warn the reader of a lesion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import InputError
from MTINetLib.inference.lesions import Box
from MTINetLib.inference.measure import LesionSize
from MTINetLib.study.study import Study

UNDER_10_MM = "under_10_mm"
SINGLE_SLICE = "single_slice"
TOUCHES_BORDER = "touches_border"
SHARES_SLICES = "shares_slices"
NO_LIVER_RING = "no_liver_ring"
MOSTLY_OUTSIDE = "mostly_outside_liver"
#: LI-RADS v2018 and most reports draw the line at 10 mm; below it a class rests on few pixels.
SMALL_MM = 10.0
#: A phase recognised with less confidence than this is a doubt.
SURE_PHASE = 0.7
_OF_CURVES = ("motion", "phase_doubt", "offset_doubt", "display_values", "scaled_apart")


def lesion_flags(
    label: int, boxes: Mapping[int, Box], shape: tuple[int, ...], size: LesionSize, *, has_ring: bool
) -> tuple[str, ...]:
    """What to know of one lesion: under 10 mm, one slice only, cut by the border, shared slices, no ring."""
    box = boxes[label]
    others = [other[0] for number, other in boxes.items() if number != label]
    said = {
        UNDER_10_MM: size.long_axis_mm < SMALL_MM,
        SINGLE_SLICE: size.slices[0] == size.slices[1],
        TOUCHES_BORDER: any(
            part.start == 0 or part.stop == length for part, length in zip(box, shape, strict=True)
        ),
        SHARES_SLICES: any(part.start < box[0].stop and box[0].start < part.stop for part in others),
        NO_LIVER_RING: not has_ring,
    }
    return tuple(flag for flag, holds in said.items() if holds)


def study_flags(study: Study) -> tuple[str, ...]:
    """The study's own flags, and ``phase_doubt:<phase>`` for phases recognised without certainty."""
    doubts = [
        f"phase_doubt:{phase.value}"
        for phase, source in zip(study.phases, study.sources, strict=True)
        if source.confidence < SURE_PHASE
    ]
    return tuple(dict.fromkeys((*study.flags, *doubts)))


def inherited_flags(of_study: tuple[str, ...]) -> tuple[str, ...]:
    """Flags of the study that cast doubt on every lesion's curve."""
    return tuple(flag for flag in of_study if flag.split(":")[0] in _OF_CURVES)


def check_values(study: Study) -> None:
    """Refuse a study that nothing can be measured on.

    Raises:
        InputError: a phase holds numbers that are not finite.
    """
    for phase in study.phases:
        if not np.isfinite(study.phase(phase)).all():
            raise InputError(
                f"The {phase.title} phase holds values that are not finite numbers (NaN or infinity); "
                "replace them, by 0 outside the body."
            )


def check_labels(labels: npt.NDArray[Any], study: Study) -> None:
    """Refuse a label map that does not lie on the study's grid.

    Raises:
        ValueError: wrong shape or kind; a programming error, for users' masks are resampled before.
    """
    if labels.shape != study.grid.shape:
        raise ValueError(f"labels have shape {labels.shape}, the study's grid {study.grid.shape}")
    if not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"labels are {labels.dtype}, not whole numbers")
