"""Which studies lie below a folder."""

from __future__ import annotations

from pathlib import Path

import pydicom
from support.study_inputs import TRUTH, four_files, series_folders, write, zipped

from MTINetLib.reading.studies_below import StudyKind, identity_of_files, studies_below


def test_dicom_volume_files_and_archives_are_one_study_each(tmp_path: Path) -> None:
    series_folders(tmp_path / "dicom")
    four_files(tmp_path / "files")
    series_folders(tmp_path / "packed")
    zipped(tmp_path / "packed", tmp_path / "packed.zip")
    for path in sorted((tmp_path / "packed").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    (tmp_path / "notes.txt").write_text("seen")
    found = studies_below(tmp_path)
    assert {study.kind for study in found.studies} == {*StudyKind}
    assert len(found.studies) == 3
    assert (found.unreadable, found.others) == (0, 1)


def test_volume_files_beside_images_are_results_and_no_study(tmp_path: Path) -> None:
    folders = series_folders(tmp_path)
    write(folders[0] / "mask.nii.gz", TRUTH.volumes[0])
    found = studies_below(tmp_path)
    assert [study.kind for study in found.studies] == [StudyKind.DICOM]
    assert found.others == 1


def test_files_of_the_same_names_and_sizes_are_told_apart_by_what_they_hold(tmp_path: Path) -> None:
    one, two = four_files(tmp_path / "one", ".nii"), four_files(tmp_path / "two", ".nii")
    assert len(studies_below(tmp_path).studies) == 1  # a copy
    write(two / "03 portal.nii", TRUTH.volumes[2] + 1)
    assert len(studies_below(tmp_path).studies) == 2
    moved = (tmp_path / "one").rename(tmp_path / "three")
    names = [path.name for path in moved.iterdir()]
    assert len(names) == 4
    identities = {study.identity for study in studies_below(tmp_path).studies}
    assert identity_of_files([moved / name for name in names]) in identities
    assert not one.exists()


def test_a_damaged_image_counts_to_the_study_that_lies_around_it(tmp_path: Path) -> None:
    series_folders(tmp_path)
    victim = min((tmp_path / "a").iterdir())
    image = pydicom.dcmread(victim)
    image.Rows = 5000
    image.save_as(victim)
    found = studies_below(tmp_path)
    assert (len(found.studies), found.unreadable) == (1, 1)
    assert victim in found.studies[0].files


def test_a_folder_that_is_marked_is_left_out_with_all_below_it(tmp_path: Path) -> None:
    four_files(tmp_path / "results" / "deeper")
    (tmp_path / "results" / "findings.json").write_text("{}")
    assert studies_below(tmp_path, without=("findings.json",)).studies == ()
