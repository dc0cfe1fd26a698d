from __future__ import annotations

from pathlib import Path

import pytest

from MTINetLib.dataset.folder import (
    DatasetCase,
    case_columns,
    dataset_phases,
    read_dataset,
    write_dataset_tables,
)
from MTINetLib.errors import InputError
from MTINetLib.study.phase import FOUR_PHASES, Phase

HEADER = ",".join(case_columns(FOUR_PHASES))
GOOD = "c1,p1,HCC,c 1/pre.nii.gz,c 1/art.nii.gz,c 1/pv,c 1/del.nii.gz,c 1/mask.nii.gz"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "my data"
    (root / "c 1" / "pv").mkdir(parents=True)
    for name in ("pre", "art", "del", "mask"):
        (root / "c 1" / f"{name}.nii.gz").touch()
    write(root, GOOD)
    return root


def write(root: Path, *rows: str, header: str = HEADER, lesions: str | None = None) -> None:
    (root / "cases.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    if lesions is not None:
        (root / "lesions.csv").write_text("case,label,class\n" + lesions, encoding="utf-8")


def test_a_case_is_read_with_files_series_folders_and_spaces(folder: Path) -> None:
    write(folder, GOOD, lesions="c1,2,hemangioma\n")
    (case,) = read_dataset(folder)
    assert (case.case, case.patient, case.case_class) == ("c1", "p1", "hcc")
    assert list(case.phase_paths) == list(FOUR_PHASES)
    assert case.phase_paths[Phase.PORTAL_VENOUS].is_dir()
    assert case.mask_path == (folder / "c 1" / "mask.nii.gz").resolve()
    assert (case.class_of(1), case.class_of(2)) == ("hcc", "hemangioma")


def test_tables_of_spreadsheets_are_read(folder: Path) -> None:
    text = f"{HEADER},remark\r\n{GOOD},seen\r\n,,,,,,,,\r\n".replace("c 1/art", "c 1\\art")
    (folder / "cases.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert len(read_dataset(folder)) == 1


def test_a_mask_may_be_missing(folder: Path) -> None:
    write(folder, GOOD.rsplit(",", 1)[0] + ",")
    assert read_dataset(folder)[0].mask_path is None


def test_a_map_of_the_organs_is_optional_case_by_case(folder: Path) -> None:
    assert read_dataset(folder)[0].anatomy_path is None
    (folder / "c 1" / "anatomy.nii.gz").touch()
    second = GOOD.replace("c1,", "c2,", 1)
    write(folder, f"{GOOD},c 1/anatomy.nii.gz", f"{second},", header=f"{HEADER},anatomy")
    cases = read_dataset(folder)
    assert [case.anatomy_path for case in cases] == [(folder / "c 1" / "anatomy.nii.gz").resolve(), None]
    write_dataset_tables(folder, cases)
    assert read_dataset(folder) == cases
    write(folder, f"{GOOD},c 1/lost.nii.gz", header=f"{HEADER},anatomy")
    with pytest.raises(InputError, match="line 2, column anatomy: "):
        read_dataset(folder)


def test_what_is_written_reads_the_same(folder: Path) -> None:
    paths = dict.fromkeys(FOUR_PHASES, folder / "c 1" / "pre.nii.gz")
    cases = [
        DatasetCase(
            "a", "p, with comma", "hcc", paths, folder / "c 1" / "mask.nii.gz", {1: "hcc", 2: "hemangioma"}
        ),
        DatasetCase("b", "q", "none", paths, None),
    ]
    write_dataset_tables(folder, cases)
    back = read_dataset(folder)
    assert [(c.case, c.patient, c.case_class, c.lesion_classes) for c in back] == [
        (c.case, c.patient, c.case_class, c.lesion_classes) for c in cases
    ]
    assert back[0].phase_paths == {p: path.resolve() for p, path in paths.items()}
    assert not list(folder.glob(".part*"))


def test_files_outside_the_folder_are_not_written_into_the_tables(folder: Path) -> None:
    paths = dict.fromkeys(FOUR_PHASES, folder.parent / "elsewhere.nii.gz")
    with pytest.raises(InputError, match="outside the dataset folder"):
        write_dataset_tables(folder, [DatasetCase("a", "p", "hcc", paths, None)])


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (GOOD.replace("HCC", "undecided"), "class"),
        (GOOD.replace("c1,", ",", 1), "case"),
        (GOOD.replace("p1", ""), "patient"),
        (GOOD.replace("c 1/pre.nii.gz", "c 1/lost.nii.gz"), "pre"),
        (GOOD.replace("c 1/pre.nii.gz", ""), "pre"),
        (GOOD.replace("c 1/art.nii.gz", "/etc/hosts"), "arterial"),
        (GOOD.replace("c 1/art.nii.gz", "C:/a.nii.gz"), "arterial"),
        (GOOD.replace("c 1/art.nii.gz", "../my data/c 1/art.nii.gz"), "arterial"),
        (GOOD.replace("c 1/mask.nii.gz", "nothing.nii.gz"), "mask"),
    ],
)
def test_a_wrong_value_is_named_by_table_line_and_column(folder: Path, row: str, column: str) -> None:
    write(folder, row)
    with pytest.raises(InputError, match=rf"cases\.csv, line 2, column {column}: "):
        read_dataset(folder)


@pytest.mark.parametrize(
    "lesions", ["c9,1,HCC\n", "c1,0,HCC\n", "c1,x,HCC\n", "c1,1,none\n", "c1,1,HCC\nc1,1,hemangioma\n"]
)
def test_a_wrong_lesion_row_is_named(folder: Path, lesions: str) -> None:
    write(folder, GOOD, lesions=lesions)
    with pytest.raises(InputError, match=r"lesions\.csv, line \d, column (case|label|class): "):
        read_dataset(folder)


def test_a_case_without_lesions_names_none(folder: Path) -> None:
    write(folder, GOOD.replace("HCC", "none"), lesions="c1,1,HCC\n")
    with pytest.raises(InputError, match=r"line 2, column class"):
        read_dataset(folder)


def test_a_case_that_stands_twice_is_refused(folder: Path) -> None:
    write(folder, GOOD, GOOD)
    with pytest.raises(InputError, match="line 3, column case"):
        read_dataset(folder)


def test_a_folder_that_is_no_dataset_says_what_is_missing(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(InputError, match=r"cases\.csv"):
        read_dataset(tmp_path)
    write(folder, GOOD, header=HEADER.replace("delayed", "late"))
    with pytest.raises(InputError, match="column delayed is missing"):
        read_dataset(folder)
    write(folder, GOOD + ",one too many")
    with pytest.raises(InputError, match="line 2"):
        read_dataset(folder)
    write(folder)
    with pytest.raises(InputError, match="no cases"):
        read_dataset(folder)


def test_a_dataset_has_the_phases_that_its_table_has_columns_for(tmp_path: Path, folder: Path) -> None:
    three = HEADER.replace(",delayed", "")
    names = three.split(",")
    values = dict(zip(HEADER.split(","), GOOD.split(","), strict=True))
    write(folder, ",".join(values[name] for name in names), header=three)
    (case,) = read_dataset(folder)
    assert case.phases == dataset_phases(folder) == FOUR_PHASES[:3]
    write_dataset_tables(folder, [case])
    assert read_dataset(folder) == [case]
    five = HEADER.replace(",mask", ",hepatobiliary,mask")
    write(
        folder,
        ",".join({**values, "hepatobiliary": values["delayed"]}[n] for n in five.split(",")),
        header=five,
    )
    assert read_dataset(folder)[0].phases == (*FOUR_PHASES, Phase.HEPATOBILIARY)


@pytest.mark.parametrize(
    ("written", "name"),
    [("HCC", "hcc"), ("Haemangioma", "hemangioma"), ("Zyste", "zyste"), ("NET metastasis", "net_metastasis")],
)
def test_a_class_has_any_name_however_it_is_written(folder: Path, written: str, name: str) -> None:
    write(folder, GOOD.replace("HCC", written))
    (case,) = read_dataset(folder)
    assert case.case_class == name
