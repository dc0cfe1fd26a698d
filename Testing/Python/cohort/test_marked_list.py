"""The results of a cohort and marks on them become a work list."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from support.marked import mark, missed, write_cohort_of, write_marks, write_results

from MTINetLib.cli import run as command
from MTINetLib.cohort.find_studies import find_studies
from MTINetLib.cohort.marked_list import list_marked
from MTINetLib.errors import InputError
from MTINetLib.evaluation.evaluate_marks import evaluate_marks
from MTINetLib.study.phase import FOUR_PHASES
from MTINetLib.worklist.entry import Status
from MTINetLib.worklist.folder import open_list
from MTINetLib.worklist.open_listed import open_listed
from MTINetLib.worklist.search import search


@pytest.fixture
def cohort(tree: Path, tmp_path: Path) -> tuple[Path, str, str]:
    """Results, the name of a DICOM study and of one of volume files."""
    names = write_cohort_of(tree, tmp_path / "OUT")
    return tmp_path / "OUT", names["patient 1/deep"], names["files"]


def marked(cohort: tuple[Path, str, str], tmp_path: Path) -> Path:
    _out, dicom, files = cohort
    rows = [mark(dicom, 1, "right"), mark(dicom, "", "right"), missed(files), mark(files, 2, "wrong")]
    return write_marks(tmp_path / "marks.csv", rows)


def test_marked_studies_come_in_as_a_search_finds_them_and_the_others_stay_out(
    cohort: tuple[Path, str, str], tree: Path, tmp_path: Path
) -> None:
    made = list_marked(cohort[0], [marked(cohort, tmp_path)], tmp_path / "list")
    assert (len(made.studies), made.unmarked, made.left_out) == (2, 1, ())
    listed = open_list(tmp_path / "list")
    for record in listed.records():
        assert record.entry.status is Status.DRAFTED
        assert open_listed(listed, record, FOUR_PHASES).volumes.shape == (4, 8, 40, 48)
    found = search(tree, tmp_path / "list")
    assert len(found.new) == 1
    assert not found.gone
    again = list_marked(cohort[0], [marked(cohort, tmp_path)], tmp_path / "list")
    assert again.studies == made.studies
    assert {record.entry.number for record in open_list(tmp_path / "list").records()} == {0, 1}


def test_a_list_that_was_searched_before_takes_the_marks_in(
    cohort: tuple[Path, str, str], tree: Path, tmp_path: Path
) -> None:
    search(tree, tmp_path / "list")
    list_marked(cohort[0], [marked(cohort, tmp_path)], tmp_path / "list")
    records = open_list(tmp_path / "list").records()
    assert len(records) == 3
    assert sorted(bool(record.entry.marks) for record in records) == [False, True, True]


def test_a_study_that_lies_there_no_more_is_left_out_with_the_reason(
    cohort: tuple[Path, str, str], tree: Path, tmp_path: Path
) -> None:
    shutil.rmtree(tree / "files")
    made = list_marked(cohort[0], [marked(cohort, tmp_path)], tmp_path / "list")
    assert len(made.studies) == 1
    assert made.left_out[0].startswith(f"{cohort[2]}: its images are gone, such as ")
    shutil.rmtree(tree)
    with pytest.raises(
        InputError, match=r"No marked study can be taken into the list; .*its images are gone"
    ):
        list_marked(cohort[0], [marked(cohort, tmp_path)], tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_phases_that_were_named_one_by_one_keep_their_names(tree: Path, tmp_path: Path) -> None:
    files = tree / "files"
    for number, phase in enumerate(FOUR_PHASES):
        (files / f"{phase.value}.nii.gz").rename(files / f"{number}.nii.gz")
    table = tree / "table.csv"
    heads = ",".join(phase.value for phase in FOUR_PHASES)
    paths = ",".join(f"files/{number}.nii.gz" for number in range(4))
    table.write_text(f"study,{heads}\nmine,{paths}\n", encoding="utf-8")
    study = find_studies(table, FOUR_PHASES).studies[0]
    folder = write_results(tmp_path / "OUT" / "studies" / study.name)
    (folder / "source.json").write_text(study.as_json(), encoding="utf-8")
    list_marked(tmp_path / "OUT", [write_marks(tmp_path / "m.csv", [missed("mine")])], tmp_path / "list")
    listed = open_list(tmp_path / "list")
    (record,) = listed.records()
    assert record.entry.told == {phase.value: str(number) for number, phase in enumerate(FOUR_PHASES)}
    assert open_listed(listed, record, FOUR_PHASES).phases == FOUR_PHASES


def test_results_of_one_study_do_not_say_where_its_images_lie(tmp_path: Path) -> None:
    table = write_marks(tmp_path / "m.csv", [mark("one", 1, "right")])
    with pytest.raises(InputError, match="does not say where its images lie"):
        list_marked(write_results(tmp_path / "one"), [table], tmp_path / "list")


def test_figures_of_marks_know_the_patients_of_dicom_images(
    cohort: tuple[Path, str, str], tmp_path: Path
) -> None:
    table = marked(cohort, tmp_path)
    told = evaluate_marks(cohort[0], [table], tmp_path / "figures", command="made").told
    assert told["studies"]["of_unknown_patient"] == 1
    assert "id1" not in (tmp_path / "figures" / "summary.json").read_text(encoding="utf-8")


def test_the_command_makes_the_list_and_shows_why_a_study_comes_first(
    cohort: tuple[Path, str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _dicom, files = cohort
    table, folder = marked(cohort, tmp_path), tmp_path / "list"
    assert command(["label", str(out), "-o", str(folder), "--marks", str(table)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "2 studies with marks are on the list; 1 without any stay out." in said
    assert ": lesion 2 is wrong (Anna)" in said
    assert command(["label", str(folder), "--json"]) == 0
    first, last = json.loads(capsys.readouterr().out)
    assert first["why"] == "marked by Anna: 1 missed, 1 wrong, 0 in dispute"
    assert [one["words"].split(",")[0] for one in first["marks"]] == ["missed", "lesion 2 is wrong"]
    assert last["why"] == "Anna looked through it and found nothing wrong"
    assert files not in json.dumps(first["marks"])
    assert command(["label", str(folder), "--marks", str(table)]) == 2
    assert "say with -o where the list shall be" in capsys.readouterr().err
