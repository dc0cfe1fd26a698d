"""What marks of readers tell of a cohort's results."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from support.marked import mark, missed, with_probabilities, write_cohort, write_marks

from MTINetLib.cli import run as command
from MTINetLib.evaluation.evaluate_marks import FILES, evaluate_marks

BOTH = ("hcc", "hemangioma")


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    studies = {f"s{number}": BOTH for number in range(1, 7)}
    return write_cohort(tmp_path_factory.mktemp("cohort"), {**studies, "clean": (), "unsure": ("undecided",)})


def evaluated(cohort: Path, tmp_path: Path, rows: list[dict[str, object]]) -> dict[str, Any]:
    table = write_marks(tmp_path / "marks.csv", rows)
    evaluate_marks(cohort, [table], tmp_path / "out", command="made")
    told: dict[str, Any] = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    return told


def one_reader() -> list[dict[str, object]]:
    """Five studies: in s1 the class differs, in s2 a mark is wrong and a lesion missed, s5 is half read."""
    return [
        mark("s1", 1, "right", **{"class": "hemangioma"}),
        mark("s1", 2, "right"),
        mark("s2", 1, "right"),
        mark("s2", 2, "wrong"),
        missed("s2", **{"class": "cyst"}),
        mark("s3", 1, "right"),
        mark("s3", "", "right"),
        mark("s4", "", "right"),
        mark("s5", 1, "wrong"),
        mark("clean", "", "right"),
        mark("s6", "", "comment", comment="motion"),
    ]


def test_counts_shares_and_rates_are_those_of_the_marks(cohort: Path, tmp_path: Path) -> None:
    told = evaluated(cohort, tmp_path, one_reader())
    assert told["studies"]["read"] == 6
    assert told["studies"]["not_read"] == ["s6", "unsure"]
    (anna,) = told["readers"]
    assert anna["marks"] == {"right": 4, "wrong": 2, "unmarked": 4, "missed": 1}
    assert anna["right_marks"]["all"]["share"]["value"] == pytest.approx(4 / 6)
    assert anna["right_marks"]["hcc"]["judged"] == 4
    assert anna["right_marks"]["hemangioma"]["share"]["value"] == pytest.approx(0.5)
    sizes = {name: group["judged"] for name, group in anna["right_marks"].items() if "mm" in name}
    assert sizes == {"<10 mm": 0, "10-20 mm": 0, "20-50 mm": 6, ">50 mm": 0}
    # s5 has an unmarked lesion and no word that it was looked through
    assert anna["studies_looked_through"] == 5
    assert anna["false_marks_per_study"]["rate"]["value"] == pytest.approx(1 / 5)
    assert anna["missed_per_study"]["rate"]["value"] == pytest.approx(1 / 5)
    assert anna["found_among_seen"]["share"]["value"] == pytest.approx(4 / 5)
    assert anna["missed_by_class"] == {"cyst": 1}


def test_intervals_are_by_patient_and_a_study_of_nobody_known_is_a_patient(
    cohort: Path, tmp_path: Path
) -> None:
    told = evaluated(cohort, tmp_path, one_reader())
    assert told["studies"]["of_unknown_patient"] == 6
    assert told["readers"][0]["patients"] == 6
    share = told["readers"][0]["right_marks"]["all"]["share_by_patient"]
    # four patients carry judged lesions: too few to resample
    assert share["method"] == "none, under 5 patients"
    rows = [mark(f"s{n}", lesion, "right" if n > 2 else "wrong") for n in range(1, 7) for lesion in (1, 2)]
    share = evaluated(cohort, tmp_path / "more", rows)["readers"][0]["right_marks"]["all"]["share_by_patient"]
    assert share["method"] == "bootstrap by patient"
    assert share["low"] < 4 / 6 < share["high"]


def test_a_right_mark_without_a_class_agrees_and_an_undecided_model_gives_none(
    cohort: Path, tmp_path: Path
) -> None:
    rows = [*one_reader(), mark("unsure", 1, "right")]
    classes = evaluated(cohort, tmp_path, rows)["readers"][0]["classes"]
    assert classes["lesions"] == 4
    assert classes["without_class"] == 1
    assert classes["agreement_of_decided"]["share"]["value"] == pytest.approx(3 / 4)
    assert classes["confusion"]["hemangioma"] == {"hcc": 1, "hemangioma": 1, "undecided": 0}
    rows[-1]["class"] = "hcc"
    classes = evaluated(cohort, tmp_path / "named", rows)["readers"][0]["classes"]
    assert classes["decided"]["value"] == pytest.approx(4 / 5)
    assert classes["confusion"]["hcc"]["undecided"] == 1


def test_two_readers_stand_apart_with_their_agreement_and_share_what_they_shared(
    cohort: Path, tmp_path: Path
) -> None:
    rows = [*one_reader(), mark("s1", 1, "wrong", "Ben"), mark("s1", 2, "right", "Ben")]
    told = evaluated(cohort, tmp_path, rows)
    assert [block["reader"] for block in told["readers"]] == ["Anna", "Ben"]
    assert told["together"] is None
    (pair,) = told["agreement"]
    assert pair["marks"]["lesions"] == 2
    assert pair["differ"] == [{"study": "s1", "lesion": 1}]
    shared = [*one_reader(), mark("s6", 1, "right", "Ben"), mark("s6", 2, "right", "Ben")]
    together = evaluated(cohort, tmp_path / "shared", shared)["together"]
    assert together["right_marks"]["all"]["share"]["value"] == pytest.approx(6 / 8)


def test_calibration_is_drawn_where_enough_was_judged_and_only_there(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    many = write_cohort(tmp_path / "many", {f"s{number:02}": BOTH for number in range(16)})
    for number in range(16):
        with_probabilities(many / "studies" / f"s{number:02}", (0.9, 0.3))
    rows = [
        mark(f"s{number:02}", lesion, "right" if lesion == 1 else "wrong")
        for number in range(16)
        for lesion in (1, 2)
    ]
    told = evaluated(many, tmp_path, rows)["readers"][0]["lesion_probability"]
    assert [(round(one["claimed"], 3), one["true"]["value"]) for one in told["calibration"]] == [
        (0.3, 0.0),
        (0.9, 1.0),
    ]
    assert told["ece"] == pytest.approx(0.2)
    assert (tmp_path / "out" / "calibration.png").is_file()
    assert "data:image/png" in (tmp_path / "out" / "summary.html").read_text(encoding="utf-8")
    assert (
        evaluated(many, tmp_path / "few", rows[:10])["readers"][0]["lesion_probability"]["calibration"] == []
    )
    assert not (tmp_path / "few" / "out" / "calibration.png").exists()


def test_the_command_writes_pages_that_say_why_there_is_no_sensitivity(
    cohort: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = write_marks(tmp_path / "marks.csv", one_reader())
    out = tmp_path / "out"
    words = ["evaluate", "--marks", str(table), "--results", str(cohort), "-o", str(out)]
    assert command(words) == 0
    assert "no sensitivity" in capsys.readouterr().out
    for page in ("summary.html", "summary.md"):
        text = (out / page).read_text(encoding="utf-8")
        assert "neither the model nor the reader saw" in " ".join(text.split())
        assert "s6, unsure" in text
    with (out / "per_lesion.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["mark"] for row in rows} == {"right", "wrong", "unmarked", "missed"}
    assert {path.name for path in out.iterdir()} <= set(FILES)
    assert command(words) == 2
    assert "already holds an evaluation" in capsys.readouterr().err
    assert command([*words, "--overwrite"]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--marks", "{table}"], "--marks and --results belong together"),
        (["--results", "{cohort}"], "--marks and --results belong together"),
        (["{cohort}", "--marks", "{table}", "--results", "{cohort}"], "leave DATASET"),
        (["--marks", "{table}", "--results", "{cohort}", "--model", "x"], "leave DATASET"),
        ([], "Name a dataset"),
    ],
)
def test_options_that_do_not_go_together_are_one_sentence(
    cohort: Path, tmp_path: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table = write_marks(tmp_path / "marks.csv", one_reader())
    filled = [word.format(table=table, cohort=cohort) for word in words]
    assert command(["evaluate", *filled, "-o", str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_comments_alone_are_no_reading(
    cohort: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = write_marks(tmp_path / "marks.csv", [mark("s1", "", "comment", comment="motion")])
    words = ["--marks", str(table), "--results", str(cohort), "-o", str(tmp_path / "out")]
    assert command(["evaluate", *words]) == 2
    assert "hold comments alone" in capsys.readouterr().err
