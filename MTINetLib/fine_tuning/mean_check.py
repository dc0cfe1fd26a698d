"""Whether the mean of networks is as good as they are, on studies that none of them was trained on.

Every patient of the dataset has trained some of the networks, so that none can judge their mean. Phantom
studies of another seed can: they say nothing of the hospital's patients, but where weights do not lie in one
valley of the loss, and their mean is worse than each of them, it shows there too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from MTINetLib.dataset.folder import read_dataset
from MTINetLib.evaluation.judged_case import OpenedCase, open_case
from MTINetLib.models.store import LoadedModel, load_model
from MTINetLib.phantom.cohort import PhantomSettings, write_cohort
from MTINetLib.progress import Progress, Silent, Stage

#: Few and small: a minute of a run of hours.
STUDIES = 4
_KIND = PhantomSettings(slices=(12, 16), matrix=(192, 256))
#: Added to the run's seed; no other phantom studies of a run are made with these.
_SEED = 930_000


@dataclass(frozen=True)
class MeanCheck:
    """What networks and their mean reach on the studies held apart.

    Args:
        studies: how many there are.
        mean: Dice of the mean with the truth, over all voxels of all studies.
        networks: the same of each network.
    """

    studies: int
    mean: float
    networks: tuple[float, ...]

    @property
    def chosen(self) -> int | None:
        """The network that is taken instead, from 0; None for the mean, which is at least as good as one."""
        if self.mean >= min(self.networks):
            return None
        return int(np.argmax(self.networks))

    def told(self) -> dict[str, Any]:
        """Arguments of ``judged_by_words``."""
        instead = None if self.chosen is None else self.chosen + 1
        return {"studies": self.studies, "mean": self.mean, "networks": self.networks, "instead": instead}


def studies_apart(folder: Path, seed: int, progress: Progress | None = None) -> Path:
    """The dataset folder, made where it is not there yet."""
    if not folder.is_dir():
        write_cohort(folder, STUDIES, _SEED + seed, settings=_KIND, progress=progress)
    return folder


def check_mean(
    apart: Path, mean: Path, networks: Sequence[Path], device: str = "auto", progress: Progress | None = None
) -> MeanCheck:
    """Ask the mean and the networks about the same studies.

    Args:
        apart: a dataset that none of them was trained on.
        mean, networks: model folders.
        progress: told of every study and model; may raise Cancelled.
    """
    watcher = progress or Silent()
    cases = read_dataset(apart)
    models = [load_model(folder) for folder in (mean, *networks)]
    watcher.start(Stage.EVALUATING, len(cases) * len(models))
    counts = np.zeros((len(models), 2))
    for number, case in enumerate(cases):
        opened = open_case(case, models[0].info.phases, Silent())
        for place, model in enumerate(models):
            counts[place] += _overlap(opened, model, device)
            watcher.update(number * len(models) + place + 1)
    watcher.finish()
    dice = [2 * shared / both if both else 1.0 for shared, both in counts]
    return MeanCheck(len(cases), dice[0], tuple(dice[1:]))


def _overlap(opened: OpenedCase, model: LoadedModel, device: str) -> tuple[int, int]:
    """Voxels that are in both masks, and in the one plus in the other."""
    found = model.on(device).probability(opened.study) > model.info.thresholds.mask
    truth = opened.truth.labels > 0
    shared, either = np.count_nonzero(found & truth), np.count_nonzero(found) + np.count_nonzero(truth)
    return int(shared), int(either)
