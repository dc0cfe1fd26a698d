"""Mean and networks on studies that none was trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.small_models import random_model

from MTINetLib.dataset.folder import read_dataset
from MTINetLib.evaluation.truth import read_truth
from MTINetLib.fine_tuning import mean_check
from MTINetLib.fine_tuning.mean_check import MeanCheck, check_mean, studies_apart
from MTINetLib.fine_tuning.mix import phantom_has
from MTINetLib.phantom.cohort import PhantomSettings
from MTINetLib.pipeline.open import open_study
from MTINetLib.progress import Silent


def test_a_model_that_marks_everything_has_the_dice_of_that(other: Path, tmp_path: Path) -> None:
    everything = random_model(tmp_path / "all", thresholds={"mask": 1e-6, "peak": 0.5}).info.folder
    another = random_model(tmp_path / "other", seed=2).info.folder
    found = check_mean(other, everything, [everything, another], "cpu")
    lesion = voxels = 0
    for case in read_dataset(other):
        study = open_study(case.phase_paths)
        lesion += int(np.count_nonzero(read_truth(case, study.grid).labels))
        voxels += int(np.prod(study.grid.shape))
    assert found.mean == found.networks[0] == pytest.approx(2 * lesion / (lesion + voxels))
    assert found.networks[1] != found.mean
    assert found.studies == 2


def test_the_mean_stays_unless_it_is_worse_than_every_network() -> None:
    assert MeanCheck(4, 0.5, (0.5, 0.7)).chosen is None
    assert MeanCheck(4, 0.49, (0.5, 0.7)).chosen == 1


def test_the_studies_apart_are_none_of_those_mixed_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from MTINetLib.fine_tuning import mix

    small = PhantomSettings(slices=(4, 5), matrix=(192, 192), diameter_mm=(20, 40))
    for module in (mean_check, mix):
        monkeypatch.setattr(module, "STUDIES", 1)
        monkeypatch.setattr(module, "_KIND", small)
    apart = studies_apart(tmp_path / "apart", 0)
    mixed_in = mix.phantom_to_mix_in(tmp_path / "mixed", ("pre", "arterial"), 0, Silent())
    assert mixed_in is not None
    images = [open_study(read_dataset(folder)[0].phase_paths).volumes for folder in (apart, mixed_in)]
    assert images[0].shape != images[1].shape or not np.array_equal(*images)
    made = (apart / "dataset.json").stat().st_mtime_ns
    assert studies_apart(apart, 0) == apart
    assert (apart / "dataset.json").stat().st_mtime_ns == made


def test_phantom_studies_have_four_phases() -> None:
    assert phantom_has(("pre", "delayed"))
    assert not phantom_has(("pre", "hepatobiliary"))
