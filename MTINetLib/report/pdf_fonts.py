"""Letters of the PDF: Helvetica where it has them, DejaVu Sans (it comes with matplotlib) for the others."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from pathlib import Path

_WIDE = "DejaVuSans"


@lru_cache(maxsize=1)
def register_fonts() -> None:
    """Make DejaVu Sans known to reportlab."""
    import matplotlib
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    pdfmetrics.registerFont(TTFont(_WIDE, str(path)))


def in_known_letters(markup: str) -> str:
    """Paragraph markup in which letters outside Helvetica's set are set in DejaVu Sans."""
    parts = []
    for known, letters in groupby(markup, key=_helvetica_has):
        text = "".join(letters)
        parts.append(text if known else f'<font name="{_WIDE}">{text}</font>')
    return "".join(parts)


def _helvetica_has(letter: str) -> bool:
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True
