"""What tests of work lists share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from support.made_analysis import made_grid, made_labels, made_study

from MTINetLib.study.grid import Grid
from MTINetLib.study.study import Study
from MTINetLib.worklist.change import Lesions

#: Of patients of the archive; none of them may stand in a file name of a list or in an exported dataset.
SECRETS = ("SECRET-1", "SECRET-2", "DOE")
GRID: Grid = made_grid(shape=(8, 40, 48))


def true_lesions() -> Lesions:
    """Both lesions of every study of the archive."""
    labels: npt.NDArray[np.uint8] = made_labels(GRID)
    return Lesions(labels, GRID)


def noisy_study(seed: int) -> Study:
    """The made study with noise of its own, so that no two are the same images."""
    study = made_study(GRID)
    noise = np.random.default_rng(seed).normal(0, 2, study.volumes.shape).astype(np.float32)
    return replace(study, volumes=np.abs(study.volumes + noise))
