"""Texts of DICOM headers, whatever character set they say they are in: the one place where they are decoded.

What is certain is put right: bytes beyond ASCII that are valid UTF-8 are UTF-8, whatever single-byte set is
declared; escape sequences of ISO 2022 name their sets themselves; control codes in Latin-1 are Windows-1252;
Shift-JIS shows by its kana. Undeclared letters of ISO 8859-1 within Latin words are read as such, as viewers
and archives do. A byte that nothing explains becomes a replacement character, never a letter that somebody
might believe.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from typing import Any

from pydicom.charset import convert_encodings, decode_bytes, python_encoding
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag, Tag
from pydicom.valuerep import CUSTOMIZABLE_CHARSET_VR, PN_DELIMS, TEXT_VR_DELIMS

UTF_8 = "ISO_IR 192"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_CHARACTER_SET = Tag(0x0008, 0x0005)
_TEXT_VRS = frozenset(str(vr) for vr in CUSTOMIZABLE_CHARSET_VR)
_ESCAPE = b"\x1b"
#: All sets that an escape sequence may name.
_ISO_2022 = tuple(term for term in python_encoding if term.startswith("ISO 2022"))
_DELIMITERS = {*PN_DELIMS, *TEXT_VR_DELIMS, ord("="), ord("\\")}
_MULTI_BYTE = frozenset({"GB18030", "GBK", "GB2312", "shift_jis", "euc_kr", "euc_jp"})
#: Single-byte sets whose letters may by chance look like UTF-8: so many characters are no chance.
_OTHER_SCRIPTS = frozenset({"iso8859_5", "iso8859_6", "iso8859_7", "iso8859_8", "tis_620", "iso8859_11"})
_NO_CHANCE = 4
#: Of ISO 8859-1: its letters, and the signs that stand in names and descriptions.
_LATIN_BEYOND_ASCII = re.compile("[À-ÖØ-öø-ÿ°´¨ªº\N{NO-BREAK SPACE}]*")
_WORD = re.compile(r"[^\W\d_]+")
_KANA = re.compile("[\u3041-\u3093\u30a1-\u30f6]")
_FEWEST_KANA = 2
_C1 = re.compile("[\x80-\x9f]")


def decoded(value: bytes, declared: Sequence[str] = ()) -> str:
    """The text of a header value.

    Args:
        declared: values of SpecificCharacterSet, none if it is missing.
    """
    if value.isascii() and _ESCAPE not in value:
        return value.decode("ascii")
    if _ESCAPE in value:
        return _by_escapes(value, declared)
    terms = [term for term in declared if term and term != "ISO_IR 6"]
    encoding = _python_encoding(terms)
    utf_8 = _strictly(value, "utf-8")
    if encoding is None or encoding == "utf8":
        return utf_8 if utf_8 is not None else _undeclared(value)
    text = _strictly(value, encoding)
    if encoding in _MULTI_BYTE:
        return text or utf_8 or _undeclared(value)
    if utf_8 is not None and (encoding not in _OTHER_SCRIPTS or _beyond_ascii(utf_8) >= _NO_CHANCE):
        return utf_8
    if encoding in ("latin_1", "iso8859") and text is not None and _C1.search(text):
        text = _strictly(value, "cp1252")
    return text if text is not None else _undeclared(value)


def in_utf_8(dataset: Dataset) -> Dataset:
    """The same header; where texts go beyond ASCII they stand in UTF-8, and SpecificCharacterSet says so.

    Texts in sequences stay as they are.
    """
    odd = [tag for tag in list(dataset.keys()) if _is_odd_text(tag, dataset.get_item(tag))]
    if not odd:
        return dataset
    declared = _declared(dataset)
    for tag in odd:
        element: Any = dataset.get_item(tag)
        dataset[tag] = element._replace(value=decoded(element.value, declared).encode("utf-8"))
    dataset[_CHARACTER_SET] = DataElement(_CHARACTER_SET, "CS", UTF_8)
    implicit, little = dataset.original_encoding
    dataset.set_original_encoding(implicit, little, "utf8")
    return dataset


def _is_odd_text(tag: BaseTag, element: object) -> bool:
    if not isinstance(element, RawDataElement) or not isinstance(element.value, bytes):
        return False
    if element.value.isascii() and _ESCAPE not in element.value:
        return False
    return (element.VR or _known_vr(tag)) in _TEXT_VRS


def _known_vr(tag: BaseTag) -> str:
    try:
        return dictionary_VR(tag)
    except KeyError:
        return ""


def _declared(dataset: Dataset) -> tuple[str, ...]:
    value = getattr(dataset.get_item(_CHARACTER_SET), "value", None) or b""
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return tuple(term.strip(" \0") for term in text.split("\\"))


def _python_encoding(terms: Sequence[str]) -> str | None:
    """Of the first set that is declared; None where none is, or one that nobody knows."""
    if not terms:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = convert_encodings([terms[0]])[0]
    known = terms[0] in python_encoding or found != "iso8859"
    return found if known else None


def _strictly(value: bytes, encoding: str) -> str | None:
    try:
        return value.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _by_escapes(value: bytes, declared: Sequence[str]) -> str:
    terms = [declared[0] if declared else "", *_ISO_2022]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        encodings = [_python_encoding(terms[:1]) or "iso8859", *convert_encodings(list(_ISO_2022))]
        try:
            return decode_bytes(value, encodings, _DELIMITERS)
        # Escape sequences that lead nowhere: whatever the codecs make of them.
        except Exception:
            return _unexplained(value)


def _beyond_ascii(text: str) -> int:
    return sum(not character.isascii() for character in text)


def _undeclared(value: bytes) -> str:
    japanese = _strictly(value, "shift_jis")
    if japanese is not None and len(_KANA.findall(japanese)) >= _FEWEST_KANA:
        return japanese
    latin = value.decode("latin-1")
    return latin if _is_latin(latin) else _unexplained(value)


def _is_latin(text: str) -> bool:
    """Whether all beyond ASCII are letters of ISO 8859-1, in words that look Latin."""
    if not _LATIN_BEYOND_ASCII.fullmatch("".join(character for character in text if not character.isascii())):
        return False
    words = _WORD.findall(text)
    crowded = [word for word in words if _beyond_ascii(word) > 1 and _beyond_ascii(word) * 2 > len(word)]
    return not crowded and 2 * sum(map(_beyond_ascii, words)) <= sum(map(len, words))


def _unexplained(value: bytes) -> str:
    return "".join(chr(byte) if byte < 0x80 else REPLACEMENT for byte in value if byte != _ESCAPE[0])
