"""BIDS: phases by entities, masks and segmentations among the derivatives."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from support.other_layouts import GRID, Ball, image, import_kind, labels, liver, sound, told, write

from MTINetLib.dataset.folder import read_dataset
from MTINetLib.errors import InputError
from MTINetLib.reading.volumes.read import read_label_map
from MTINetLib.study.phase import FOUR_PHASES, Phase

WORDS = dict(zip(FOUR_PHASES, ("pre", "arterial", "portalvenous", "delayed"), strict=True))
PAIR = (Ball((-60.0, 0.0, 0.0), 18.0, "hcc"), Ball((0.0, 20.0, 0.0), 16.0, "hemangioma"))


def write_images(root: Path, subject: str, seed: int, lesions: tuple[Ball, ...], entity: str = "ce") -> None:
    for phase, word in WORDS.items():
        name = f"sub-{subject}_{entity}-{word}_T1w.nii.gz"
        write(root / f"sub-{subject}/anat" / name, image(GRID, phase, lesions, seed=seed), GRID)


def derivative(root: Path, name: str, array: np.ndarray, pipeline: str = "manual") -> Path:
    subject = name.partition("_")[0]
    return write(root / "derivatives" / pipeline / subject / "anat" / f"{name}.nii.gz", array, GRID)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bids")
    for number, lesions in enumerate((PAIR, PAIR[:1], ())):
        write_images(root, f"0{number}", number, lesions)
    told_of = json.dumps({"Name": "x", "BIDSVersion": "1.10.0", "Synthetic": True})
    (root / "dataset_description.json").write_text(told_of)
    segments = derivative(root, "sub-00_seg-lesions_dseg", labels(GRID, PAIR))
    table = "index\tname\tclass\n1\tlesion 1\thcc\n2\tlesion 2\themangioma\n"
    segments.with_name("sub-00_seg-lesions_dseg.tsv").write_text(table)
    derivative(root, "sub-00_label-lesion_mask", (labels(GRID, PAIR) > 0).astype(np.uint8))
    derivative(root, "sub-00_label-liver_mask", liver(GRID).astype(np.uint8))
    for reader in ("ann", "bob"):
        derivative(root, f"sub-01_label-tumor_desc-{reader}_mask", labels(GRID, PAIR[:1]))
    derivative(root, "sub-02_label-lesion_mask", labels(GRID, ()))
    (root / "participants.tsv").write_text("participant_id\tdiagnosis\nsub-01\tHCC\nsub-02\tn/a\n")
    return root


def test_segmentations_masks_and_tables_come_together(source: Path, tmp_path: Path) -> None:
    result = import_kind("bids", source, tmp_path / "set", link=True)
    assert sound(result.folder).classes == {"hcc": 2, "hemangioma": 1}
    first, second, third = read_dataset(result.folder)
    assert first.lesion_classes == {1: "hcc", 2: "hemangioma"}
    assert first.mask_path is not None
    np.testing.assert_array_equal(read_label_map(first.mask_path).array, labels(GRID, PAIR))
    assert first.anatomy_path is not None
    assert (second.case_class, third.case_class) == ("hcc", "none")
    assert json.loads((result.folder / "dataset.json").read_text()) == {"synthetic": True}
    assert "outlines of ann count (1); those of bob (1) are kept beside them, Dice 1.00" in told(result)["01"]


def test_a_lesion_whose_class_no_table_tells_is_asked_for(tmp_path: Path) -> None:
    write_images(tmp_path / "bids", "07", 3, PAIR[:1], "acq")
    derivative(tmp_path / "bids", "sub-07_label-tumor_mask", labels(GRID, PAIR[:1]))
    with pytest.raises(InputError, match="07: nothing tells the class of its lesions; name it with --class"):
        import_kind("bids", tmp_path / "bids", tmp_path / "set")
    result = import_kind("bids", tmp_path / "bids", tmp_path / "other", lesion_class="fnh")
    assert [case.case_class for case in result.cases] == ["fnh"]


def test_entities_that_name_no_phase_are_asked_for(tmp_path: Path) -> None:
    picture = image(GRID, Phase.ARTERIAL)
    write(tmp_path / "bids/sub-1/anat/sub-1_acq-vibe_T1w.nii.gz", picture, GRID)
    with pytest.raises(InputError, match=r"names a phase \(vibe, T1w\); say which is which"):
        import_kind("bids", tmp_path / "bids", tmp_path / "set")
