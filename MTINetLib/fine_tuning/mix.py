"""Phantom studies that are mixed in, so that a network which learns from few cases forgets nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from MTINetLib.phantom.cohort import PhantomSettings, write_cohort
from MTINetLib.progress import Progress
from MTINetLib.study.phase import FOUR_PHASES

_LOG = logging.getLogger(__name__)

#: Studies made where no dataset to mix in is named: about a second each, and half a gigabyte together.
STUDIES = 16
#: Small ones: what counts is many kinds of lesions and organs, not many slices.
_KIND = PhantomSettings(slices=(24, 36), matrix=(192, 256))
#: Added to the run's seed, so that nobody meets the studies of a phantom dataset made with that seed.
_SEED = 910_000


def phantom_has(phases: Sequence[str]) -> bool:
    """Whether there are phantom studies with all of these phases."""
    return set(phases) <= {phase.value for phase in FOUR_PHASES}


def phantom_to_mix_in(
    folder: Path, phases: Sequence[str], seed: int, progress: Progress | None = None
) -> Path | None:
    """The dataset folder, made where it is not there yet; None for a model of phases that no phantom has.

    Args:
        phases: of the model, by their names.
    """
    if not phantom_has(phases):
        _LOG.warning(
            "There are no phantom studies with the phases %s: nothing is mixed in, and the model may forget "
            "what the dataset does not show.",
            ", ".join(phases),
        )
        return None
    if not folder.is_dir():
        write_cohort(folder, STUDIES, _SEED + seed, settings=_KIND, progress=progress)
    return folder
