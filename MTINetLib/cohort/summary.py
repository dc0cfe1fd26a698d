"""summary.html: lesions and studies to sort and filter, what they hold as a whole, and each study inside.

It loads its own scripts and the data of the studies, and nothing from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO
from urllib.parse import quote

from MTINetLib.cohort.distributions import Distributions
from MTINetLib.cohort.problems import Problem, by_reason
from MTINetLib.cohort.tables import StudyResults
from MTINetLib.presentation.classes import class_title
from MTINetLib.presentation.counts import counted
from MTINetLib.presentation.warnings import study_warnings
from MTINetLib.report.content import BANNER, BANNER_TEXT
from MTINetLib.report.file_names import FINDINGS_FILE, HTML_FILE, STUDIES_FOLDER
from MTINetLib.report.html_template import html_template
from MTINetLib.report.page.assets import POLICY, write_assets
from MTINetLib.report.page.names import COHORT_SCRIPTS, PAGE_FILE, PAGE_FOLDER, THUMBNAILS_FILE
from MTINetLib.write_whole import whole_file

SUMMARY_FILE = "summary.html"
_ROOM, _TEMPLATE, _ROW_TEMPLATE = "MTINetLib.cohort", "summary.html.j2", "summary_row.html.j2"
_LESION_HEADS = (
    "Picture",
    "Study",
    "Lesion",
    "Class",
    "Probability",
    "Volume, mL",
    "Long axis, mm",
    "Curve",
    "Marks",
)
_STUDY_HEADS = ("Study", "Lesions", "Classes", "Least certain phase, %", "Marks", "Warnings", "Source")


def write_summary(
    out: Path, results: Iterator[StudyResults], problems: Mapping[str, Problem], model: str, identity: str
) -> None:
    """The page appears whole; studies are taken one by one, and their rows wait in files.

    Args:
        identity: of the cohort; a reader's marks are kept under it.
    """
    from markupsafe import Markup

    write_assets(out, COHORT_SCRIPTS)
    row_template, found = html_template(_ROOM, _ROW_TEMPLATE), Distributions()
    with _rows_file() as lesions, _rows_file() as studies:
        for one in results:
            found.add(one.findings)
            for row in _lesion_rows(out, one):
                lesions.write(_one_line(row_template.render(row=row)))
            studies.write(_one_line(row_template.render(row=_study_row(out, one))))
        lesions.seek(0)
        studies.seek(0)
        reasons = by_reason(problems)
        page = html_template(_ROOM, _TEMPLATE).stream(
            policy=POLICY,
            folder=PAGE_FOLDER,
            scripts=COHORT_SCRIPTS,
            identity=identity,
            banner=BANNER,
            banner_text=BANNER_TEXT,
            model=model,
            counted_studies=counted(found.studies, "study", "studies"),
            counted_lesions=counted(found.lesions, "lesion"),
            charts=found.charts(reasons),
            lesion_heads=_LESION_HEADS,
            study_heads=_STUDY_HEADS,
            lesion_rows=map(Markup, lesions),
            study_rows=map(Markup, studies),
            problems=sorted(problems.values(), key=lambda problem: problem.study),
            reasons=reasons,
        )
        with whole_file(out / SUMMARY_FILE) as beside, beside.open("wb") as file:
            page.dump(file, encoding="utf-8")


def _rows_file() -> IO[str]:
    return TemporaryFile("w+", encoding="utf-8", newline="\n")


def _one_line(text: str) -> str:
    return " ".join(text.split()) + "\n"


def _place(out: Path, results: StudyResults) -> dict[str, object]:
    """Where a study's results lie, and what opens them."""
    folder = f"{STUDIES_FOLDER}/{results.study.name}"
    shown = (out / folder / PAGE_FILE).is_file()
    page = next(name for name in (HTML_FILE, PAGE_FILE, FINDINGS_FILE) if (out / folder / name).is_file())
    return {"study": results.study.name, "page": quote(f"{folder}/{page}"), "shown": shown}


def _lesion_rows(out: Path, results: StudyResults) -> Iterator[dict[str, object]]:
    """A row a lesion, and one for a study without any."""
    picture = f"{STUDIES_FOLDER}/{results.study.name}/{PAGE_FOLDER}/{THUMBNAILS_FILE}"
    place = {**_place(out, results), "kind": "lesion", "picture": ""}
    if (out / picture).is_file():
        place["picture"] = quote(picture)
    if not results.findings.lesions:
        yield {**place, "label": ""}
    for number, lesion in enumerate(results.findings.lesions):
        yield {
            **place,
            "at": number,
            "label": lesion.label,
            "class_title": class_title(lesion.lesion_class),
            "probability": lesion.probabilities.get(lesion.lesion_class),
            "volume_ml": lesion.volume_ml,
            "long_axis_mm": lesion.long_axis_mm,
            "curve": lesion.enhancement.curve_kind or "",
        }


def _study_row(out: Path, results: StudyResults) -> dict[str, object]:
    findings = results.findings
    classes = dict.fromkeys(class_title(lesion.lesion_class) for lesion in findings.lesions)
    return {
        **_place(out, results),
        "kind": "study",
        "lesions": len(findings.lesions),
        "classes": ", ".join(classes),
        "certainty": round(100 * min(said.confidence for said in findings.study.phases)),
        "warnings": " ".join(study_warnings(findings)),
        "source": results.study.place,
    }
