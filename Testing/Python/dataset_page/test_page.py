"""The page of a small dataset, sound and damaged."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.small_dataset import write_small_dataset

from MTINetLib.cli import run
from MTINetLib.dataset_page.page import natural, write_page
from MTINetLib.errors import Cancelled, InputError
from MTINetLib.progress import Silent


def rows_of(page: str) -> dict[str, str]:
    """What stands beside each case's name."""
    sections = re.findall(r"<section.*?</section>", page, flags=re.DOTALL)
    return {re.findall("<h2>(.*?)</h2>", one)[0]: one for one in sections}


def test_every_case_has_its_row_in_natural_order_and_nothing_is_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset = tmp_path / "set"
    dataset.mkdir()
    write_small_dataset(dataset, ("hcc", "none", "hemangioma"), first=9)
    text = (dataset / "cases.csv").read_text(encoding="utf-8").splitlines()
    (dataset / "cases.csv").write_text("\n".join([text[0], *text[:0:-1]]) + "\n", encoding="utf-8")
    told = ["dataset", str(dataset), "-o", str(tmp_path / "page.html"), "--jobs", "1"]
    assert run(told) == 0
    assert "3 cases are in" in capsys.readouterr().out
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    rows = rows_of(page)
    assert list(rows) == ["case_9", "case_10", "case_11"]
    assert all(row.count("data:image/jpeg;base64,") == 5 for row in rows.values())
    assert "Hemangioma" in rows["case_11"]
    assert "No lesion" in rows["case_10"]
    assert "1.5 × 1.5 × 4 mm" in rows["case_9"]
    assert not re.search(r"(?:src|href)=\"(?!data:)|url\(|@import", page)
    assert len(page) / 3 < 80_000
    assert run(told) == 2
    assert "is there already" in capsys.readouterr().err
    assert run([*told, "--overwrite"]) == 0


def test_what_cannot_be_read_stands_there_as_such(tmp_path: Path) -> None:
    dataset = tmp_path / "set"
    dataset.mkdir()
    write_small_dataset(dataset, ("hcc", "hcc", "hcc"))
    (dataset / "case_0" / "delayed.nii.gz").write_bytes(b"no image")
    (dataset / "case_1" / "portal_venous.nii.gz").unlink()
    (dataset / "case_2" / "mask.nii.gz").write_bytes(b"no mask")
    written = write_page(dataset, tmp_path / "page.html", processes=1)
    rows = rows_of((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert rows["case_0"].count("data:image/jpeg") == 4
    assert "delayed.nii.gz cannot be read" in rows["case_0"]
    assert "No picture" in rows["case_1"]
    assert "does not exist" in rows["case_1"]
    assert rows["case_2"].count("data:image/jpeg") == 5
    assert "HCC, but its mask cannot be read" in rows["case_2"]
    assert written.unseen == 1
    assert not any("sound" in row.split(">")[0] for row in rows.values())


def test_names_from_a_table_are_text_on_the_page(tmp_path: Path) -> None:
    write_small_dataset(tmp_path, ("hcc", "hcc"))
    table = tmp_path / "cases.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("patient_0", "<b>bold</b>"), encoding="utf-8")
    write_page(tmp_path, tmp_path / "page.html", processes=1)
    assert "&lt;b&gt;bold&lt;/b&gt;" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_cancelled_page_and_a_folder_that_is_no_dataset_leave_nothing(tmp_path: Path) -> None:
    class Impatient(Silent):
        def update(self, done: int) -> None:
            raise Cancelled("enough")

    dataset = tmp_path / "set"
    dataset.mkdir()
    page = tmp_path / "page.html"
    with pytest.raises(InputError, match=r"has no cases.csv"):
        write_page(dataset, page)
    write_small_dataset(dataset, ("hcc",))
    with pytest.raises(Cancelled):
        write_page(dataset, page, Impatient(), processes=1)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["set"]


def test_numbers_in_names_count_as_numbers() -> None:
    assert sorted(["b2", "a10", "a9", "A1b", "10", "9", "a"], key=natural) == [
        "9", "10", "a", "A1b", "a9", "a10", "b2",
    ]  # fmt: skip
