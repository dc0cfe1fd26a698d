"""Real livers in the phantom's body."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy import ndimage

from MTINetLib.phantom.case import PhantomCase, PhantomSettings, make_case
from MTINetLib.phantom.cohort import write_cohort
from MTINetLib.study.anatomy import Organ

CASES = 4


@lru_cache(maxsize=CASES)
def case(maps: Path, index: int) -> PhantomCase:
    return make_case(2, index, settings(maps))


def settings(maps: Path) -> PhantomSettings:
    return PhantomSettings(slices=(24, 24), matrix=(96, 112), anatomy=maps)


def test_one_map_makes_livers_of_many_sizes_and_shapes_that_stay_livers(maps: Path) -> None:
    litres = []
    for index in range(CASES):
        study = case(maps, index)
        litres.append(float(study.liver.sum()) * study.study.grid.voxel_volume_mm3 / 1e6)
        pieces, count = ndimage.label(study.liver)
        largest = np.bincount(pieces.ravel())[1:].max() if count else 0
        assert largest > 0.95 * study.liver.sum()
    assert len({round(value, 3) for value in litres}) == CASES
    assert 0.5 < min(litres) < max(litres) < 3.0


def test_the_stack_reaches_up_to_the_dome(maps: Path) -> None:
    for index in range(CASES):
        areas = case(maps, index).liver.sum(axis=(1, 2))
        assert areas[-1] < 0.25 * areas.max()


def test_the_same_seed_gives_the_same_study(maps: Path) -> None:
    again = make_case(2, 1, settings(maps))
    assert again.study.volumes.tobytes() == case(maps, 1).study.volumes.tobytes()
    np.testing.assert_array_equal(again.anatomy, case(maps, 1).anatomy)


def test_its_veins_lie_in_it_and_are_bright(maps: Path) -> None:
    for index in range(CASES):
        study = case(maps, index)
        veins = study.anatomy == Organ.LIVER_VESSEL
        near = ndimage.binary_dilation(study.anatomy == Organ.LIVER, iterations=4)
        assert veins.sum() > 20
        assert near[veins].mean() > 0.9
        portal = study.study.volumes[2]
        assert np.median(portal[veins]) > 1.05 * np.median(portal[study.anatomy == Organ.LIVER])


def test_the_liver_lies_to_the_right_of_the_spleen_and_lesions_lie_in_it(maps: Path) -> None:
    for index in range(CASES):
        study = case(maps, index)
        liver, spleen = (np.argwhere(study.anatomy == organ) for organ in (Organ.LIVER, Organ.SPLEEN))
        to_lps = study.study.grid.to_lps
        assert to_lps(liver.mean(axis=0))[0] + 60 < to_lps(spleen.mean(axis=0))[0]
        assert study.liver[study.labels > 0].all()


def test_a_cohort_names_the_folder_of_livers_but_not_where_it_lies(maps: Path, tmp_path: Path) -> None:
    write_cohort(tmp_path / "set", 1, 3, settings=settings(maps))
    origin = json.loads((tmp_path / "set" / "dataset.json").read_text(encoding="utf-8"))
    assert origin["settings"]["anatomy"] == maps.name
