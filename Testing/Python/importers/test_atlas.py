"""ATLAS: one phase a patient, liver and tumours in one label map."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.other_layouts import GRID, Ball, image, import_kind, labels, liver, told, write

from MTINetLib.dataset.check import check_dataset
from MTINetLib.dataset.folder import read_dataset
from MTINetLib.errors import InputError
from MTINetLib.reading.volumes.read import read_label_map
from MTINetLib.study.phase import Phase

PAIR = (Ball((-60.0, 0.0, 0.0), 18.0), Ball((0.0, 20.0, 0.0), 16.0))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("atlas")
    for number, lesions in ((0, PAIR), (7, PAIR[:1]), (10, PAIR)):
        picture = image(GRID, Phase.PORTAL_VENOUS, lesions, seed=number)
        write(root / "train" / "imagesTr" / f"im{number}.nii.gz", picture, GRID)
        drawn = np.where(labels(GRID, lesions) > 0, 2, liver(GRID)).astype(np.uint8)
        if number < 10:
            write(root / "train" / "labelsTr" / f"lb{number}.nii.gz", drawn, GRID)
    return root


def test_tumours_are_told_apart_and_the_liver_becomes_anatomy(source: Path, tmp_path: Path) -> None:
    result = import_kind("atlas", source, tmp_path / "set", phases={Phase.PORTAL_VENOUS: "portal_venous"})
    first, second = read_dataset(result.folder)
    assert (first.case, second.case) == ("atlas_00", "atlas_07")
    assert (first.lesion_classes, second.lesion_classes) == ({1: "hcc", 2: "hcc"}, {1: "hcc"})
    assert first.anatomy_path is not None
    whole = liver(GRID) | (labels(GRID, PAIR) > 0)
    np.testing.assert_array_equal(read_label_map(first.anatomy_path).array == 1, whole)
    assert told(result)["atlas_10"] == "left out: labelsTr has no lb10.nii.gz.\n"


def test_one_phase_is_a_dataset_that_nothing_can_be_trained_on(source: Path, tmp_path: Path) -> None:
    result = import_kind("atlas", source, tmp_path / "set", phases={Phase.ARTERIAL: "arterial"})
    found = check_dataset(result.folder)
    assert [case.problems for case in found.cases] == [(), ()]
    assert found.problems == ("The cases have the arterial phase alone; training needs two phases or more.",)
    assert not found.usable


def test_the_phase_is_asked_for(source: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="do not say which contrast phase an image is"):
        import_kind("atlas", source, tmp_path / "set")
