"""The report as PDF on A4: one page for up to two lesions, more for more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from MTINetLib.presentation.colours import FAINT_INK, INK, PAPER_LINE
from MTINetLib.report import content as said
from MTINetLib.report.content import LesionBlock, ReportContent, Row
from MTINetLib.report.pdf_fonts import register_fonts
from MTINetLib.report.pdf_reader import reader_part
from MTINetLib.report.pdf_text import letters as _letters
from MTINetLib.report.pdf_text import markup as _markup
from MTINetLib.report.pdf_text import text as _text

_WARN, _WARN_PAPER, _NOTICE_PAPER = "#9C3D00", "#FFF3E6", "#F1F4F6"
#: At the sides, the top and the bottom.
_MARGINS_MM = (12.0, 10.0, 11.0)
_LESIONS_A_PAGE = 3
_SMALLER = (0.94, 0.88, 0.76, 0.64)


def pdf_report(content: ReportContent) -> bytes:
    """The report as the bytes of a PDF file; pictures shrink where that saves a second page."""
    register_fonts()
    whole = _pdf(content, 1.0)
    if whole.pages > 1 and len(content.blocks) <= _LESIONS_A_PAGE:
        for scale in _SMALLER:
            smaller = _pdf(content, scale)
            if smaller.pages == 1:
                return smaller.data
    return whole.data


@dataclass(frozen=True)
class _Pdf:
    data: bytes
    pages: int


def _pdf(content: ReportContent, scale: float) -> _Pdf:
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

    buffer = BytesIO()
    side, top, bottom = (value * mm for value in _MARGINS_MM)
    width = A4[0] - 2 * side
    frame = Frame(side, bottom, width, A4[1] - top - bottom, *[0] * 4)
    document = BaseDocTemplate(
        buffer,
        pagesize=A4,
        pageTemplates=[PageTemplate("report", [frame], onPage=_foot)],
        title=said.TITLE,
        subject=said.BANNER,
        creator="MTINet",
        author="",
        # Without this the file says when it was made.
        invariant=int(content.cover.deidentified),
    )
    document.build(_story(content, width, scale))
    return _Pdf(buffer.getvalue(), document.page)


def _story(content: ReportContent, width: float, scale: float) -> list[Any]:
    from reportlab.platypus import KeepTogether, Spacer

    story: list[Any] = [_text(said.TITLE, 13, bold=True, leading=16), _warning(width), Spacer(0, 4)]
    story.append(_text(content.summary, 9.5, bold=True, leading=13))
    for notice in content.notices:
        story.extend([_banner(_text(notice, 7.5), width, FAINT_INK, _NOTICE_PAPER), Spacer(0, 3)])
    if content.lesion_rows:
        shares = (0.05, 0.12, 0.135, 0.1, 0.14, 0.1, 0.125, 0.125, 0.105)
        story.append(_table(said.LESION_HEADS, content.lesion_rows, shares, width, content.lesion_colours))
    story.extend(KeepTogether(_lesion(block, width, scale)) for block in content.blocks)
    if content.empty_strip:
        story.extend([Spacer(0, 4), _picture(content.empty_strip, width)])
    story.extend(_study(content, width))
    story.append(KeepTogether(_end(content, width)))
    return story


def _lesion(block: LesionBlock, width: float, scale: float) -> list[Any]:
    from reportlab.platypus import Spacer, Table

    title = f'<font name="DejaVuSans" color="{block.colour}">\u25cf</font> {_letters(block.title)}'
    shares = (0.32, 0.17, 0.17, 0.17, 0.17)
    curve_width = 0.4 * scale * width
    signals = _table(block.signal_heads, block.signal_rows, shares, width - curve_width - 8, right=True)
    curve = _text(said.NOT_DRAWN, 7) if block.curve is None else _picture(block.curve, curve_width)
    beside = Table([[curve, signals]], colWidths=[curve_width + 8, None])
    beside.setStyle([("VALIGN", (0, 0), (-1, -1), "MIDDLE"), *_no_padding()])
    parts: list[Any] = [Spacer(0, 4), _markup(title, 9, bold=True, leading=12)]
    if block.strip is not None:
        parts.append(_picture(block.strip, scale * width))
    parts.extend([Spacer(0, 1), beside])
    if block.remarks:
        parts.append(_text(" ".join(block.remarks), 7, colour=_WARN))
    return parts


def _study(content: ReportContent, width: float) -> list[Any]:
    facts = " &nbsp;&nbsp; ".join(_named(name, value) for name, value in content.facts)
    shares = (0.11, 0.17, 0.07, 0.49, 0.09, 0.07)
    parts = [_head("Study"), _markup(facts, 7.5)]
    parts.append(_table(said.PHASE_HEADS, content.phase_rows, shares, width))
    if content.doubts:
        parts.append(_text(" ".join(content.doubts), 7, colour=_WARN))
    return parts


def _named(name: str, value: str) -> str:
    return f'<font color="{FAINT_INK}">{_letters(name)}</font> {_letters(value)}'


def _end(content: ReportContent, width: float) -> list[Any]:
    lines = " &nbsp; ".join(_named(name, value) for name, value in content.provenance)
    parts = [_head("Technique"), _text(content.technique, 6.2, colour=FAINT_INK, leading=7.4)]
    parts.extend([_head("Provenance"), _markup(lines, 6.2, leading=7.6), _head("Reader")])
    parts.extend(reader_part(content.cover, width))
    return parts


def _warning(width: float) -> Any:
    words = f"<b>{said.BANNER}</b> &nbsp; {_letters(said.BANNER_TEXT)}"
    return _banner(_markup(words, 8, colour=_WARN), width, _WARN, _WARN_PAPER)


def _banner(words: Any, width: float, colour: str, paper: str) -> Any:
    """A paragraph on a coloured ground with a bar at its left."""
    from reportlab.platypus import Table

    banner = Table([[words]], colWidths=[width])
    banner.setStyle(
        [
            ("BACKGROUND", (0, 0), (-1, -1), paper),
            ("LINEBEFORE", (0, 0), (0, -1), 3, colour),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ]
    )
    return banner


def _table(
    heads: Row,
    rows: Sequence[Row],
    shares: Sequence[float],
    width: float,
    colours: Sequence[str] = (),
    *,
    right: bool = False,
) -> Any:
    """A table with a rule under its heads; ``colours`` gives the second cell of each row its colour."""
    from reportlab.platypus import Table

    def cell(words: str, column: int, **style: Any) -> Any:
        return _text(words, 7, align_right=right and column > 0, **style)

    cells = [[cell(head, n, colour=FAINT_INK, bold=True) for n, head in enumerate(heads)]]
    for number, row in enumerate(rows):
        named = {1: {"colour": colours[number], "bold": True}} if colours else {}
        cells.append([cell(words, n, **named.get(n, {})) for n, words in enumerate(row)])
    table = Table(cells, colWidths=[share * width for share in shares], repeatRows=1)
    lines = [
        ("LINEBELOW", (0, 0), (-1, 0), 0.9, INK),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, PAPER_LINE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    padding = [
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 0.8),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.6),
    ]
    table.setStyle([*lines, *padding])
    return table


def _no_padding() -> list[tuple[Any, ...]]:
    sides = ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING", "BOTTOMPADDING")
    return [(side, (0, 0), (-1, -1), 0) for side in sides]


def _picture(png: bytes, width: float) -> Any:
    from reportlab.lib.utils import ImageReader
    from reportlab.platypus import Image

    pixels = ImageReader(BytesIO(png)).getSize()
    return Image(BytesIO(png), width=width, height=width * pixels[1] / pixels[0], hAlign="LEFT")


def _head(words: str) -> Any:
    return _text(words.upper(), 6.6, colour=FAINT_INK, bold=True, before=5, leading=9)


def _foot(canvas: Any, document: Any) -> None:
    canvas.saveState()
    canvas.setFont("Helvetica", 6.2)
    canvas.setFillColor(FAINT_INK)
    side = _MARGINS_MM[0] * 72 / 25.4
    canvas.drawString(side, 18, "MTI-Net. Research use only, not for diagnosis.")
    canvas.drawRightString(document.pagesize[0] - side, 18, f"Page {canvas.getPageNumber()}")
    canvas.restoreState()
