"""mtinet label, from an archive to a dataset."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.made_analysis import made_grid, made_labels
from support.worklist import GRID, noisy_study

from MTINetLib.cli import run
from MTINetLib.phantom.dicom_writer import write_study_as_dicom
from MTINetLib.reading.volumes.write import write_label_map


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("archive")
    for number in (1, 2):
        folder = root / f"study {number}"
        write_study_as_dicom(folder, noisy_study(number), patient_id=f"id{number}", study_seed=number)
    return root


@pytest.fixture
def listed(archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = tmp_path / "list"
    assert run(["label", str(archive), "-o", str(folder)]) == 0
    assert "2 studies found, 2 new; the list has 2 patients." in capsys.readouterr().out
    return folder


def told(listed: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    capsys.readouterr()
    assert run(["label", str(listed), "--order", "as-they-lie", "--json"]) == 0
    rows: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return rows


def test_an_archive_is_listed_drafted_corrected_and_exported(
    archive: Path, listed: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mask = tmp_path / "mask.nii.gz"
    write_label_map(mask, made_labels(GRID), GRID)
    asked = ["--model", str(model), "--device", "cpu", "--precision", "fp32"]
    assert run(["label", str(listed), "--draft", "1", *asked]) == 0
    first, second = told(listed, capsys)[-2:]
    assert len({(archive / str(row["folder"])).resolve(strict=True) for row in (first, second)}) == 2
    assert {first["status"], second["status"]} == {"drafted", "to_do"}
    for row in (first, second):
        words = ["--mask", str(mask), "--class", "hcc", "--class", "2=Haemangioma", "--done", "--reader", "A"]
        assert run(["label", str(listed), "--study", str(row["study"]), *words]) == 0
    assert {row["who"] for row in told(listed, capsys)} == {"A"}
    dataset = tmp_path / "dataset"
    assert run(["label", str(listed), "--export", str(dataset), "--deidentify"]) == 0
    assert "2 cases added" in capsys.readouterr().out
    assert run(["check", str(dataset)]) == 0
    assert "2 cases of 2 patients" in capsys.readouterr().out


def test_a_mask_on_another_grid_is_refused(
    listed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mask = tmp_path / "mask.nii.gz"
    other = made_grid(shape=(8, 40, 48), degrees=(0.0, 0.0, 0.0))
    write_label_map(mask, made_labels(other), other)
    study = str(told(listed, capsys)[0]["study"])
    assert run(["label", str(listed), "--study", study, "--mask", str(mask)]) == 2
    assert "does not lie on the grid of the portal venous phase" in capsys.readouterr().err


def test_a_study_is_set_aside_with_a_reason_and_taken_up_again(
    listed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = str(told(listed, capsys)[0]["study"])
    assert run(["label", str(listed), "--study", study, "--set-aside", "motion"]) == 0
    last = told(listed, capsys)[-1]
    assert (last["study"], last["status"], last["reason"]) == (study, "set_aside", "motion")
    assert run(["label", str(listed), "--study", study, "--to-do", "--patient", "p7"]) == 0
    assert {row["patient"] for row in told(listed, capsys)} >= {"p7"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--class", "hcc"], "Say which study is meant"),
        (["--study", "{study}"], "Say what is known of the study"),
        (["--study", "{study}", "--done", "--to-do"], "exclude each other"),
        (["--study", "{study}", "--no-lesion", "--class", "hcc"], "goes with neither"),
        (["--study", "{study}", "--class", "one=hcc"], "is no LESION=CLASS"),
        (["--study", "{study}", "--patient", "Jane Doe"], "cannot be called 'Jane Doe'"),
        (["--study", "{study}", "--keep", "me"], "nothing to choose"),
        (["--draft", "some"], "is no number of studies"),
        (["--order", "best"], "The order 'best' is unknown"),
        (["--json", "--draft", "all"], "--json shows the list and does nothing else"),
        (["--again"], "belongs to --export, --again and --also to --draft"),
        (["--export", "{tmp}/dataset"], "is done yet"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(
    listed: Path, tmp_path: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    study = str(told(listed, capsys)[0]["study"])
    filled = [word.format(study=study, tmp=tmp_path) for word in words]
    assert run(["label", str(listed), *filled]) == 2
    assert said in capsys.readouterr().err


def test_a_folder_that_is_no_list_says_how_to_make_one(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["label", str(archive)]) == 2
    assert "is no work list: make one of a folder of studies with mtinet label" in capsys.readouterr().err
