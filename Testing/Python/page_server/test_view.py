"""``mtinet view``, from results that have no page."""

from __future__ import annotations

import json
import re
import shutil
import urllib.request
from pathlib import Path

import pytest

from MTINetLib.cli import run
from MTINetLib.cohort.cohort_study import SOURCE_FILE, CohortStudy, OpenedFrom
from MTINetLib.commands import view
from MTINetLib.inference.analysis import Analysis
from MTINetLib.page_server.study_page import make_page
from MTINetLib.pipeline.write import WriteOptions, write
from MTINetLib.reading.volumes.write import write_volume
from MTINetLib.study.study import Study


@pytest.fixture
def results(tmp_path: Path, study: Study, analysis: Analysis) -> Path:
    """Of four files, without a page."""
    folder, images = tmp_path / "results", tmp_path / "images"
    write(study, analysis, folder, WriteOptions(formats=["json", "labels"]))
    paths = []
    for phase in study.phases:
        path = images / f"LAVA {phase.title}.nii.gz"
        write_volume(path, study.phase(phase), study.grid)
        paths.append((phase.value, str(path)))
    source = CohortStudy("results", str(images), OpenedFrom.PHASES, phases=tuple(paths))
    (folder / SOURCE_FILE).write_text(source.as_json(), encoding="utf-8")
    return folder


def test_a_page_is_made_from_the_images_and_served(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[bytes] = []

    def look() -> None:
        said = " ".join(capsys.readouterr().out.split())
        address = re.search(r"http://127\.0\.0\.1:\d+/\S+/page\.html", said)
        assert address is not None
        seen.append(urllib.request.urlopen(address[0]).read())
        seen.append(urllib.request.urlopen(address[0].replace("page.html", "page/findings.js")).read())

    monkeypatch.setattr(view, "wait_for_the_end", look)
    assert run(["view", str(results), "--no-browser", "--port", "0"]) == 0
    assert b"Content-Security-Policy" in seen[0]
    found = json.loads(seen[1].removeprefix(b"mtinetTake(").removesuffix(b");\n"))
    assert [lesion["label"] for lesion in found["lesions"]] == [1, 2]


def test_without_the_images_one_sentence_says_so(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(results.parent / "images")
    assert run(["view", str(results), "--no-browser"]) == 2
    assert "do not lie in" in capsys.readouterr().err
    (results / SOURCE_FILE).unlink()
    assert run(["view", str(results), "--no-browser"]) == 2
    assert "do not say where their images lie" in capsys.readouterr().err
    assert not (results / "page.html").exists()


def test_images_of_another_study_are_refused(results: Path, study: Study) -> None:
    for phase in study.phases:
        path = results.parent / "images" / f"LAVA {phase.title}.nii.gz"
        write_volume(path, study.phase(phase) * 1.1 + 5, study.grid)
    with pytest.raises(Exception, match="not those of the results"):
        make_page(results)
    assert not (results / "page.html").exists()


def test_a_folder_that_holds_no_results_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["view", str(tmp_path)]) == 2
    assert "holds no results" in capsys.readouterr().err
    (tmp_path / "cohort.json").write_text("{}")
    assert run(["view", str(tmp_path)]) == 2
    assert "let `mtinet cohort` end first" in capsys.readouterr().err
