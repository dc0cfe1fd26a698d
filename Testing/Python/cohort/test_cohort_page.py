"""The page of a cohort in a real browser, opened from its file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.browser import Watched, open_browser
from support.cohort_tasks import studies

from MTINetLib.cohort.summary import write_summary
from MTINetLib.cohort.tables import results_of
from MTINetLib.findings import to_json
from MTINetLib.inference.analysis import Analysis
from MTINetLib.pipeline.write import WriteOptions, write
from MTINetLib.study.study import Study

NAMES = tuple(f"study-{number}" for number in range(1, 401))


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory, study: Study, analysis: Analysis) -> Path:
    """2000 lesions of 400 studies, two of which have a page."""
    folder = tmp_path_factory.mktemp("cohort")
    found = analysis.findings
    several = tuple(
        replace(lesion, label=number, volume_ml=float(number))
        for number, lesion in enumerate([*found.lesions, *found.lesions, found.lesions[0]], start=1)
    )
    for name, one in zip(NAMES, studies(*NAMES), strict=True):
        place = folder / "studies" / name
        if name in NAMES[:2]:
            write(study, analysis, place, WriteOptions(formats=["json", "page"]))
        else:
            place.mkdir(parents=True)
        findings = found if name in NAMES[:2] else replace(found, lesions=several)
        (place / "findings.json").write_text(to_json(findings), encoding="utf-8")
        (place / "source.json").write_text(one.as_json(), encoding="utf-8")
    write_summary(folder, results_of(folder, NAMES), {}, "made", "c0ffee")
    return folder


@pytest.fixture(scope="module")
def watched(out: Path) -> Iterator[Watched]:
    with open_browser() as browser:
        watched = Watched(browser.new_context(viewport={"width": 1280, "height": 700}))
        watched.page.goto((out / "summary.html").as_uri())
        yield watched


def column(page: Any, table: str, number: int) -> list[str]:
    """The cells that are shown of a column, from 0."""
    cells = page.locator(f"#{table} tbody tr:not([hidden])")
    texts: list[str] = cells.evaluate_all("(rows, at) => rows.map(row => row.cells[at].textContent)", number)
    return texts


def test_tables_sort_by_every_column_and_filter(watched: Watched) -> None:
    page = watched.page
    assert "1994 lesions and 400 studies are shown." in page.inner_text("#count")
    head = page.locator("#lesions").get_by_role("button", name="Volume, mL")
    head.click()
    volumes = [float(text) for text in column(page, "lesions", 5)]
    assert volumes == sorted(volumes)
    head.click()
    assert [float(text) for text in column(page, "lesions", 5)] == sorted(volumes, reverse=True)
    page.locator("#studies").get_by_role("button", name="Study").click()
    assert column(page, "studies", 0) == list(NAMES)
    page.fill("#filter", "hemangioma study-7")
    assert {name[:7] for name in column(page, "lesions", 1)} == {"study-7"}
    assert set(column(page, "lesions", 3)) == {"Hemangioma"}
    page.fill("#filter", "")
    assert len(column(page, "lesions", 1)) == 1994


def test_pictures_are_loaded_and_each_row_shows_its_own_lesion(watched: Watched) -> None:
    page = watched.page
    page.fill("#filter", "study-1")
    pictures = page.locator('#lesions tr[data-study="study-1"] img')
    pictures.first.scroll_into_view_if_needed()
    page.wait_for_function(
        "() => document.querySelector('#lesions tr[data-study=study-1] img').naturalWidth > 0"
    )
    assert pictures.first.evaluate("one => [one.naturalWidth, one.naturalHeight]") == [192, 96]
    assert pictures.evaluate_all("all => all.map(one => parseInt(one.style.marginLeft))") in (
        [0, -64],
        [-64, 0],
    )
    page.fill("#filter", "")


def test_a_study_opens_in_the_page_by_keys_and_its_marks_stand_in_the_tables(watched: Watched) -> None:
    page = watched.page
    page.locator("#studies").get_by_role("link", name="study-1", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-ready]")
    assert page.locator(".pane").count() == 4
    page.keyboard.press("r")
    page.keyboard.press("d")
    page.keyboard.press("n")
    page.wait_for_selector("h1:text('study-2')")
    page.wait_for_selector("[data-ready]")
    page.keyboard.press("2")
    page.keyboard.press("w")
    page.keyboard.press("Escape")
    page.wait_for_selector("#cohort:not([hidden])")
    page.fill("#filter", "looked through")
    assert column(page, "studies", 0) == ["study-1"]
    page.fill("#filter", "wrong")
    assert column(page, "lesions", 1) == ["study-2"]
    with page.expect_download() as download:
        page.get_by_role("button", name="Save marks").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    rows = [(row["study"], row["lesion"], row["mark"]) for row in csv.DictReader(io.StringIO(text))]
    assert rows == [("study-1", "1", "right"), ("study-1", "", "right"), ("study-2", "2", "wrong")]


def test_nothing_went_wrong_and_no_request_left_the_machine(watched: Watched) -> None:
    assert watched.wrong == []
    assert all(url.startswith(("file:", "data:", "blob:")) for url in watched.asked)
