"""The report as one self-contained HTML file: pictures and styles are inside, nothing is loaded."""

from __future__ import annotations

import base64

from MTINetLib.report import content as said
from MTINetLib.report.content import ReportContent

TEMPLATE = "report.html.j2"


def html_report(content: ReportContent) -> str:
    """The report as text; every word from outside is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("MTINetLib.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["as_data_uri"] = _as_data_uri
    template = environment.get_template(TEMPLATE)
    return template.render(
        content=content,
        title=said.TITLE,
        banner=said.BANNER,
        banner_text=said.BANNER_TEXT,
        phase_heads=said.PHASE_HEADS,
        lesion_heads=said.LESION_HEADS,
        technique=content.technique,
        not_drawn=said.NOT_DRAWN,
    )


def _as_data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
