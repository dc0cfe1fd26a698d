"""What tests of work lists share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from support.made_analysis import made_grid, made_labels, made_study

from MTINetLib.phantom.dicom_writer import write_study_as_dicom
from MTINetLib.study.grid import Grid
from MTINetLib.study.study import Study
from MTINetLib.worklist.change import Lesions
from MTINetLib.worklist.folder import WorkList, open_list
from MTINetLib.worklist.search import search

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


def drafted_list(folder: Path, count: int) -> WorkList:
    """A list of so many studies below ``folder``, each with a draft of two lesions or more."""
    from support.small_models import known_model

    from MTINetLib.worklist.draft import Compute, draft

    for number in range(1, count + 1):
        place = folder / "archive" / str(number)
        write_study_as_dicom(place, noisy_study(number), patient_id=str(number), study_seed=number)
    search(folder / "archive", folder / "list")
    listed = open_list(folder / "list")
    draft(listed, listed.records(), known_model(), Compute("cpu", "fp32"))
    return listed
