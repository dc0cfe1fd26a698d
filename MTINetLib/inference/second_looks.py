"""Whether a model says the same of a study that is shown to it differently, or other models do.

Test-time augmentation as a measure of what a model is unsure of: Wang et al., Neurocomputing 2019;338:34.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MTINetLib.inference.in_liver import lesions_in_liver
from MTINetLib.inference.lesions import find_lesions
from MTINetLib.models.lesion_model import LesionModel
from MTINetLib.models.thresholds import Thresholds
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.study.liver import Liver
from MTINetLib.study.study import Study

#: Gains of the phases against each other, in turn: within what training varies by itself (8 %).
_PHASE_GAIN = 0.06

Map = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Disagreement:
    """How far the looks agree, lesion by lesion.

    Args:
        mean: 0 where every look says the same, 1 where one sees lesions and another nothing.
        seen_again: share of the lesion that they agree on least that all of them see; 1 without lesions.
        millilitres: of that lesion as any look sees it; 0 without lesions.
    """

    mean: float
    seen_again: float
    millilitres: float


def disagreement(
    study: Study,
    probability: Map,
    model: LesionModel,
    thresholds: Thresholds,
    liver: Liver | None = None,
    progress: Progress | None = None,
) -> Disagreement:
    """Ask the model about the mirrored study and about one whose phases have other gains.

    Args:
        probability: [K, J, I], what the model says of the study as it is.
        thresholds: that decide what counts as a lesion.
        liver: outside it nothing counts.
    """
    watcher = progress or Silent()
    watcher.start(Stage.LOOKING_AGAIN, 2)
    looks = [probability, _mirrored(model.probability(_mirror(study)))]
    watcher.update(1)
    looks.append(model.probability(_with_gains(study)))
    watcher.finish()
    return agreement(looks, study, thresholds, liver)


def disagreement_of_networks(
    study: Study,
    probability: Map,
    others: Sequence[LesionModel],
    thresholds: Thresholds,
    liver: Liver | None = None,
    progress: Progress | None = None,
) -> Disagreement:
    """Ask further networks about the same study, as query by committee does (Seung et al., COLT 1992:287).

    Args:
        probability: [K, J, I], what the first network says.
        thresholds, liver: as in :func:`disagreement`.
    """
    watcher = progress or Silent()
    watcher.start(Stage.LOOKING_AGAIN, len(others))
    looks = [probability]
    for done, other in enumerate(others, start=1):
        looks.append(other.probability(study))
        watcher.update(done)
    watcher.finish()
    return agreement(looks, study, thresholds, liver)


def agreement(
    looks: Sequence[Map], study: Study, thresholds: Thresholds, liver: Liver | None = None
) -> Disagreement:
    """The overlap of the looks in each lesion: sum of the smallest probability over that of the greatest."""
    greatest, smallest = np.maximum.reduce(looks), np.minimum.reduce(looks)
    labels = find_lesions(greatest, study.grid, thresholds)
    if liver is not None:
        labels = lesions_in_liver(labels, liver).labels
    numbers = np.arange(1, int(labels.max(initial=0)) + 1)
    if not numbers.size:
        return Disagreement(0.0, 1.0, 0.0)
    overlap = ndimage.sum_labels(smallest, labels, numbers) / ndimage.sum_labels(greatest, labels, numbers)
    worst = int(np.argmin(overlap))
    voxels = int(np.count_nonzero(labels == numbers[worst]))
    millilitres = voxels * study.grid.voxel_volume_mm3 / 1000
    return Disagreement(float(1 - overlap.mean()), float(overlap[worst]), millilitres)


def _mirror(study: Study) -> Study:
    """Along the columns, on the same grid."""
    covered = None if study.covered is None else np.ascontiguousarray(study.covered[..., ::-1])
    return replace(study, volumes=np.ascontiguousarray(study.volumes[..., ::-1]), covered=covered)


def _mirrored(values: Map) -> Map:
    return np.ascontiguousarray(values[..., ::-1])


def _with_gains(study: Study) -> Study:
    signs = np.where(np.arange(len(study.phases)) % 2, 1, -1)
    gains = (1 + _PHASE_GAIN * signs).astype(np.float32)
    return replace(study, volumes=study.volumes * gains[:, None, None, None])
