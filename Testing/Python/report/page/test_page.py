"""The page of a study in a real browser, opened from its file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from support.browser import Watched, open_browser, pixels

from MTINetLib.inference.analysis import Analysis
from MTINetLib.marks.marked_results import MarkedResults
from MTINetLib.marks.read_marks import read_marks
from MTINetLib.pipeline.write import WriteOptions, write
from MTINetLib.presentation.classes import on_black
from MTINetLib.report.key_slice import ShownPlane
from MTINetLib.report.page.images import ShownImages
from MTINetLib.study.study import Study

Picture = npt.NDArray[Any]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory, study: Study, analysis: Analysis) -> Path:
    folder = tmp_path_factory.mktemp("page") / "case 1, é"
    written = write(study, analysis, folder, WriteOptions(formats=["json", "page"]))
    assert written.left_out == ()
    return folder


@pytest.fixture(scope="module")
def watched(out: Path) -> Iterator[Watched]:
    with open_browser() as browser:
        watched = Watched(browser.new_context(viewport={"width": 1280, "height": 900}))
        watched.open((out / "page.html").as_uri())
        yield watched


def on_screen(image: Picture, study: Study, labels: Picture, shape: tuple[int, ...]) -> Picture:
    """A slice [J, I] of the study's grid as a pane of this shape must show it, by the geometry alone."""
    images = ShownImages.of(study, labels)
    plane = ShownPlane.of(study.grid)
    first = np.rint(study.grid.to_index(images.grid.origin)).astype(int)
    rows, columns = images.grid.shape[1:]
    shown = plane.show(image[first[1] : first[1] + rows, first[2] : first[2] + columns])
    size_mm = np.array(shown.shape) * plane.pixel_mm
    mm = (size_mm / np.array(shape[:2])).max()
    places = [
        ((np.arange(count) + 0.5 - count / 2) * mm + extent / 2) / pixel
        for count, extent, pixel in zip(shape[:2], size_mm, plane.pixel_mm, strict=True)
    ]
    inside = [(place >= 0) & (place < count) for place, count in zip(places, shown.shape, strict=True)]
    at = [np.clip(place.astype(int), 0, count - 1) for place, count in zip(places, shown.shape, strict=True)]
    return np.where(np.logical_and.outer(*inside), shown[np.ix_(*at)], 0)


def overlap(one: Picture, other: Picture) -> float:
    return float((one & other).sum() / (one | other).sum())


def alike(one: Picture, other: Picture) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def colour_of(picture: Picture, colour: str) -> Picture:
    wanted = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.asarray(np.abs(picture - wanted).max(axis=-1) < 0.06)


def set_range(page: Any, name: str, value: float) -> None:
    page.get_by_label(name, exact=True).evaluate(
        "(one, value) => { one.value = value; one.dispatchEvent(new Event('input', {bubbles: true})); }",
        value,
    )


def test_outlines_lie_over_the_pixels_of_their_lesions(
    watched: Watched, study: Study, analysis: Analysis
) -> None:
    page = watched.page
    for lesion in analysis.findings.lesions:
        page.get_by_role("button", name=f"Lesion {lesion.label}:").click()
        set_range(page, "Fill", 1.0)
        watched.settle()
        k = int(page.locator("#study").get_attribute("data-slice"))
        for pane in page.locator(".pane").all():
            shown = pixels(pane)
            seen = colour_of(shown, on_black(lesion.lesion_class))
            mask = on_screen(analysis.labels[k] == lesion.label, study, analysis.labels, shown.shape) > 0
            assert mask.sum() > 500
            assert overlap(seen, mask) > 0.85
            assert overlap(seen, mask[:, ::-1]) < 0.3
            assert overlap(seen, mask[::-1]) < 0.8


def test_each_pane_shows_its_phase_and_all_the_same_slice(
    watched: Watched, study: Study, analysis: Analysis
) -> None:
    page = watched.page
    page.keyboard.press("o")
    page.keyboard.press("Home")
    for _ in range(2):
        page.keyboard.press("PageUp")
    page.keyboard.press("ArrowDown")
    set_range(page, "Fill", 0.0)
    watched.settle()
    assert page.locator("#study").get_attribute("data-slice") == "9"
    panes = [pixels(pane).mean(axis=-1) for pane in page.locator(".pane").all()]
    page.keyboard.press("o")
    images = ShownImages.of(study, analysis.labels)
    low, high = (images.step * level for level in images.window)
    windowed = np.clip(study.volumes[:, 9], low, high) - low
    wanted = [on_screen(one, study, analysis.labels, panes[0].shape) for one in windowed]
    similar = np.array([[alike(pane, one) for one in wanted] for pane in panes])
    assert similar.argmax(axis=1).tolist() == [0, 1, 2, 3]
    assert similar.diagonal().min() > 0.92
    # A few pixels beside or mirrored they are less so.
    for step in ((4, 0), (-4, 0), (0, 4), (0, -4)):
        assert alike(panes[1], np.roll(wanted[1], step, axis=(0, 1))) < similar[1, 1] - 0.005
    assert alike(panes[1], wanted[1][:, ::-1]) < similar[1, 1] - 0.05


def test_wheel_window_and_zoom_change_all_panes_alike(watched: Watched) -> None:
    page = watched.page
    before = [pixels(pane) for pane in page.locator(".pane").all()]
    page.locator(".pane .over").first.hover()
    page.mouse.wheel(0, 120)
    watched.settle()
    assert page.locator("#study").get_attribute("data-slice") == "10"
    page.keyboard.press("+")
    set_range(page, "Width", 40.0)
    watched.settle()
    after = [pixels(pane) for pane in page.locator(".pane").all()]
    assert all(np.abs(one - other).mean() > 0.02 for one, other in zip(before, after, strict=True))
    page.keyboard.press("0")
    page.mouse.wheel(0, -120)
    watched.settle()
    again = [pixels(pane) for pane in page.locator(".pane").all()]
    assert all(np.abs(one - other).mean() < 0.02 for one, other in zip(before, again, strict=True))


def test_marks_made_by_keys_are_kept_and_written_as_agreed(
    watched: Watched, out: Path, study: Study, tmp_path: Path
) -> None:
    page = watched.page
    page.get_by_label("Reader").fill("A. Reader")
    page.get_by_label("Reader").blur()
    page.keyboard.press("1")
    page.keyboard.press("w")
    page.keyboard.press("c")
    page.keyboard.type('no "lesion", a vessel')
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    page.keyboard.press("w")
    page.get_by_label("Class in your view").select_option("hcc")
    page.locator("h1").click()
    page.keyboard.press("m")
    page.locator(".pane .over").first.click(position={"x": 2, "y": 150})
    page.wait_for_selector("text=That is outside the image")
    for key in ("ArrowLeft", "ArrowUp", "PageUp", "Enter"):
        page.keyboard.press(key)
    page.keyboard.press("d")
    page.reload()
    page.wait_for_selector("[data-ready]")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save marks").click()
    assert download.value.suggested_filename == "marks.csv"
    text = Path(download.value.path()).read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert ",".join(rows[0]) == "study,lesion,mark,class,x_mm,y_mm,z_mm,comment,reader,marked_utc"
    assert {row["study"] for row in rows} == {out.name}
    assert {row["reader"] for row in rows} == {"A. Reader"}
    marks = [(row["lesion"], row["mark"], row["class"], row["comment"]) for row in rows]
    assert marks == [
        ("1", "wrong", "", 'no "lesion", a vessel'),
        ("2", "right", "hcc", ""),
        ("", "missed", "", ""),
        ("", "right", "", ""),
    ]
    place = study.grid.to_index([float(rows[2][name]) for name in ("x_mm", "y_mm", "z_mm")])
    assert np.allclose(place, np.rint(place), atol=0.01)
    assert rows[0]["x_mm"] == ""
    (reading,) = read_marks([Path(download.value.path())], MarkedResults(out))
    assert len(reading.marks) == 4
    other = tmp_path / "marks.csv"
    other.write_text("\ufeff" + text.replace("wrong", "right", 1), encoding="utf-8")
    page.set_input_files("input[type=file]", str(other))
    page.wait_for_selector('button[data-label="1"] .mark:text("right")')
    other.write_text("a,b\n1,2\n", encoding="utf-8")
    page.set_input_files("input[type=file]", str(other))
    page.wait_for_selector("text=This file holds no marks")


def test_it_fits_a_phone_and_knows_the_dark(watched: Watched) -> None:
    page = watched.page
    paper = "() => getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate(paper) != light
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 1280


def test_everything_that_can_be_used_has_a_name(watched: Watched) -> None:
    names = watched.page.locator("button, input, select, textarea").evaluate_all(
        "all => all.map(one => one.textContent || one.ariaLabel || one.labels?.[0]?.textContent.trim() || '')"
    )
    assert len(names) > 15
    assert all(names)


def test_no_request_leaves_the_machine_and_none_could(watched: Watched) -> None:
    refused = watched.page.evaluate(
        """() => new Promise(resolve => {
          document.addEventListener("securitypolicyviolation", event => resolve(event.effectiveDirective));
          fetch("http://127.0.0.1:9/").finally(() => setTimeout(resolve, 2000, "allowed"));
        })"""
    )
    assert refused == "connect-src"
    outside = [url for url in watched.asked if not url.startswith(("file:", "data:", "blob:"))]
    assert outside in ([], ["http://127.0.0.1:9/"])
    assert [text for text in watched.wrong if "127.0.0.1:9" not in text and "fetch" not in text] == []
