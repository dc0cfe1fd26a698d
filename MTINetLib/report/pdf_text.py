"""Paragraphs of the PDF."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from MTINetLib.presentation.colours import INK
from MTINetLib.report.pdf_fonts import in_known_letters


def text(words: str, size: float, **style: Any) -> Any:
    """A paragraph of plain words; styles as in :func:`markup`."""
    return markup(letters(words), size, **style)


def letters(words: str) -> str:
    """Plain words as markup."""
    return in_known_letters(escape(words))


def markup(
    words: str,
    size: float,
    *,
    colour: str = INK,
    bold: bool = False,
    leading: float | None = None,
    before: float = 0,
    align_right: bool = False,
) -> Any:
    """A paragraph of reportlab's markup; sizes in points."""
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph

    style = ParagraphStyle(
        "",
        fontName="Helvetica-Bold" if bold else "Helvetica",
        fontSize=size,
        leading=leading or 1.22 * size,
        textColor=colour,
        spaceBefore=before,
        alignment=2 if align_right else 0,
    )
    return Paragraph(words, style)
