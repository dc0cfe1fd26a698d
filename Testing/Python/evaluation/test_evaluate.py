"""The whole evaluation over a small dataset folder, with an analyzer that knows the answers."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.made_analysis import made_analysis, made_grid, made_study
from support.made_dataset import write_made_dataset

from MTINetLib.dataset.folder import read_dataset, write_dataset_tables
from MTINetLib.errors import Cancelled, InputError
from MTINetLib.evaluation.evaluate import EvaluationSummary, evaluate_with
from MTINetLib.inference.analysis import Analysis
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.reading.volumes.write import write_label_map
from MTINetLib.study.anatomy import UNKNOWN_ORGAN, Organ, liver_of
from MTINetLib.study.lesion_class import HEMANGIOMA, UNDECIDED
from MTINetLib.study.liver import Liver
from MTINetLib.study.study import Study

IDENTITY = {"name": "made", "sha256": "ab" * 32}
Answer = Callable[[Study, Progress], Analysis]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_made_dataset(tmp_path_factory.mktemp("dataset"))


def knows_all(study: Study, progress: Progress) -> Analysis:
    return made_analysis(study)


def run(dataset: Path, out: Path, analyzer: Answer = knows_all, **more: object) -> EvaluationSummary:
    return evaluate_with(analyzer, IDENTITY, dataset, out, command="mtinet evaluate ...", **more)  # type: ignore[arg-type]


def test_an_evaluation_leaves_four_files_that_say_the_same(dataset: Path, tmp_path: Path) -> None:
    summary = run(dataset, tmp_path / "out")
    out = tmp_path / "out"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]
    assert sorted(path.name for path in out.iterdir()) == [
        "calibration.png",
        "free-response.png",
        "per_case.csv",
        "per_lesion.csv",
        "summary.json",
        "summary.md",
    ]
    told = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert told["lesions"]["all"]["dice_median"]["value"] == 1.0
    assert told["detection"]["false_positives"] == 2  # both made lesions in the clean study
    assert told["lesions"] == summary.to_dict()["lesions"]
    rows = list(csv.DictReader((out / "per_lesion.csv").open(encoding="utf-8")))
    assert [row["outcome"] for row in rows] == ["matched"] * 4 + ["false_positive"] * 2
    assert float(rows[0]["true_curve_arterial"]) == pytest.approx(430, abs=10)
    cases = list(csv.DictReader((out / "per_case.csv").open(encoding="utf-8")))
    assert [row["case"] for row in cases] == ["one", "two", "clean"]


def test_the_summary_says_how_it_was_made(dataset: Path, tmp_path: Path) -> None:
    about = run(dataset, tmp_path / "out", seed=5).to_dict()
    assert about["model"] == IDENTITY
    assert about["bootstrap"]["seed"] == 5
    assert about["command"] == "mtinet evaluate ..."
    assert about["dataset"]["synthetic"] is True
    assert about["dataset"]["seed"] == 7
    assert about["machine"]["cores"] >= 1
    assert about["date"] == about["machine"]["date"]
    assert about["provenance_of_first_case"]["precision"] == "fp32"


def test_the_page_names_the_phantom_and_the_command(dataset: Path, tmp_path: Path) -> None:
    page = run(dataset, tmp_path / "out").to_markdown()
    assert "Synthetic phantom" in page
    assert "`mtinet evaluate ...`" in page
    assert "| all | 4 | 100.0 (51.0 to 100.0) | 1.000 | 1.000 |" in page
    widths = {
        line.count("|") for line in page.splitlines() if line.startswith("| ") and "Dice, median" in line
    }
    assert widths == {9}


def test_a_dataset_that_does_not_say_so_is_not_called_synthetic(dataset: Path, tmp_path: Path) -> None:
    told = (dataset / "dataset.json").read_text(encoding="utf-8")
    (dataset / "dataset.json").unlink()
    try:
        summary = run(dataset, tmp_path / "out", limit=1)
    finally:
        (dataset / "dataset.json").write_text(told, encoding="utf-8")
    assert "ynthetic" not in summary.to_markdown()


def test_a_case_that_fails_is_named_and_the_rest_goes_on(dataset: Path, tmp_path: Path) -> None:
    calls = []

    def fails_second(study: Study, progress: Progress) -> Analysis:
        calls.append(1)
        if len(calls) == 2:
            raise InputError("the arterial phase is missing.")
        return made_analysis(study)

    summary = run(dataset, tmp_path / "out", fails_second)
    assert summary.about["cases"]["failed"] == [{"case": "two", "error": "the arterial phase is missing."}]
    assert summary.figures["lesions"]["all"]["lesions"] == 2
    assert (
        "**1 study failed**, left out of every figure:\n\n- two: the arterial phase is missing."
        in summary.to_markdown()
    )


def test_when_every_case_fails_nothing_is_written_and_the_reason_is_told(
    dataset: Path, tmp_path: Path
) -> None:
    def fails(study: Study, progress: Progress) -> Analysis:
        raise RuntimeError("no luck")

    with pytest.raises(InputError, match=r"None of the 3 cases .* one: RuntimeError: no luck"):
        run(dataset, tmp_path / "out", fails)
    assert list(tmp_path.iterdir()) == []


def test_cancelling_stops_at_once_and_writes_nothing(dataset: Path, tmp_path: Path) -> None:
    class Impatient(Silent):
        def update(self, done: int) -> None:
            if done == 1:
                raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        run(dataset, tmp_path / "out", progress=Impatient())
    assert list(tmp_path.iterdir()) == []


def test_a_cancel_reaches_into_the_analysis_of_a_case(dataset: Path, tmp_path: Path) -> None:
    class Armed(Silent):
        armed = False

        def update(self, done: int) -> None:
            if self.armed:
                raise Cancelled("stopped")

    outer = Armed()

    def slow(study: Study, progress: Progress) -> Analysis:
        outer.armed = True
        progress.start(Stage.EVALUATING, 3)
        raise AssertionError("the cancel did not arrive")

    with pytest.raises(Cancelled):
        run(dataset, tmp_path / "out", slow, progress=outer)


def test_the_first_cases_can_be_tried_alone(dataset: Path, tmp_path: Path) -> None:
    assert len(run(dataset, tmp_path / "out", limit=2).cases) == 2


def test_one_study_of_one_patient_is_said_in_the_singular(dataset: Path, tmp_path: Path) -> None:
    page = run(dataset, tmp_path / "out", limit=1).to_markdown()
    assert "1 of 1 study of 1 patient, " in page
    assert "1 studies" not in page
    assert "1 patients" not in page


def test_an_earlier_evaluation_is_kept_unless_overwriting_is_allowed(dataset: Path, tmp_path: Path) -> None:
    run(dataset, tmp_path / "out", limit=1)
    with pytest.raises(InputError, match="already holds an evaluation"):
        run(dataset, tmp_path / "out", limit=1)
    run(dataset, tmp_path / "out", limit=2, overwrite=True)
    assert len((tmp_path / "out" / "per_case.csv").read_text(encoding="utf-8").splitlines()) == 3


def test_a_folder_with_something_else_is_never_written_into(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="holds something else"):
        run(dataset, tmp_path, overwrite=True)


def test_undecided_lesions_are_counted_as_such(dataset: Path, tmp_path: Path) -> None:
    def unsure(study: Study, progress: Progress) -> Analysis:
        return made_analysis(study, (UNDECIDED, HEMANGIOMA))

    figures = run(dataset, tmp_path / "out", unsure).figures["classification"]["all"]
    assert figures["coverage"].value == 0.5
    assert figures["accuracy_of_decided"].value == 1.0


def test_volumes_are_native_scanner_units_in_the_curves(dataset: Path, tmp_path: Path) -> None:
    row = run(dataset, tmp_path / "out", limit=1).lesions[0]
    assert row.true_curve is not None
    assert np.allclose(row.true_curve, (180, 430, 300, 240), atol=10)


def test_the_liver_is_compared_with_the_map_of_the_organs(dataset: Path, tmp_path: Path) -> None:
    study = made_study(made_grid((10, 40, 48)))
    anatomy = np.full(study.grid.shape, Organ.BACKGROUND, np.uint8)
    anatomy[2:8, 10:30, 10:30] = Organ.LIVER
    anatomy[5:, 10:30, 10:20] = UNKNOWN_ORGAN
    folder = Path(shutil.copytree(dataset, tmp_path / "dataset"))
    write_label_map(folder / "organs.nii.gz", anatomy, study.grid)
    cases = [
        replace(case, mask_path=None, case_class="none", lesion_classes={}, anatomy_path=path)
        for case, path in zip(read_dataset(folder), (folder / "organs.nii.gz", None, None), strict=True)
    ]
    write_dataset_tables(folder, cases)
    half = liver_of(anatomy)
    half[2:5] = False

    def sees_half(study: Study, progress: Progress) -> Analysis:
        return replace(made_analysis(study, ()), liver=Liver(half, "model"))

    summary = run(folder, tmp_path / "out", sees_half)
    # Of the true 3 x 400 + 3 x 200 known voxels the second part is found.
    true, found = 3 * 400 + 3 * 200, 3 * 200
    assert summary.figures["liver"]["studies"] == 1
    assert summary.cases[0].liver_dice == pytest.approx(2 * found / (true + found))
    assert summary.figures["liver"]["volume_error_median"].value == pytest.approx(found / true - 1)
    assert "## Liver" in summary.to_markdown()
    blind = run(folder, tmp_path / "blind", lambda study, progress: made_analysis(study, ()))
    assert blind.figures["liver"]["studies"] == 0
    assert "## Liver" not in blind.to_markdown()


def test_pictures_of_an_earlier_evaluation_do_not_stay_where_there_are_none_now(
    dataset: Path, tmp_path: Path
) -> None:
    run(dataset, tmp_path / "out")

    def without_map(study: Study, progress: Progress) -> Analysis:
        return replace(made_analysis(study), probability=None)

    run(dataset, tmp_path / "out", without_map, overwrite=True)
    assert not (tmp_path / "out" / "free-response.png").exists()
    assert (tmp_path / "out" / "calibration.png").stat().st_size > 5000
