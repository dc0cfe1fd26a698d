"""Letters of the PDF: Helvetica where it has them, DejaVu Sans (it comes with matplotlib) for most others.

For Chinese, Japanese and Korean the file names one of Adobe's fonts that every PDF viewer stands in for;
nothing has to be shipped or found on this computer.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from pathlib import Path

_HELVETICA, _WIDE = "", "DejaVuSans"
_CHINESE, _JAPANESE, _KOREAN = "STSong-Light", "HeiseiMin-W3", "HYSMyeongJo-Medium"
_KANA, _HANGUL = ("\u3040", "\u30ff"), ("\uac00", "\ud7a3")
#: From here on letters are looked for in the fonts of East Asia.
_EAST = "\u2e80"


@lru_cache(maxsize=1)
def register_fonts() -> None:
    """Make the fonts known to reportlab."""
    import matplotlib
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.ttfonts import TTFont

    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    pdfmetrics.registerFont(TTFont(_WIDE, str(path)))
    for name in (_CHINESE, _JAPANESE, _KOREAN):
        pdfmetrics.registerFont(UnicodeCIDFont(name))


def in_known_letters(markup: str) -> str:
    """Paragraph markup in which letters outside Helvetica's set are set in another font."""
    east = _east_font(markup)
    parts = []
    for font, letters in groupby(markup, key=lambda letter: _font_of(letter, east)):
        text = "".join(letters)
        parts.append(f'<font name="{font}">{text}</font>' if font else text)
    return "".join(parts)


def _font_of(letter: str, east: str) -> str:
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return east if letter >= _EAST else _WIDE
    return _HELVETICA


def _east_font(text: str) -> str:
    """Kana and Hangul tell whose the ideographs beside them are."""
    if any(_KANA[0] <= letter <= _KANA[1] for letter in text):
        return _JAPANESE
    return _KOREAN if any(_HANGUL[0] <= letter <= _HANGUL[1] for letter in text) else _CHINESE
