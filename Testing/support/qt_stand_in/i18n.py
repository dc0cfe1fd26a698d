"""slicer.i18n: English stays English, or becomes longer, as a translation into German does."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

_share = 0.0


@contextmanager
def longer_words(share: float) -> Iterator[None]:
    """Every text that is asked for meanwhile, in Designer files too, is longer by this share."""
    global _share
    _share = share
    try:
        yield
    finally:
        _share = 0.0


def tr(text: str) -> str:
    if not isinstance(text, str):
        raise TypeError("only text can be translated")
    letters = math.ceil(_share * len(text)) if text.strip() else 0
    if not letters:
        return text
    parts = ["e" * min(8, letters - start) for start in range(0, letters, 9) if letters > start]
    glue = "" if " " not in text else " "  # one word becomes a longer one, a sentence gets more words
    end = text[len(text.rstrip(".:…")) :]
    return text[: len(text) - len(end)] + glue + " ".join(parts) + end


def translate(_context: str, text: str) -> str:
    return tr(text)
