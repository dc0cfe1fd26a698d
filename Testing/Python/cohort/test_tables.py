"""The tables and the page of a cohort, from findings made by hand."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from support.cohort_tasks import studies

from MTINetLib.cohort.problems import Problem
from MTINetLib.cohort.summary import write_summary
from MTINetLib.cohort.tables import CohortTables, results_of
from MTINetLib.errors import InputError
from MTINetLib.findings import to_json
from MTINetLib.inference.analysis import Analysis
from MTINetLib.study.phase import FOUR_PHASES


@pytest.fixture
def out(tmp_path: Path, analysis: Analysis) -> Path:
    """A study with two lesions, one without, and a folder that is no result."""
    found = analysis.findings
    for study, findings in zip(studies("two", "none"), (found, replace(found, lesions=())), strict=True):
        folder = tmp_path / "studies" / study.name
        folder.mkdir(parents=True)
        told = replace(study, place="/archive/<script>alert(1)</script>, Jane")
        (folder / "source.json").write_text(told.as_json())
        (folder / "findings.json").write_text(to_json(findings))
    (tmp_path / "studies" / "empty").mkdir()
    return tmp_path


def write_tables(out: Path, names: Sequence[str], classes: Sequence[str] = ()) -> None:
    with CohortTables(out, FOUR_PHASES, classes) as tables:
        for results in results_of(out, names):
            tables.add(results)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_row_a_lesion_and_a_row_a_study_the_same_in_both_forms(out: Path, analysis: Analysis) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    classes = analysis.findings.provenance.classes
    write_tables(out, ("none", "two", "empty", "missing"), classes)
    lesions, told = rows(out / "cohort.csv"), rows(out / "studies.csv")
    assert [(row["study"], row["lesion"]) for row in lesions] == [("two", "1"), ("two", "2")]
    assert [(row["study"], row["lesions"]) for row in told] == [("none", "0"), ("two", "2")]
    first = analysis.findings.lesions[0]
    assert float(lesions[0]["mean_arterial"]) == first.measured_curve.mean[1]
    assert told[0]["model_sha256"] == analysis.findings.provenance.model_sha256
    for name, written in (("cohort", lesions), ("studies", told)):
        packed = parquet.read_table(out / f"{name}.parquet").to_pylist()
        assert [{key: as_text(value) for key, value in row.items()} for row in packed] == written
    assert sorted(path.name for path in out.iterdir() if path.is_file()) == [
        "cohort.csv",
        "cohort.parquet",
        "studies.csv",
        "studies.parquet",
    ]


def as_text(value: object) -> str:
    return "" if value is None else str(value)


def test_damaged_findings_leave_the_tables_as_they_were(out: Path) -> None:
    pytest.importorskip("pyarrow")
    (out / "cohort.csv").write_text("before")
    (out / "studies" / "two" / "findings.json").write_text("{")
    with pytest.raises(InputError, match="delete its folder"):
        write_tables(out, ("none", "two"))
    assert (out / "cohort.csv").read_text() == "before"
    assert not list(out.glob(".part*"))


class _Page(HTMLParser):
    """The cells of the page's tables, and what it would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.links: list[str] = []
        self.scripts = 0
        self._cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = dict(attributes)
        self.scripts += tag == "script"
        self.links += [told[name] or "" for name in ("src", "href") if name in told]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        self._cell = tag in ("td", "th", "a", "button")

    def handle_endtag(self, tag: str) -> None:
        self._cell = False

    def handle_data(self, data: str) -> None:
        if self._cell and self.rows:
            self.rows[-1][-1] += data.strip()


def test_the_page_has_each_lesion_each_problem_and_loads_nothing(out: Path) -> None:
    aside = {"bad": Problem("bad", "/archive/bad", "It lacks <two> phases.")}
    write_summary(out, results_of(out, ("none", "two")), aside, "made", "c0ffee")
    text = (out / "summary.html").read_text(encoding="utf-8")
    page = _Page(text)
    assert [row[1:4] for row in page.rows[1:4]] == [
        ["none", "", "no lesion found"],
        ["two", "1", "HCC"],
        ["two", "2", "Hemangioma"],
    ]
    assert {len(row) for row in page.rows[:4]} == {9}
    assert [row[:4] for row in page.rows[5:7]] == [
        ["none", "0", "", "95"],
        ["two", "2", "HCC, Hemangioma", "95"],
    ]
    assert page.rows[6][6] == "/archive/<script>alert(1)</script>, Jane"
    assert page.rows[8] == ["bad", "/archive/bad", "It lacks <two> phases."]
    assert 'data-identity="c0ffee"' in text
    for chart in (
        "Class: HCC 1, Hemangioma 1",
        "30 to 50 mm 1",
        "Pre-contrast, 90 %+ 2",
        "It lacks &lt;two&gt; phase",
    ):
        assert chart in text
    links = {link for link in page.links if link.startswith("studies")}
    assert links == {"studies/none/findings.json", "studies/two/findings.json"}
    assert all((out / link).is_file() for link in page.links)
