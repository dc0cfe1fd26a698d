"""Tables of marks: what is taken, and what is refused with its place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from support.marked import BESIDE, mark, missed, write_cohort, write_marks, write_results

from MTINetLib.errors import InputError
from MTINetLib.marks.mark import MarkKind
from MTINetLib.marks.marked_results import MarkedResults
from MTINetLib.marks.read_marks import COLUMNS, read_marks


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> MarkedResults:
    out = write_cohort(tmp_path_factory.mktemp("out"), {"s1": ("hcc", "hemangioma"), "s2": ()})
    return MarkedResults(out)


def refused(results: MarkedResults, *tables: Path) -> str:
    with pytest.raises(InputError) as error:
        read_marks(tables, results)
    return str(error.value)


def test_several_readers_and_tables_become_readings_of_studies(
    results: MarkedResults, tmp_path: Path
) -> None:
    one = write_marks(
        tmp_path / "one.csv",
        [
            mark("s1", 1, "right", **{"class": "HCC"}),
            mark("s1", 2, "Wrong", "Ben"),
            missed("s1", comment='a "dark", small one', marked_utc="2026-01-31T12:00:00Z"),
        ],
    )
    two = write_marks(tmp_path / "two.csv", [mark("s1", 2, "right"), mark("s2", "", "right")])
    two.write_bytes(b"\xef\xbb\xbf" + two.read_bytes())
    readings = {(reading.study, reading.reader): reading for reading in read_marks([one, two], results)}
    assert set(readings) == {("s1", "Anna"), ("s1", "Ben"), ("s2", "Anna")}
    anna = readings["s1", "Anna"]
    assert {label: said.lesion_class for label, said in anna.judged.items()} == {1: "hcc", 2: ""}
    assert anna.missed[0].position_lps_mm == pytest.approx(BESIDE)
    assert anna.missed[0].comment == 'a "dark", small one'
    assert readings["s1", "Ben"].judged[2].kind is MarkKind.WRONG
    assert readings["s2", "Anna"].looked_through(())


def test_the_results_of_one_study_are_named_as_their_folder(tmp_path: Path) -> None:
    one = MarkedResults(write_results(tmp_path / "mine"))
    table = write_marks(tmp_path / "marks.csv", [mark("mine", 2, "right")])
    assert read_marks([table], one)[0].study == "mine"


def test_who_said_nothing_or_only_commented_has_not_read_the_study(
    results: MarkedResults, tmp_path: Path
) -> None:
    rows = [mark("s1", "", "comment", comment="motion"), mark("s1", 1, "right", "Ben")]
    anna, ben = read_marks([write_marks(tmp_path / "m.csv", rows)], results)
    assert not anna.is_read
    assert not anna.looked_through(())
    assert ben.is_read
    assert not ben.looked_through((1, 2))
    assert ben.looked_through((1,))


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        (mark("s1", 1, "maybe"), "mark", "says 'maybe'; use one of right, wrong, missed, comment"),
        (mark("s1", 3, "right"), "lesion", "3 is no lesion of the study s1; its lesions: 1, 2"),
        (mark("s2", 1, "right"), "lesion", "its lesions: none"),
        (mark("s1", "x", "right"), "lesion", "says 'x'"),
        (mark("s3", 1, "right"), "study", "'s3' is no study of"),
        (mark("", 1, "right"), "study", "is empty"),
        (mark("s1", "", "wrong"), "lesion", "say which lesion is wrong"),
        (mark("s1", 1, "wrong", **{"class": "cyst"}), "class", "marked as right with that class"),
        (mark("s1", "", "right", **{"class": "cyst"}), "class", "only a lesion that is right"),
        (mark("s1", 1, "right", **{"class": "undecided"}), "class", "is no class of a lesion"),
        (mark("s1", 1, "right", x_mm=1), "x_mm", "only a missed lesion has a position"),
        (mark("s1", 1, "comment"), "comment", "is empty"),
        (mark("s1", 1, "right", marked_utc="yesterday"), "marked_utc", "says 'yesterday'"),
        (mark("s1", "", "missed"), "x_mm", "is empty"),
        (missed("s1", at=(1, 2, 9999)), "x_mm", "the position 1, 2, 9999 lies outside the images"),
        (missed("s1") | {"lesion": 1}, "lesion", "a missed lesion has no number"),
        (missed("s1") | {"y_mm": "12,5"}, "y_mm", "give millimetres with a decimal point"),
        (missed("s1") | {"y_mm": "nan"}, "y_mm", "give millimetres"),
    ],
)
def test_each_fault_is_named_with_its_line_and_column(
    results: MarkedResults, tmp_path: Path, row: Mapping[str, object], column: str, said: str
) -> None:
    table = write_marks(tmp_path / "marks.csv", [mark("s1", 2, "right"), row])
    sentence = refused(results, table)
    assert sentence.startswith(f"{table}, line 3, column {column}: ")
    assert said in sentence


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (mark("s1", 1, "right"), mark("s1", 1, "wrong"), "lesion 1 was marked by Anna already, in"),
        (mark("s1", 1, "right", ""), mark("s1", 1, "right", ""), "marked without a reader's name already"),
        (mark("s1", "", "right"), mark("s1", "", "right"), "the study s1 was marked by Anna already"),
        (missed("s1"), missed("s1"), "the position was marked by Anna already"),
    ],
)
def test_what_a_reader_marks_twice_is_refused_in_one_table_and_in_two(
    results: MarkedResults,
    tmp_path: Path,
    first: Mapping[str, object],
    second: Mapping[str, object],
    said: str,
) -> None:
    both = write_marks(tmp_path / "both.csv", [first, second])
    assert said in (sentence := refused(results, both))
    assert f"in {both}, line 2; keep one" in sentence
    one, two = (write_marks(tmp_path / f"{n}.csv", [row]) for n, row in enumerate((first, second)))
    assert f"in {one}, line 2; keep one" in refused(results, one, two)


def test_a_table_that_a_program_has_changed_is_refused(results: MarkedResults, tmp_path: Path) -> None:
    good = write_marks(tmp_path / "good.csv", [mark("s1", 1, "right", comment="prüfen")])
    text = good.read_text(encoding="utf-8")
    bad = tmp_path / "bad.csv"
    bad.write_bytes(text.encode("cp1252"))
    assert f"{bad}, line 2: this is not UTF-8" in refused(results, bad)
    bad.write_bytes(text.encode("utf-16"))
    assert "this is not UTF-8" in refused(results, bad)
    bad.write_text(text.replace(",", ";"), encoding="utf-8")
    assert "separated by ';' and not by commas" in refused(results, bad)
    bad.write_text(text.replace("lesion,", "lesions,"), encoding="utf-8")
    assert "column lesion is missing" in refused(results, bad)
    bad.write_text(text.replace("prüfen", '"prüfen'), encoding="utf-8")
    assert "values for 10 columns" in refused(results, bad)
    bad.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    assert "no mark stands there" in refused(results, bad)
    assert "cannot be read" in refused(results, tmp_path / "none.csv")


def test_a_folder_without_results_and_damaged_findings_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no results: name the folder"):
        MarkedResults(tmp_path)
    (tmp_path / "findings.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"findings.json cannot be read"):
        MarkedResults(tmp_path).study(tmp_path.name)
