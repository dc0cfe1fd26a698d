"""A small dataset in the layouts of nnU-Net and BIDS."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support.small_dataset import tiny_network, write_small_dataset

from MTINetLib.cli import run
from MTINetLib.dataset.folder import DatasetCase, read_dataset, write_dataset_tables
from MTINetLib.errors import Cancelled, InputError
from MTINetLib.exporters.bids import BidsLayout
from MTINetLib.exporters.export import ExportOrder, export_dataset
from MTINetLib.exporters.exported_case import ExportedCase
from MTINetLib.exporters.names import ExportedName, exported_names
from MTINetLib.exporters.nnunet import NnUnetLayout
from MTINetLib.pipeline.open import open_study
from MTINetLib.progress import Silent
from MTINetLib.reading.volumes.read import read_label_map, read_volume
from MTINetLib.study.phase import FOUR_PHASES
from MTINetLib.training import cross_validation
from MTINetLib.training.settings import training_preset

CLASSES = ("hcc", "hemangioma", "hcc", "none")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("set") / "My set 7"
    folder.mkdir()
    write_small_dataset(folder, CLASSES)
    (folder / "dataset.json").write_text('{"synthetic": true}', encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def raw(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("raw") / "nnUNet_raw"
    told = ["export", "nnunet", str(dataset), "-o", str(out), "--labels", "class", "--folds", "2"]
    assert run([*told, "--seed", "3", "--jobs", "1"]) == 0
    return out


def key_of(table: Path) -> dict[str, dict[str, str]]:
    return {row["case"]: row for row in csv.DictReader(table.open(encoding="utf-8"))}


def test_nnunet_gets_all_phases_on_one_grid_and_a_value_a_class(dataset: Path, raw: Path) -> None:
    folder = raw / "Dataset501_Myset7"
    told = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    assert told["channel_names"] == {str(n): phase.value for n, phase in enumerate(FOUR_PHASES)}
    assert told["labels"] == {"background": 0, "hcc": 1, "hemangioma": 2}
    assert (told["numTraining"], told["file_ending"], told["synthetic"]) == (4, ".nii.gz", True)
    assert len(list((folder / "imagesTr").iterdir())) == 16
    key = key_of(raw / "Dataset501_Myset7-key.csv")
    for case in read_dataset(dataset):
        name = key[case.case]["name"]
        study = open_study(case.phase_paths)
        for number, volume in enumerate(study.volumes):
            image = read_volume(folder / "imagesTr" / f"{name}_{number:04d}.nii.gz")
            assert image.grid.matches(study.grid)
            np.testing.assert_allclose(image.array, volume, rtol=1e-6)
        labels = read_label_map(folder / "labelsTr" / f"{name}.nii.gz")
        truth = read_label_map(case.mask_path).array  # type: ignore[arg-type]
        assert labels.grid.matches(study.grid)
        value = {"hcc": 1, "hemangioma": 2, "none": 0}[case.case_class]
        np.testing.assert_array_equal(labels.array, (truth > 0) * value)


def test_the_folds_are_those_that_a_cross_validation_trains_on(
    dataset: Path, raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[Any] = []

    def train(*_: Any, split: Any, **__: Any) -> Any:
        trained.append(split)
        return SimpleNamespace(finished=True)

    monkeypatch.setattr(cross_validation, "train", train)
    changes = ["folds=2", "seed=3", "preparation_processes=1", *tiny_network()]
    cross_validation.cross_validate(dataset, tmp_path / "run", training_preset("quick", changes))
    patient_of = {row["name"]: row["patient"] for row in key_of(raw / "Dataset501_Myset7-key.csv").values()}
    splits = json.loads((raw / "Dataset501_Myset7" / "splits_final.json").read_text(encoding="utf-8"))
    assert [{patient_of[name] for name in split["val"]} for split in splits] == [
        set(split.validation) for split in trained
    ]
    assert [{patient_of[name] for name in split["train"]} for split in splits] == [
        set(split.training) for split in trained
    ]


def test_the_exported_dataset_knows_no_name_of_the_dataset(dataset: Path, raw: Path) -> None:
    for path in (raw / "Dataset501_Myset7").rglob("*"):
        assert "case_" not in path.name
        if path.suffix == ".json":
            assert "patient" not in path.read_text(encoding="utf-8")
    key = key_of(raw / "Dataset501_Myset7-key.csv")
    assert {row["patient"] for row in key.values()} == {f"patient_{n}" for n in range(4)}
    assert sorted(row["name"] for row in key.values()) == [f"sub-{n:04d}_ses-01" for n in range(1, 5)]


def test_studies_of_one_patient_share_a_subject_and_the_order_of_the_table_is_not_told() -> None:
    def case(number: int, patient: int) -> DatasetCase:
        return DatasetCase(f"c{number}", f"p{patient:02d}", "hcc", {}, None)

    cases = [case(number, number // 2) for number in range(20)]
    names = exported_names(cases, {"p03": 2})
    assert [one.session for one in names[:4]] == ["01", "02", "01", "02"]
    assert len({(one.subject, one.case.patient) for one in names}) == 10
    assert [one.case.patient for one in names] != [each.patient for each in cases]
    assert {one.fold for one in names if one.case.patient == "p03"} == {2}


def test_bids_derivatives_hold_lesions_one_by_one_and_a_mask(dataset: Path, tmp_path: Path) -> None:
    told = ["export", "bids", str(dataset), "-o", str(tmp_path), "--name", "Liver", "--folds", "0"]
    assert run([*told, "--jobs", "1"]) == 0
    root = tmp_path / "Liver-bids"
    about = json.loads((root / "dataset_description.json").read_text(encoding="utf-8"))
    assert about["DatasetType"] == "derivative"
    assert about["GeneratedBy"][0]["Name"] == "MTINet"
    name = key_of(tmp_path / "Liver-bids-key.csv")["case_1"]["name"]
    subject = name.split("_")[0]
    anat = root / subject / "ses-01" / "anat"
    assert sorted(path.name for path in anat.glob("*.nii.gz")) == [
        f"{name}_acq-arterial_desc-aligned_T1w.nii.gz",
        f"{name}_acq-delayed_desc-aligned_T1w.nii.gz",
        f"{name}_acq-portalvenous_desc-aligned_T1w.nii.gz",
        f"{name}_acq-pre_desc-aligned_T1w.nii.gz",
        f"{name}_label-lesion_mask.nii.gz",
        f"{name}_seg-lesions_dseg.nii.gz",
    ]
    for image in anat.glob("*.nii.gz"):
        sidecar = json.loads((anat / image.name.replace(".nii.gz", ".json")).read_text(encoding="utf-8"))
        reference = sidecar["SpatialReference"].removeprefix("bids::")
        assert (root / reference).is_file()
    table = (anat / f"{name}_seg-lesions_dseg.tsv").read_text(encoding="utf-8")
    assert table == "index\tname\tclass\n1\tlesion 1\themangioma\n"
    sessions = (root / subject / f"{subject}_sessions.tsv").read_text(encoding="utf-8")
    assert sessions == "session_id\tclass\tfold\nses-01\themangioma\tn/a\n"


def test_where_a_phase_has_no_image_bids_gets_nan_and_nnunet_zeros(dataset: Path, tmp_path: Path) -> None:
    case = read_dataset(dataset)[0]
    study = open_study(case.phase_paths)
    covered = np.ones(study.volumes.shape, dtype=bool)
    covered[0, 2, 20:30, 20:30] = False
    volumes = np.where(covered, study.volumes, np.float32(0))
    study = replace(study, volumes=volumes, covered=covered)
    exported = ExportedCase(
        ExportedName(case, "0001", "01"), study, np.zeros(study.grid.shape, np.uint16), None
    )
    NnUnetLayout.of("a", study.phases, ["hcc"], "lesion", 0, True).write_case(tmp_path / "n", exported)
    BidsLayout("a", study.phases, "lesion", True).write_case(tmp_path / "b", exported)
    (zeros,) = (tmp_path / "n").rglob("*_0000.nii.gz")
    (gaps,) = (tmp_path / "b").rglob("*acq-pre*.nii.gz")
    assert not read_volume(zeros).array[~covered[0]].any()
    inside = np.s_[:, 10:-10, 10:-10]  # there are no empty rows, which are no image either
    np.testing.assert_array_equal(read_volume(gaps).covered[inside], covered[0][inside])  # type: ignore[index]


def test_a_bad_case_a_taken_place_or_too_few_patients_leave_nothing(tmp_path: Path) -> None:
    dataset = tmp_path / "set"
    dataset.mkdir()
    write_small_dataset(dataset, ("hcc", "hcc"))
    out = tmp_path / "out"
    order = ExportOrder(dataset, out, "nnunet", folds=2, processes=1)
    with pytest.raises(InputError, match="5 folds need at least 5 patients"):
        export_dataset(ExportOrder(dataset, out, "nnunet"))
    with pytest.raises(InputError, match="from 1 to 999"):
        export_dataset(ExportOrder(dataset, out, "nnunet", number=1000, folds=2))
    with pytest.raises(InputError, match="letters and digits"):
        export_dataset(ExportOrder(dataset, out, "nnunet", name="../other", folds=2))
    cases = read_dataset(dataset)
    (dataset / "case_1" / "arterial.nii.gz").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"Case case_1: The arterial phase"):
        export_dataset(order)
    assert not out.exists() or not list(out.iterdir())
    write_dataset_tables(dataset, cases[:1])
    (out / "Dataset501_set").mkdir(parents=True)
    with pytest.raises(InputError, match="is there already"):
        export_dataset(ExportOrder(dataset, out, "nnunet", folds=0))


def test_a_cancelled_export_leaves_nothing(dataset: Path, tmp_path: Path) -> None:
    class Impatient(Silent):
        def update(self, done: int) -> None:
            if done:
                raise Cancelled("enough")

    with pytest.raises(Cancelled):
        export_dataset(ExportOrder(dataset, tmp_path / "out", "bids", folds=0, processes=1), Impatient())
    assert list((tmp_path / "out").iterdir()) == []


def test_an_unknown_layout_is_one_sentence(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "monai", str(dataset), "-o", "x"]) == 2
    assert "There is no layout 'monai'; choose one of nnunet, bids." in capsys.readouterr().err
