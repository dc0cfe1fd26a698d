"""Label maps of other programs, judged as a model is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.made_analysis import made_grid, made_labels
from support.made_dataset import write_made_dataset

from MTINetLib.cli import run as command
from MTINetLib.dataset.folder import read_dataset
from MTINetLib.errors import Cancelled, InputError
from MTINetLib.evaluation import judged_case
from MTINetLib.evaluation.evaluate import EvaluationSummary
from MTINetLib.evaluation.evaluate_maps import evaluate_maps, judge_map
from MTINetLib.evaluation.label_maps import LabelMeaning, MapFolder, read_map, settled_meaning
from MTINetLib.progress import Silent
from MTINetLib.reading.volumes.write import write_label_map
from MTINetLib.study.grid import Grid

GRID = made_grid((10, 40, 48))
LABELS = made_labels(GRID)
CASES = ("one", "two", "clean")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_made_dataset(tmp_path_factory.mktemp("dataset"))


@pytest.fixture(autouse=True)
def _opened_once(monkeypatch: pytest.MonkeyPatch, opened: dict[str, Any]) -> None:
    """The studies are the same in every test: each is read and aligned once."""
    read = judged_case.open_study

    def open_study(paths: Any, **more: Any) -> Any:
        key = str(sorted(map(str, paths.values())))
        if key not in opened:
            opened[key] = read(paths, **more)
        return opened[key]

    monkeypatch.setattr(judged_case, "open_study", open_study)


@pytest.fixture(scope="module")
def opened() -> dict[str, Any]:
    return {}


def maps(folder: Path, change: Callable[[str, np.ndarray], np.ndarray] = lambda case, labels: labels) -> Path:
    """The truth as label maps, changed."""
    for case in CASES:
        labels = LABELS if case != "clean" else LABELS * 0
        write_label_map(folder / f"{case}.nii.gz", change(case, labels), GRID)
    return folder


def judged(dataset: Path, tmp_path: Path, folder: Path, labels: str | None = None) -> EvaluationSummary:
    meaning = None if labels is None else LabelMeaning.of(labels)
    return evaluate_maps(dataset, tmp_path / "out", folder, meaning=meaning, command="made")


def test_maps_that_are_the_truth_are_without_fault_and_say_what_they_cannot_tell(
    dataset: Path, tmp_path: Path
) -> None:
    told = judged(dataset, tmp_path, maps(tmp_path / "maps")).to_dict()
    assert told["lesions"]["all"]["lesions"] == 4
    assert told["lesions"]["all"]["dice_median"]["value"] == 1.0
    assert told["detection"]["false_positives"] == 0
    assert told["curves"]["measured_mae"]["value"] == 0.0
    assert told["classification"]["all"]["lesions"] == 0
    assert told["predictions"]["labels"] == "lesions"
    page = (tmp_path / "out" / "summary.md").read_text(encoding="utf-8")
    assert "no classes" in page
    assert not any(word in page for word in ("| AUC", "Brier score |", "answered", "Seconds", "predicted by"))


def test_classes_are_judged_where_the_values_are_classes(dataset: Path, tmp_path: Path) -> None:
    def one_wrong(case: str, labels: np.ndarray) -> np.ndarray:
        return np.where(labels == 1, 2, labels) if case == "two" else labels

    summary = judged(dataset, tmp_path, maps(tmp_path / "maps", one_wrong), "1=hcc,2=hemangioma")
    confusion = summary.figures["classification"]["all"]["confusion"]
    assert confusion["hcc"] == {"hcc": 1, "hemangioma": 1, "undecided": 0}
    assert confusion["hemangioma"] == {"hcc": 0, "hemangioma": 2, "undecided": 0}
    page = summary.to_markdown()
    assert "| Accuracy among decided, % | 75.0" in page
    assert "AUC |" not in page


def test_one_value_for_all_lesions_is_no_lesion_of_its_own_without_a_word(
    dataset: Path, tmp_path: Path
) -> None:
    folder = maps(tmp_path / "maps", lambda case, labels: (labels > 0).astype(np.uint8))
    with pytest.raises(InputError, match=r"several pieces.*--labels"):
        judged(dataset, tmp_path, folder)
    assert not (tmp_path / "out").exists()
    said = judged(dataset, tmp_path, folder, "1=lesion")
    assert said.to_dict()["lesions"]["all"]["matched"] == 4
    one = evaluate_maps(
        dataset, tmp_path / "other", folder, meaning=LabelMeaning.of("lesions"), command="made"
    )
    assert one.to_dict()["lesions"]["all"]["matched"] == 2  # the larger of the two


def test_what_nnunet_writes_beside_its_maps_says_what_the_values_mean(tmp_path: Path) -> None:
    folder = maps(tmp_path)
    found = MapFolder.find(folder, CASES, {})

    def meant(labels: dict[str, int]) -> LabelMeaning:
        (folder / "dataset.json").write_text(json.dumps({"labels": {"background": 0, **labels}}))
        return settled_meaning(found, ("hcc", "hemangioma"))

    assert meant({"hcc": 1, "hemangioma": 2}).classes == ("hcc", "hemangioma")
    assert meant({"lesion": 1}) == LabelMeaning({1: "lesion"})
    with pytest.raises(InputError, match="the label liver, which is no class"):
        meant({"liver": 1, "lesion": 2})


def test_a_map_on_another_grid_is_brought_over_which_is_said(dataset: Path, tmp_path: Path) -> None:
    folder = maps(tmp_path / "maps")
    corner = tuple(GRID.to_lps((0, 2, 4)))
    part = Grid((10, 36, 40), GRID.spacing, corner, GRID.direction)  # type: ignore[arg-type]
    write_label_map(folder / "one.nii.gz", LABELS[:, 2:38, 4:44], part)
    summary = judged(dataset, tmp_path, folder)
    assert summary.to_dict()["lesions"]["all"]["dice_median"]["value"] == 1.0
    assert summary.about["cases"]["found_resampled"] == 1
    assert "1 map on another grid" in summary.to_markdown()


@pytest.mark.parametrize(
    ("grid", "said"),
    [
        (Grid(GRID.shape, (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (1, 0, 0, 0, 1, 0, 0, 0, 1)), "lost its header"),
        (
            Grid(GRID.shape, GRID.spacing, (900.0, 0.0, 0.0), GRID.direction),
            "marks nothing within the images",
        ),
    ],
)
def test_a_map_that_lies_elsewhere_is_not_judged_as_one_that_found_nothing(
    grid: Grid, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "one.nii.gz"
    write_label_map(path, LABELS, grid)
    with pytest.raises(InputError, match=said):
        read_map(path, LabelMeaning(), GRID)


def test_a_value_without_a_meaning_is_refused_and_none_leaves_it_out(tmp_path: Path) -> None:
    path = tmp_path / "one.nii.gz"
    write_label_map(path, LABELS, GRID)
    with pytest.raises(InputError, match="the value 1, which --labels does not name; 1=none"):
        read_map(path, LabelMeaning.of("2=hcc"), GRID)
    found = read_map(path, LabelMeaning.of("1=none,2=HCC"), GRID)
    assert [(lesion.label, lesion.lesion_class) for lesion in found.lesions] == [(1, "hcc")]
    np.testing.assert_array_equal(found.labels == 1, LABELS == 2)


@pytest.mark.parametrize("text", ["1", "hcc=1", "0=hcc", "1=", "1=hcc,,", "1=undecided"])
def test_labels_that_cannot_be_understood_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        LabelMeaning.of(text)


def test_a_case_without_a_map_is_named_and_counts_in_no_figure(dataset: Path, tmp_path: Path) -> None:
    folder = maps(tmp_path / "maps")
    (folder / "two.nii.gz").rename(folder / "three.nii.gz")
    summary = judged(dataset, tmp_path, folder)
    assert summary.to_dict()["lesions"]["all"]["lesions"] == 2
    page = summary.to_markdown()
    assert "- two: there is no label map of it" in page
    assert "Files of no case: three.nii.gz" in page


def test_a_folder_of_other_files_is_refused_at_once(tmp_path: Path) -> None:
    folder = maps(tmp_path / "maps")
    with pytest.raises(InputError, match="named as the cases, such as case_1"):
        MapFolder.find(folder, ["case_1"], {})
    shutil.copy(folder / "one.nii.gz", folder / "eins.nii.gz")
    with pytest.raises(InputError, match=r"eins.nii.gz and one.nii.gz for the case one"):
        MapFolder.find(folder, CASES, {"eins": "one"})
    with pytest.raises(InputError, match="no folder"):
        MapFolder.find(tmp_path / "nowhere", CASES, {})


def test_a_label_map_is_not_judged_by_a_liver_that_it_does_not_tell(dataset: Path, tmp_path: Path) -> None:
    case = read_dataset(dataset)[0]
    opened = judged_case.open_case(case, case.phases, Silent())
    liver = np.ones(GRID.shape, dtype=np.uint8)
    opened = replace(opened, truth=replace(opened.truth, anatomy=liver))
    row = judge_map(opened, maps(tmp_path) / "one.nii.gz", LabelMeaning()).comparison.case
    assert row.liver_ml > 0
    assert np.isnan([row.found_liver_ml, row.liver_dice]).all()


def test_a_cancelled_evaluation_of_maps_leaves_nothing(dataset: Path, tmp_path: Path) -> None:
    class Impatient(Silent):
        def update(self, done: int) -> None:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        evaluate_maps(dataset, tmp_path / "out", maps(tmp_path / "maps"), progress=Impatient())
    assert not (tmp_path / "out").exists()


def test_the_command_takes_a_key_and_no_model_beside(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = maps(tmp_path / "maps")
    (folder / "one.nii.gz").rename(folder / "sub-0001.nii.gz")
    key = tmp_path / "key.csv"
    key.write_text("name,case\nsub-0001,one\n", encoding="utf-8")
    told = ["evaluate", str(dataset), "-o", str(tmp_path / "out"), "--predictions", str(folder)]
    assert command([*told, "--names", str(key), "--limit", "1"]) == 0
    assert "1 of 1 study" in " ".join(capsys.readouterr().out.split())
    assert command([*told, "--model", "any"]) == 2
    assert command(["evaluate", str(dataset), "-o", str(tmp_path / "new"), "--labels", "lesions"]) == 2
    assert "belong to --predictions" in capsys.readouterr().err
