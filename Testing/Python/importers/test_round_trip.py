"""What is exported for other programs comes back as the same cases."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.other_layouts import GRID, Ball, image, import_kind, labels, sound, write

from MTINetLib.dataset.folder import DatasetCase, read_dataset, write_dataset_tables
from MTINetLib.exporters.export import ExportOrder, Kind, export_dataset
from MTINetLib.exporters.nnunet import Meaning
from MTINetLib.reading.volumes.read import read_label_map
from MTINetLib.study.phase import FOUR_PHASES

CASES = {
    "one": (Ball((-60.0, 0.0, 0.0), 18.0, "hcc"), Ball((0.0, 20.0, 0.0), 16.0, "hemangioma")),
    "two": (Ball(kind="hemangioma"),),
    "none": (),
}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("own") / "liver"
    cases = []
    for seed, (name, lesions) in enumerate(CASES.items()):
        paths = {
            phase: write(root / name / f"{phase.value}.nii.gz", image(GRID, phase, lesions, seed=seed), GRID)
            for phase in FOUR_PHASES
        }
        mask = write(root / name / "mask.nii.gz", labels(GRID, lesions), GRID)
        classes = {number: lesion.kind for number, lesion in enumerate(lesions, 1)}
        first = classes.get(1, "none")
        cases.append(DatasetCase(name, f"patient_{name}", first, paths, mask, classes))
    write_dataset_tables(root, cases)
    return root


@pytest.mark.parametrize(("kind", "meaning"), [("nnunet", "class"), ("bids", "lesion")])
def test_an_exported_dataset_comes_back(kind: Kind, meaning: Meaning, dataset: Path, tmp_path: Path) -> None:
    order = ExportOrder(dataset, tmp_path / "out", kind, meaning=meaning, folds=0, processes=1)
    exported = export_dataset(order)
    back = import_kind(kind, exported.folder, tmp_path / "back")
    assert back.left_out == ()
    assert sound(back.folder).classes == {"hcc": 1, "hemangioma": 2}
    truth = {tuple(sorted(case.lesion_classes.values())): case for case in read_dataset(dataset)}
    for case in read_dataset(back.folder):
        own = truth[tuple(sorted(case.lesion_classes.values()))]
        assert case.mask_path is not None
        assert own.mask_path is not None
        drawn = read_label_map(case.mask_path)
        for label, name in case.lesion_classes.items():
            (number,) = [n for n, kind_of in own.lesion_classes.items() if kind_of == name]
            np.testing.assert_array_equal(drawn.array == label, read_label_map(own.mask_path).array == number)
