"""Writes the page of one study: page.html, and what it loads in the folder ``page``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from MTINetLib.report.html_template import html_template
from MTINetLib.report.page.assets import POLICY, write_assets
from MTINetLib.report.page.images import ShownImages, labels_in_letters, volume_in_letters
from MTINetLib.report.page.names import (
    FINDINGS_SCRIPT,
    LABELS_SCRIPT,
    PAGE_FILE,
    PAGE_FOLDER,
    STUDY_SCRIPTS,
    THUMBNAILS_FILE,
    image_script,
)
from MTINetLib.report.page.study_words import study_words
from MTINetLib.report.page.thumbnails import thumbnails
from MTINetLib.report.results import Results

ROOM = "MTINetLib.report.page"


def write_page(folder: Path, results: Results) -> None:
    """Into a folder of results that is there; the page itself comes last."""
    images = ShownImages.of(results.study, results.labels)
    place = folder / PAGE_FOLDER
    write_assets(folder, STUDY_SCRIPTS)
    for phase, volume in zip(results.findings.phases, images.volumes, strict=True):
        _write_script(place / image_script(phase), volume_in_letters(volume, images.grid, place))
    _write_script(place / LABELS_SCRIPT, labels_in_letters(images.labels))
    lesions = results.findings.lesions
    if lesions:
        reference = results.study.phases.index(results.study.reference)
        (place / THUMBNAILS_FILE).write_bytes(thumbnails(images, reference, lesions))
    _write_script(place / FINDINGS_SCRIPT, study_words(results.findings, images, results.cover))
    page = html_template(ROOM, "page.html.j2").render(
        policy=POLICY, folder=PAGE_FOLDER, scripts=STUDY_SCRIPTS
    )
    (folder / PAGE_FILE).write_text(page, encoding="utf-8", newline="\n")


def _write_script(path: Path, value: Any) -> None:
    """A script that hands one value over; numbers that are none become null."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    path.write_text(f"mtinetTake({text});\n", encoding="ascii", newline="\n")
