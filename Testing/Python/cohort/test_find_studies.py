"""A tree, a dataset and a table become the studies of a cohort."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from MTINetLib.cohort.cohort_study import OpenedFrom, file_name_of, study_from_json
from MTINetLib.cohort.find_studies import find_studies
from MTINetLib.errors import InputError
from MTINetLib.study.phase import FOUR_PHASES


def test_each_study_of_a_tree_is_found_once_under_a_lasting_name(tree: Path, tmp_path: Path) -> None:
    found = find_studies(tree, FOUR_PHASES).studies
    assert [study.count for study in found] == [4, 32, 24]
    moved = tree.rename(tmp_path / "elsewhere")
    assert [study.name for study in find_studies(moved, FOUR_PHASES).studies] == [s.name for s in found]
    assert study_from_json(found[0].as_json()) == found[0]


def test_a_study_that_is_spread_over_three_folders_is_one(tree: Path, tmp_path: Path) -> None:
    before = find_studies(tree, FOUR_PHASES).studies[1]
    for number, series in enumerate(sorted((tree / "patient 1" / "deep").iterdir())[:3]):
        shutil.move(series, tmp_path / "tree" / f"cd {number}" / "a")
    found = {study.name: study for study in find_studies(tree, FOUR_PHASES).studies}
    assert len(found) == 3
    assert (found[before.name].count, found[before.name].size) == (before.count, before.size)


def test_links_in_a_circle_end_and_nothing_is_found_twice(tree: Path) -> None:
    (tree / "patient 1" / "up").symlink_to(tree, target_is_directory=True)
    (tree / "again").symlink_to(tree / "patient 1", target_is_directory=True)
    assert len(find_studies(tree, FOUR_PHASES).studies) == 3


def test_a_folder_that_cannot_be_listed_is_named_and_the_others_are_found(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, real = tree / "patient 2", os.scandir

    def scandir(path: Any) -> Any:
        if Path(path) == closed:
            raise PermissionError(13, "Permission denied", str(closed))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = find_studies(tree, FOUR_PHASES)
    assert len(found.studies) == 2
    assert found.unlisted == ((closed, "cannot be listed (Permission denied)"),)


@pytest.mark.parametrize("content", [None, "notes.txt"])
def test_a_tree_without_images_is_refused(tmp_path: Path, content: str | None) -> None:
    if content:
        (tmp_path / content).write_text("no image")
    with pytest.raises(InputError, match="There are no MR images"):
        find_studies(tmp_path, FOUR_PHASES)


def test_a_dataset_and_a_table_name_their_studies(tree: Path, tmp_path: Path) -> None:
    files = tree / "files"
    head = ",".join(phase.value for phase in FOUR_PHASES)
    row = ",".join(f"{phase.value}.nii.gz" for phase in FOUR_PHASES)
    (files / "cases.csv").write_text(f"case,patient,class,{head},mask\nfirst,p,none,{row},\n")
    (case,) = find_studies(files, FOUR_PHASES).studies
    assert (case.name, case.opened_from, len(case.phases)) == ("first", OpenedFrom.PHASES, 4)
    (tree / "paths.csv").write_text("study;input\nMüller 7;patient 1\n;files/../patient 2\nGone;nowhere\n")
    named, unnamed, gone = find_studies(tree / "paths.csv", FOUR_PHASES).studies
    assert (named.name, named.count) == (file_name_of("Müller 7"), 32)
    assert Path(unnamed.place) == tree / "files/../patient 2"
    assert (gone.name, gone.count) == ("Gone", 0)


def test_names_that_a_system_takes_for_one_are_told_apart(tree: Path) -> None:
    (tree / "paths.csv").write_text("study,input\nA,patient 1\na,patient 2\n")
    names = [study.name.lower() for study in find_studies(tree / "paths.csv", FOUR_PHASES).studies]
    assert len(set(names)) == 2
    (tree / "paths.csv").write_text("study,input\nA,patient 1\nA,patient 1\n")
    with pytest.raises(InputError, match="stands there twice"):
        find_studies(tree / "paths.csv", FOUR_PHASES)
