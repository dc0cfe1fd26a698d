"""The report as one self-contained HTML file: pictures and styles are inside, nothing is loaded."""

from __future__ import annotations

from MTINetLib.report import content as said
from MTINetLib.report.content import ReportContent
from MTINetLib.report.html_template import html_template

TEMPLATE = "report.html.j2"


def html_report(content: ReportContent) -> str:
    """The report as text; every word from outside is escaped."""
    return html_template("MTINetLib.report", TEMPLATE).render(
        content=content,
        title=said.TITLE,
        banner=said.BANNER,
        banner_text=said.BANNER_TEXT,
        phase_heads=said.PHASE_HEADS,
        lesion_heads=said.LESION_HEADS,
        technique=content.technique,
        not_drawn=said.NOT_DRAWN,
    )
