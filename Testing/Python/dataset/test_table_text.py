"""Tables are read the same, whatever separators, characters and line ends a spreadsheet gave them."""

from __future__ import annotations

from pathlib import Path

import pytest

from MTINetLib.dataset.append import append_case_rows
from MTINetLib.dataset.folder import case_columns
from MTINetLib.dataset.tables import Row, table_rows
from MTINetLib.errors import InputError
from MTINetLib.study.phase import FOUR_PHASES

CASE_COLUMNS = case_columns(FOUR_PHASES)

COLUMNS = ("case", "patient", "portal_venous")
PLAIN = 'case,patient,portal_venous\nMüller 1,"a,b",x/y.nii\nz,p2,q\n'
TABLES = {
    "plain": PLAIN.encode(),
    "byte order mark": PLAIN.encode("utf-8-sig"),
    "UTF-16": PLAIN.encode("utf-16"),
    "UTF-16 without mark": PLAIN.encode("utf-16-le"),
    "cp1252": PLAIN.encode("cp1252"),
    "carriage returns": PLAIN.replace("\n", "\r").encode(),
    "Windows": PLAIN.replace("\n", "\r\n").encode(),
    "semicolons": b"case;patient;portal_venous\nM\xc3\xbcller 1;a,b;x/y.nii\nz;p2;q",
    "tabs": b"case\tpatient\tportal_venous\nM\xc3\xbcller 1\ta,b\tx/y.nii\nz\tp2\tq\n",
    "sep line": b"sep=;\r\ncase;patient;portal_venous\r\nM\xc3\xbcller 1;a,b;x/y.nii\r\nz;p2;q\r\n",
    "capitals and blanks": b'Case, Patient , Portal Venous\nM\xc3\xbcller 1, "a,b" ,x/y.nii\nz, p2,q\n\n  \n',
    "trailing separators": b'case,patient,portal-venous,,\nM\xc3\xbcller 1,"a,b",x/y.nii,,\nz,p2,q,,\n,,,,\n',
}


@pytest.mark.parametrize("kind", TABLES)
def test_every_way_of_writing_gives_the_same_rows(kind: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(TABLES[kind])
    rows = [row.values for row in table_rows(tmp_path / "t.csv", COLUMNS) if isinstance(row, Row)]
    assert rows == [
        {"case": "Müller 1", "patient": "a,b", "portal_venous": "x/y.nii"},
        {"case": "z", "patient": "p2", "portal_venous": "q"},
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"case;patient\n1;2\n", "line 1: column portal_venous is missing"),
        (b"sep=,\nCase,case,patient,portal_venous\n", "line 2: column case stands there twice"),
        (b"case,patient,portal_venous\n\x81\x8d,2,3\n", "line 2: a character cannot be read"),
        (b"case,patient,portal_venous\n\x00\x01,2,3\n", "no table"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(data: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(data)
    with pytest.raises(InputError, match=words):
        list(table_rows(tmp_path / "t.csv", COLUMNS))


@pytest.mark.parametrize("written", ["3", "3.0", "3,0"])
def test_a_label_may_have_decimals_of_zero(written: str) -> None:
    assert Row("t", 2, {"label": written}).number("label") == 3


@pytest.mark.parametrize("written", ["3.5", "3,5", "0", "-1", "²", "1.0.0"])
def test_another_number_is_no_label(written: str) -> None:
    with pytest.raises(InputError, match="column label"):
        Row("t", 2, {"label": written}).number("label")


def test_a_class_is_known_in_any_letters() -> None:
    assert Row("t", 2, {"class": "hcc"}).choice("class", ("hcc", "hemangioma")) == "hcc"
    assert Row("t", 2, {"class": "Hemangioma"}).choice("class", ("hcc", "hemangioma")) == "hemangioma"


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "utf-8-sig"])
def test_a_case_is_appended_in_the_tables_own_writing(encoding: str, tmp_path: Path) -> None:
    header = ";".join(name.replace("_", " ").title() for name in CASE_COLUMNS)
    old = f"sep=;\r\n{header}\r\n{';'.join(['Ä', *'bcdefgh'])}\r\n"
    (tmp_path / "cases.csv").write_bytes(old.encode(encoding))
    append_case_rows(tmp_path, {name: f"new {name}" for name in CASE_COLUMNS}, [])
    assert (tmp_path / "cases.csv").read_bytes().startswith(old.encode(encoding))
    rows = [row.values for row in table_rows(tmp_path / "cases.csv", CASE_COLUMNS) if isinstance(row, Row)]
    assert [row["case"] for row in rows] == ["Ä", "new case"]
    assert rows[1]["portal_venous"] == "new portal_venous"
