"""A table says what a case worked out by hand says."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from MTINetLib.evaluation.statistics import PatientBootstrap
from MTINetLib.experiment.pages import HTML_FILE, LATEX_FILE, MARKDOWN_FILE, Page, write_pages
from MTINetLib.experiment.scores import Cost, LesionScore, PatientScore, RunResult, SliceScore
from MTINetLib.experiment.summary import compare_by, figures_of
from MTINetLib.experiment.tables import Table, confusion_table, cost_table, experiment_table

CLASSES = ("hcc", "hemangioma")
PATIENTS = [f"patient_{n}" for n in range(6)]


def result(system: str, dice: float, right: int, seed: int = 0) -> RunResult:
    """Six patients with one tumour slice of this Dice each, and ``right`` of them classified rightly."""
    slices, lesions, patients = [], [], []
    for n, patient in enumerate(PATIENTS):
        probabilities = (0.9, 0.1) if n < right else (0.1, 0.9)
        # Spread evenly around the mean, so that intervals and tests have something to say.
        value = dice + 0.01 * (n - 2.5)
        more = {"true_class": "hcc", "probabilities": probabilities}
        slices.append(SliceScore(patient, patient, 0, 10, 10, value, value / (2 - value), 40.0, 20.0, **more))
        slices.append(SliceScore(patient, patient, 1, 0, 4 if n == 0 else 0))
        lesions.append(LesionScore(patient, patient, 1, 10, n != 5, value, 40.0, 20.0, **more))
        patients.append(PatientScore(patient, 1, n == 0, value, value, 40.0, 20.0, **more))
    cost = Cost(2_000_000, 1.5, 12.0, 90.0, 100)
    return RunResult(system, 1, seed, "", cost, tuple(slices), tuple(lesions), tuple(patients))


def made(results: dict[str, list[RunResult]]) -> Table:
    bootstrap = PatientBootstrap(PATIENTS)
    figures = {name: figures_of(name, each, 1, CLASSES, bootstrap) for name, each in results.items()}
    tests = compare_by("dice_slice", list(results), results, CLASSES, bootstrap)
    return experiment_table("segmentation", list(results), figures, tests)


def words(table: Table, row: int) -> dict[str, str]:
    return {head.text: cell.text for head, cell in zip(table.header, table.rows[row], strict=True)}


def test_means_deviations_and_shares_are_those_of_the_rows() -> None:
    row = words(made({"unet": [result("unet", 0.5, 6)], "mtinet": [result("mtinet", 0.8, 6)]}), 0)
    # 0.475 to 0.525 in steps of 0.01: mean 0.5, standard deviation 0.0187.
    assert row["DSC, %, by slice"].startswith("50.0 ± 1.9 (")
    assert row["Lesions found, %"].startswith("83.3")
    assert row["False marks a study"].startswith("0.17 ± 0.41")
    assert row["Healthy slices marked, %"].startswith("16.7")
    # Six losses of six: 2 / 64, one comparison; the effect is wholly against the system.
    assert (row["p"], row["effect"]) == ("0.031", "-1.00")
    assert row["paper: DSC, %"] == "77.34 ± 3.04"


def test_the_best_of_a_column_is_marked_whoever_it_is() -> None:
    table = made({"unet": [result("unet", 0.9, 6)], "mtinet": [result("mtinet", 0.8, 6)]})
    assert [row[1].best for row in table.rows] == [True, False]
    assert all(cell.printed for cell in table.rows[0][-2:])


def test_who_is_given_the_truth_is_never_the_best_and_neither_is_a_draw() -> None:
    results = {
        "plain-reading": [result("plain-reading", 0.95, 6)],
        "unet": [result("unet", 0.8, 6)],
        "mtinet": [result("mtinet", 0.8, 6)],
    }
    table = made(results)
    assert [row[1].best for row in table.rows] == [False, False, False]
    assert any("given the curve under the true mask" in note for note in table.notes)


def test_a_failed_run_is_named_and_counts_in_no_figure() -> None:
    failed = RunResult("unet", 2, 0, "The memory was not enough for it.")
    table = made({"unet": [result("unet", 0.5, 6), failed], "mtinet": [result("mtinet", 0.8, 6)]})
    assert words(table, 0)["DSC, %, by slice"].startswith("50.0")
    assert "UNet failed in fold 2, seed 0: The memory was not enough for it." in table.notes
    alone = made({"unet": [failed], "mtinet": [result("mtinet", 0.8, 6)]})
    assert words(alone, 0)["System"] == "UNet (0 of 1 runs)"
    assert words(alone, 0)["DSC, %, by slice"] == "-"


def test_classes_are_counted_by_truth_and_answer() -> None:
    figures = {
        "mtinet": figures_of("mtinet", [result("mtinet", 0.8, 4)], 1, CLASSES, PatientBootstrap(PATIENTS))
    }
    rows = [[cell.text for cell in row] for row in confusion_table(["mtinet"], figures, CLASSES).rows]
    assert ["MTI-Net", "slices", "HCC", "4", "2"] in rows
    assert ["MTI-Net", "patients", "Hemangioma", "0", "0"] in rows
    assert figures["mtinet"].figures["accuracy_patient"].estimate.value == pytest.approx(4 / 6)


def test_seeds_are_one_patient_in_a_test_of_classes() -> None:
    # Right in one seed and sure, wrong in another and less sure: right by the mean probabilities.
    first = result("unet", 0.5, 6)
    second = result("unet", 0.5, 0, seed=1)
    unsure = tuple(replace(row, probabilities=(0.4, 0.6)) for row in second.patients)
    both = [first, replace(second, patients=unsure)]
    results = {"unet": both, "mtinet": [result("mtinet", 0.5, 6)]}
    (one,) = compare_by("accuracy_patient", ["unet"], results, CLASSES, PatientBootstrap(PATIENTS))
    assert (one.test.n, one.test.p, one.test.effect) == (6, 1.0, 0.0)


def test_what_a_system_takes_stands_in_a_table() -> None:
    figures = {"unet": figures_of("unet", [result("unet", 0.5, 6)], 1, CLASSES, PatientBootstrap(PATIENTS))}
    assert list(words(cost_table(["unet"], figures), 0).values()) == [
        "UNet", "2.00", "1.50", "12.0", "1.5", "100", "1 of 1",
    ]  # fmt: skip


def test_a_result_survives_its_file_to_the_last_row() -> None:
    before = result("unet", 0.5, 3)
    after = RunResult.from_dict(before.to_dict())
    assert after.cost == before.cost
    assert after.lesions == before.lesions
    assert after.patients == before.patients
    # nan is no value, and equal to nothing
    assert [row.dice for row in after.slices[::2]] == [row.dice for row in before.slices[::2]]


def test_every_kind_of_page_says_the_same(tmp_path: Path) -> None:
    table = made({"unet": [result("unet", 0.5, 6)], "mtinet": [result("mtinet", 0.8, 6)]})
    (tmp_path / "picture.png").write_bytes(b"png")
    page = Page(
        "Title <1>",
        {"Dataset": "made & small"},
        "Synthetic.",
        ["A rule."],
        [table],
        {"A picture": "picture.png"},
        [("UNet", "Its source.", "Nothing.")],
    )
    write_pages(tmp_path, page)
    html, markdown, latex = (
        (tmp_path / name).read_text(encoding="utf-8") for name in (HTML_FILE, MARKDOWN_FILE, LATEX_FILE)
    )
    assert "Title &lt;1&gt;" in html
    assert "data:image/png;base64,cG5n" in html
    assert "http" not in html
    for text in (html, markdown):
        assert "50.0 ± 1.9" in text
        assert "Synthetic." in text
    assert r"50.0 $\pm$ 1.9" in latex
    assert r"\textcolor{gray}{77.34 $\pm$ 3.04}" in latex
    with (tmp_path / "segmentation.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["System"] for row in rows] == ["UNet", "MTI-Net"]
