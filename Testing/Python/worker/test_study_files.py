from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.made_analysis import made_grid, made_study

from MTINetLib.errors import InputError
from MTINetLib.study.phase import Phase
from MTINetLib.study.study import Study
from MTINetLib.worker.arrays import load_array, save_array
from MTINetLib.worker.requests import OpenedStudy, SourceText
from MTINetLib.worker.study_files import MOST_KEPT, new_study_folder, read_study, save_result, write_record

STUDY = made_study(made_grid((4, 20, 24)))
COVERED = np.random.default_rng(2).random(STUDY.volumes.shape) < 0.9


def opened(folder: Path, key: str, study: Study = STUDY) -> None:
    place = new_study_folder(folder, key)
    sources = tuple(
        SourceText(s.description, s.evidence, s.confidence, s.series_uid, None) for s in study.sources
    )
    record = OpenedStudy(
        key,
        study.phases,
        save_array(place, "volumes", study.volumes),
        study.grid,
        study.reference,
        study.times_s,
        sources,
        study.flags,
        study.alignment,
        covered=save_array(place, "covered", COVERED[: len(study.phases)]),
    )
    write_record(place, record, study.sources)


def test_a_study_is_read_as_it_was_written(tmp_path: Path) -> None:
    opened(tmp_path, "a/key: with \\ odd ?* letters ß")
    read = read_study(tmp_path, "a/key: with \\ odd ?* letters ß")
    assert np.array_equal(read.volumes, STUDY.volumes)
    assert read.covered is not None
    assert np.array_equal(read.covered, COVERED)
    assert (read.grid, read.sources, read.flags, read.alignment) == (
        STUDY.grid,
        STUDY.sources,
        STUDY.flags,
        STUDY.alignment,
    )


def test_the_files_of_the_oldest_studies_go(tmp_path: Path) -> None:
    keys = [f"study {number}" for number in range(MOST_KEPT + 2)]
    for key in keys:
        opened(tmp_path, key)
    assert len(list(tmp_path.iterdir())) == MOST_KEPT
    for key in keys[-MOST_KEPT:]:
        read_study(tmp_path, key)
    with pytest.raises(InputError, match="not open in the worker any more"):
        read_study(tmp_path, keys[0])


def test_only_the_last_two_results_of_a_name_are_kept(tmp_path: Path) -> None:
    opened(tmp_path, "study")
    paths = [save_result(tmp_path, "study", "labels", np.full((2, 2), number)) for number in range(4)]
    assert [Path(path).exists() for path in paths] == [False, False, True, True]
    assert load_array(Path(paths[-1]))[0, 0] == 3
    read_study(tmp_path, "study")


def test_a_study_of_other_phases_than_four_is_read_as_it_was_written(tmp_path: Path) -> None:
    two = replace(
        STUDY,
        phases=STUDY.phases[1:3],
        volumes=STUDY.volumes[1:3],
        times_s=STUDY.times_s[1:3],
        sources=STUDY.sources[1:3],
        alignment=(None, None),
    )
    opened(tmp_path, "two", two)
    assert read_study(tmp_path, "two").phases == (Phase.ARTERIAL, Phase.PORTAL_VENOUS)
