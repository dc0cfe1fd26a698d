"""Texts of headers come out right in whatever character set they are, or say that nobody knows."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import dicom_encodings as encodings
from support import dicom_layouts as layouts

from MTINetLib.reading.dicom.open import read_header
from MTINetLib.reading.dicom.read import read_dicom_folder
from MTINetLib.reading.dicom.text import decoded


@pytest.mark.parametrize(
    "text", ["Müller^Jörg", "Lefèvre^Zoë", "Иванов^Пётр", "山田^太郎", "김^희중", "Şahin^Gül", "é"]
)
@pytest.mark.parametrize(
    "declared", [(), ("",), ("ISO_IR 6",), ("ISO_IR 100",), ("ISO_IR 101",), ("ISO_IR 192",)]
)
def test_utf_8_is_utf_8_whatever_is_declared(text: str, declared: tuple[str, ...]) -> None:
    assert decoded(text.encode(), declared) == text


@pytest.mark.parametrize(
    ("text", "declared", "python"),
    [
        ("Müller^Bjørn", "ISO_IR 100", "latin-1"),
        ("Dvořák^Jiří", "ISO_IR 101", "iso8859-2"),
        ("Иванов^Пётр", "ISO_IR 144", "iso8859-5"),
        ("ТАТАРИНОВА", "ISO_IR 144", "iso8859-5"),
        ("Διονυσιος", "ISO_IR 126", "iso8859-7"),
        ("שרון^דבורה", "ISO_IR 138", "iso8859-8"),
        ("Çağlar^Işık", "ISO_IR 148", "iso8859-9"),
        ("ﾔﾏﾀﾞ^ﾀﾛｳ", "ISO_IR 13", "shift_jis"),
        ("王^小东", "GB18030", "gb18030"),
        ("王^小东", "GBK", "gbk"),
        ("Müller", "ISO IR 100", "latin-1"),
    ],
)
def test_a_set_that_is_declared_rightly_counts(text: str, declared: str, python: str) -> None:
    assert decoded(text.encode(python), (declared,)) == text


def test_escape_sequences_name_their_set_declared_or_not() -> None:
    # The names of PS3.5 H.3.1 and I.2.
    japanese = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"
    korean = b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7"
    for declared in ((), ("",), ("", "ISO 2022 IR 87"), ("ISO 2022 IR 6", "ISO 2022 IR 149")):
        assert decoded(japanese, declared) == "Yamada^Tarou=山田^太郎"
        assert decoded(korean, declared) == "Hong^Gildong=洪^吉洞"


@pytest.mark.parametrize("declared", [(), ("ISO_IR 192",), ("ISO_IR 999",)])
@pytest.mark.parametrize(
    "text", ["Müller^Jörg", "spät", "artériel tardif", "KÖRPER", "Ödön^Éva", "30° flip spät"]
)
def test_letters_that_all_of_europe_reads_alike_are_read_undeclared(
    text: str, declared: tuple[str, ...]
) -> None:
    assert decoded(text.encode("latin-1"), declared) == text


def test_control_codes_in_latin_1_are_windows_1252() -> None:
    assert decoded("Šimić’s – œuvre".encode("cp1252", "replace"), ("ISO_IR 100",)) == "Šimi?’s – œuvre"


def test_kana_tell_shift_jis() -> None:
    for text in ("ダイナミック 動脈相", "やまだ^たろう"):
        assert decoded(text.encode("shift_jis"), ()) == text


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("Иванов^Пётр", "koi8-r"),
        ("Иванов^Пётр", "cp1251"),
        ("Иванов^Пётр", "iso8859-5"),
        ("王^小东", "gb18030"),
        ("山田^太郎", "shift_jis"),
    ],
)
@pytest.mark.parametrize("declared", [(), ("ISO_IR 192",)])
def test_what_nothing_tells_is_no_letter_that_somebody_might_believe(
    text: str, python: str, declared: tuple[str, ...]
) -> None:
    raw = text.encode(python)
    assert decoded(raw, declared) == "".join(chr(byte) if byte < 128 else "\ufffd" for byte in raw)


@pytest.mark.parametrize("way", ["explicit", "implicit", "big"])
@pytest.mark.parametrize(
    ("raw", "declared", "text"),
    [
        ("Größe^Änne".encode(), None, "Größe^Änne"),
        ("Größe^Änne".encode(), "ISO_IR 100", "Größe^Änne"),
        ("Größe^Rene".encode("latin-1"), "ISO_IR 192", "Größe^Rene"),
        ("Größe^Rene".encode("latin-1"), None, "Größe^Rene"),
        ("Tóth^Ödön".encode("latin-1"), "ISO_IR 101", "Tóth^Ödön"),
    ],
)
def test_the_header_says_what_it_is_in_afterwards(
    tmp_path: Path, way: encodings.Way, raw: bytes, declared: str | None, text: str
) -> None:
    image = layouts.slice_of(layouts.make_truth(), 0, 0, "names", 1)
    image.PatientName = "#" * len(raw)
    if declared is not None:
        image.SpecificCharacterSet = declared
    (tmp_path / "one").write_bytes(encodings.body(image, way).replace(b"#" * len(raw), raw))
    header = read_header(tmp_path / "one")
    assert str(header.PatientName) == text
    assert header.PatientName.family_name == text.partition("^")[0]
    assert header.SpecificCharacterSet == "ISO_IR 192"
    assert header.PatientID == "LAYOUT-1"


@pytest.mark.parametrize(
    ("python", "declared"),
    [("utf-8", None), ("utf-8", "ISO_IR 100"), ("latin-1", None), ("latin-1", "ISO_IR 192")],
)
def test_descriptions_that_name_the_phases_are_read(
    tmp_path: Path, python: str, declared: str | None
) -> None:
    names = ("nativ früh", "artériel", "portalvenös", "spät")
    for number, image in enumerate(
        layouts.series_per_phase(layouts.make_truth(), ("#A#", "#B#", "#C#", "#D#"))
    ):
        if declared is not None:
            image.SpecificCharacterSet = declared
        raw = names[number // 8].encode(python)
        image.SeriesDescription = "#" * (len(raw) + len(raw) % 2)
        whole = encodings.body(image, "explicit")
        (tmp_path / f"{number}").write_bytes(
            whole.replace(image.SeriesDescription.encode(), raw + b" " * (len(raw) % 2))
        )
    assert [volume.description for volume in read_dicom_folder(tmp_path)] == list(names)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"Pe\xf1a^Mar\xeda", "Peña^María"),
        (b"Bj\xf8rn", "Bjørn"),
        (b"H\xe9l\xe8ne", "Hélène"),
        # Latin-2 in truth; so it stands in the archive, where the result must find its patient.
        ("Dvořák".encode("iso8859-2"), "Dvoøák"),
    ],
)
@pytest.mark.parametrize("declared", [(), ("ISO_IR 6",)])
def test_undeclared_letters_in_latin_words_are_read_as_archives_read_them(
    raw: bytes, text: str, declared: tuple[str, ...]
) -> None:
    assert decoded(raw, declared) == text
