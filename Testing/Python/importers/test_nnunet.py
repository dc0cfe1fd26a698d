"""nnU-Net's raw folder: phases by channel, values that stand for classes, cases without a label map."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.other_layouts import GRID, Ball, image, import_kind, labels, liver, sound, told, write

from MTINetLib.dataset.folder import read_dataset
from MTINetLib.errors import InputError
from MTINetLib.reading.volumes.read import read_label_map
from MTINetLib.study.phase import FOUR_PHASES, Phase

PAIR = (Ball((-60.0, 0.0, 0.0), 18.0, "hcc"), Ball((0.0, 20.0, 0.0), 16.0, "hcc"))
OTHER = (Ball(kind="hemangioma"),)


def write_raw(root: Path, channels: dict[str, str], values: dict[str, Any], **more: Any) -> Path:
    """Two cases with lesions, a healthy one, and one without a label map."""
    for number, (name, lesions) in enumerate({"A_1": PAIR, "A_2": OTHER, "A_3": (), "A_4": OTHER}.items()):
        for channel, phase in enumerate(FOUR_PHASES):
            path = root / "imagesTr" / f"{name}_{channel:04d}.nii.gz"
            write(path, image(GRID, phase, lesions, seed=number), GRID)
        value = 2 if lesions == OTHER else 1
        if name != "A_4":
            drawn = np.where(labels(GRID, lesions) > 0, value, np.where(liver(GRID), 3, 0)).astype(np.uint8)
            write(root / "labelsTr" / f"{name}.nii.gz", drawn, GRID)
    told_of = {"channel_names": channels, "labels": values, "numTraining": 4, **more}
    told_of["file_ending"] = ".nii.gz"
    (root / "dataset.json").write_text(json.dumps(told_of), encoding="utf-8")
    return root


CHANNELS = {"0": "T1_pre", "1": "T1_art", "2": "T1_pv", "3": "T1_delayed"}
VALUES = {"background": 0, "HCC": 1, "hemangioma": 2, "liver": 3}


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_raw(tmp_path_factory.mktemp("raw") / "Dataset501_Own", CHANNELS, VALUES, synthetic=True)


def test_values_become_lesions_of_their_class_and_organs(raw: Path, tmp_path: Path) -> None:
    result = import_kind("nnunet", raw, tmp_path / "set", link=True)
    assert sound(result.folder).classes == {"hcc": 1, "hemangioma": 1}
    first, second, third = read_dataset(result.folder)
    assert (first.lesion_classes, second.lesion_classes) == ({1: "hcc", 2: "hcc"}, {1: "hemangioma"})
    assert third.case_class == "none"
    assert first.mask_path is not None
    assert first.anatomy_path is not None
    np.testing.assert_array_equal(read_label_map(first.mask_path).array > 0, labels(GRID, PAIR) > 0)
    whole = liver(GRID) | (labels(GRID, PAIR) > 0)
    np.testing.assert_array_equal(read_label_map(first.anatomy_path).array == 1, whole)
    assert (raw / "imagesTr/A_1_0001.nii.gz").samefile(first.phase_paths[Phase.ARTERIAL])
    assert json.loads((result.folder / "dataset.json").read_text()) == {"synthetic": True}


def test_what_the_folder_does_not_say_is_told(raw: Path, tmp_path: Path) -> None:
    result = import_kind("nnunet", raw, tmp_path / "set", link=True)
    assert "does not say which cases are of one patient" in told(result)[""]
    assert told(result)["A_4"] == "left out: labelsTr has no label map of it.\n"


def test_the_key_of_an_export_tells_names_patients_and_classes(raw: Path, tmp_path: Path) -> None:
    source = tmp_path / raw.name
    source.mkdir()
    for folder in ("imagesTr", "labelsTr"):
        (source / folder).symlink_to(raw / folder)
    lesions_only = {"channel_names": CHANNELS, "labels": {"background": 0, "lesion": [1, 2], "liver": 3}}
    (source / "dataset.json").write_text(json.dumps(lesions_only), encoding="utf-8")
    rows = ["name,case,patient,class,fold", "A_1,x,p1,hcc,1", "A_2,y,p1,hemangioma,1", "A_3,z,p2,none,2"]
    (tmp_path / f"{raw.name}-key.csv").write_text("\n".join(rows), encoding="utf-8")
    cases = read_dataset(import_kind("nnunet", source, tmp_path / "set", link=True).folder)
    assert [(case.case, case.patient, case.case_class) for case in cases] == [
        ("x", "p1", "hcc"),
        ("y", "p1", "hemangioma"),
        ("z", "p2", "none"),
    ]


def test_channels_that_name_no_phase_are_asked_for(raw: Path, tmp_path: Path) -> None:
    told_of = json.loads((raw / "dataset.json").read_text())
    source = tmp_path / "raw"
    source.mkdir()
    for folder in ("imagesTr", "labelsTr"):
        (source / folder).symlink_to(raw / folder)
    told_of["channel_names"] = {str(number): f"MR{number}" for number in range(4)}
    (source / "dataset.json").write_text(json.dumps(told_of), encoding="utf-8")
    with pytest.raises(InputError, match="None of the channels MR0, MR1, MR2, MR3 names a phase"):
        import_kind("nnunet", source, tmp_path / "set")
    phases = {phase: str(number) for number, phase in enumerate(FOUR_PHASES)}
    assert import_kind("nnunet", source, tmp_path / "set", phases=phases).phases == FOUR_PHASES


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"background": 0, "liver": 1}, "stands for a lesion"),
        ({"background": 0, "hcc": "one"}, "labels that are no whole numbers"),
    ],
)
def test_labels_that_cannot_be_used_are_refused(values: dict[str, Any], said: str, tmp_path: Path) -> None:
    (tmp_path / "dataset.json").write_text(json.dumps({"channel_names": CHANNELS, "labels": values}))
    with pytest.raises(InputError, match=said):
        import_kind("nnunet", tmp_path, tmp_path.parent / "set")
