"""The files of a page."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from support.made_analysis import made_grid, made_study

from MTINetLib.inference.analysis import Analysis
from MTINetLib.pipeline.write import WriteOptions, write
from MTINetLib.reading.volumes.read import read_volume
from MTINetLib.report.page.images import ShownImages
from MTINetLib.report.page.names import COHORT_SCRIPTS, LICENCE, PAGE_FILES, STUDY_SCRIPTS, STYLE
from MTINetLib.study.study import Study

ROOM = Path(str(files("MTINetLib.report.page")))


def value_of(script: Path) -> Any:
    """What a script hands over."""
    found = re.fullmatch(r"mtinetTake\((.*)\);\n", script.read_text(encoding="ascii"), flags=re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_the_scripts_hold_the_images_and_labels_of_the_study(
    study: Study, analysis: Analysis, tmp_path: Path
) -> None:
    written = write(study, analysis, tmp_path / "out", WriteOptions(formats=["page"]))
    assert written.left_out == ()
    place = tmp_path / "out" / "page"
    files = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*")}
    assert files <= set(PAGE_FILES)
    found = value_of(place / "findings.js")
    volume = tmp_path / "arterial.nii.gz"
    volume.write_bytes(base64.b64decode(value_of(place / "image-arterial.js")))
    image = read_volume(volume)
    labels = gzip.decompress(base64.b64decode(value_of(place / "labels.js")))
    shown = np.frombuffer(labels, "<u2").reshape(image.array.shape)
    assert (shown > 0).sum() == (analysis.labels > 0).sum()
    assert image.array.shape[::-1] == tuple(found["size"])
    for label in (1, 2):  # each lies where it lies in the patient, and shines as it does there
        places = np.argwhere(shown == label)
        lps = np.c_[places[:, ::-1], np.ones(len(places))] @ np.array(found["ijk_to_lps"]).T
        assert np.allclose(lps[:, :3], image.grid.to_lps(places), atol=1e-3)
        assert np.allclose(lps[:, :3], study.grid.to_lps(np.argwhere(analysis.labels == label)), atol=1e-3)
        mean = image.array[shown == label].mean() * found["step"]
        assert np.isclose(mean, study.volumes[1][analysis.labels == label].mean(), rtol=1e-3)


def test_a_lesion_outside_the_body_is_not_cut_off() -> None:
    study = made_study(made_grid())
    labels = np.zeros(study.grid.shape, dtype=np.uint8)
    labels[5, 0, 0] = labels[5, -1, -1] = 1
    assert ShownImages.of(study, labels).labels.sum() == 2


def test_a_study_without_a_lesion_or_a_time_has_a_page(
    study: Study, analysis: Analysis, tmp_path: Path
) -> None:
    none = replace(
        analysis, findings=replace(analysis.findings, lesions=()), labels=np.zeros_like(analysis.labels)
    )
    assert write(study, none, tmp_path / "out", WriteOptions(formats=["page"])).left_out == ()
    assert value_of(tmp_path / "out" / "page" / "findings.js")["lesions"] == []


def test_a_de_identified_page_tells_nothing_of_the_patient(
    study: Study, analysis: Analysis, tmp_path: Path
) -> None:
    options = WriteOptions(formats=["page"], deidentify=True, reader="Dr. Jane Doe")
    write(study, analysis, tmp_path / "out", options)
    said = [path for path in (tmp_path / "out").rglob("*.*") if path.name != "niivue.js"]
    assert len(said) > 10
    text = b"".join(path.read_bytes() for path in said)
    for told in (b"LAVA", b"1.2.3.", b"2026-01-02", b"Jane", str(tmp_path).encode()):
        assert told not in text


def test_niivue_is_the_file_that_the_room_names() -> None:
    told = re.search(r"SHA-256 `([0-9a-f]{64})`", (ROOM / "README.md").read_text(encoding="utf-8"))
    assert told is not None
    assert hashlib.sha256((ROOM / "static" / "niivue.js").read_bytes()).hexdigest() == told[1]


def test_every_file_of_a_page_is_shipped() -> None:
    there = {path.name for path in (ROOM / "static").iterdir()}
    assert there == {*STUDY_SCRIPTS, *COHORT_SCRIPTS, STYLE, LICENCE}
