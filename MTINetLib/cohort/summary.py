"""summary.html: studies, lesions and problems on one page that loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from MTINetLib.cohort.problems import Problem, by_reason
from MTINetLib.cohort.tables import StudyResults
from MTINetLib.cohort.work import STUDIES_FOLDER
from MTINetLib.presentation.classes import class_title
from MTINetLib.presentation.warnings import study_warnings
from MTINetLib.report.content import BANNER, BANNER_TEXT
from MTINetLib.report.file_names import FINDINGS_FILE, HTML_FILE
from MTINetLib.write_whole import whole_file

SUMMARY_FILE = "summary.html"
_TEMPLATE = "summary.html.j2"


def write_summary(
    out: Path, results: Iterator[StudyResults], problems: Mapping[str, Problem], model: str
) -> None:
    """The page appears whole; studies are taken one by one."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("MTINetLib.cohort", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template(_TEMPLATE).stream(
        banner=BANNER,
        banner_text=BANNER_TEXT,
        model=model,
        rows=_rows(out, results),
        problems=sorted(problems.values(), key=lambda problem: problem.study),
        reasons=by_reason(problems),
    )
    with whole_file(out / SUMMARY_FILE) as beside, beside.open("wb") as file:
        page.dump(file, encoding="utf-8")


def _rows(out: Path, results: Iterator[StudyResults]) -> Iterator[dict[str, object]]:
    """A row a lesion, and one for a study without any."""
    for one in results:
        folder = f"{STUDIES_FOLDER}/{one.study.name}"
        page = next(name for name in (HTML_FILE, FINDINGS_FILE) if (out / folder / name).is_file())
        study = {
            "study": one.study.name,
            "page": quote(f"{folder}/{page}"),
            "source": one.study.place,
            "warnings": " ".join(study_warnings(one.findings)),
        }
        if not one.findings.lesions:
            yield {**study, "label": None}
        for lesion in one.findings.lesions:
            yield {
                **study,
                "label": lesion.label,
                "class_title": class_title(lesion.lesion_class),
                "probability": lesion.probabilities.get(lesion.lesion_class),
                "volume_ml": lesion.volume_ml,
                "long_axis_mm": lesion.long_axis_mm,
                "curve": lesion.enhancement.curve_kind or "",
            }
