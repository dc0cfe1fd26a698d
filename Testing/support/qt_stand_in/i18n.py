"""slicer.i18n: English stays English."""

from __future__ import annotations


def tr(text: str) -> str:
    if not isinstance(text, str):
        raise TypeError("only text can be translated")
    return text


def translate(_context: str, text: str) -> str:
    return tr(text)
