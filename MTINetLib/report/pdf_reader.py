"""The reader's own part of the PDF: the comment in a box, and lines for name, signature and date."""

from __future__ import annotations

import textwrap
from typing import Any

from MTINetLib.presentation.colours import FAINT_INK, INK, PAPER_LINE
from MTINetLib.report.cover import Cover
from MTINetLib.report.pdf_text import text

#: Room for a comment by hand, in points.
_EMPTY_BOX = 22.0
#: A row of the box cannot go over to the next page, so that long paragraphs become several rows.
_LETTERS_A_ROW = 600
_GAP = 18.0


def reader_part(cover: Cover, width: float) -> list[Any]:
    """What the reader wrote, or room for it, over the lines to sign on."""
    from reportlab.platypus import Spacer

    return [_comment_box(cover, width), Spacer(0, 4), _sign_off(cover, width)]


def _comment_box(cover: Cover, width: float) -> Any:
    from reportlab.platypus import Table

    rows = [part for line in cover.comment_lines for part in _parts(line)]
    said = [[text(row, 8, leading=10)] for row in rows]
    heights = [None] * len(rows) if rows else [_EMPTY_BOX]
    title = text("Comment", 6.5, colour=FAINT_INK)
    box = Table([[title], *(said or [[""]])], colWidths=[width], rowHeights=[None, *heights])
    box.setStyle(
        [
            ("BOX", (0, 0), (-1, -1), 0.5, PAPER_LINE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("TOPPADDING", (0, 0), (-1, -1), 1),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
            ("BOTTOMPADDING", (0, -1), (-1, -1), 5),
        ]
    )
    return box


def _parts(line: str) -> list[str]:
    return textwrap.wrap(line, _LETTERS_A_ROW, drop_whitespace=False) or [" "]


def _sign_off(cover: Cover, width: float) -> Any:
    from reportlab.platypus import Table

    column = (width - 2 * _GAP) / 3
    names = [text(name, 6.5, colour=FAINT_INK) for name in ("Name", "Signature", "Date")]
    above = [text(cover.reader, 8), "", "", "", ""]
    below = [names[0], "", names[1], "", names[2]]
    widths = [column, _GAP, column, _GAP, column]
    lines = Table([above, below], colWidths=widths, rowHeights=[20, None])
    sides = ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING", "BOTTOMPADDING")
    lines.setStyle(
        [
            *[("LINEABOVE", (n, 1), (n, 1), 0.6, INK) for n in (0, 2, 4)],
            *[(side, (0, 0), (-1, -1), 0) for side in sides],
            ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
            ("BOTTOMPADDING", (0, 0), (-1, 0), 2),
        ]
    )
    return lines
