from __future__ import annotations

from pathlib import Path

import pytest

from MTINetLib.errors import InputError
from MTINetLib.report.source_data import refuse_identity, refuse_source_data, source_folders


def series(folder: Path, *names: str) -> list[Path]:
    made = [folder / name for name in names]
    for one in made:
        one.mkdir(parents=True)
        (one / "IM1").write_bytes(b"x")
    return made


@pytest.mark.parametrize("below", ["", "results", "deep/er"])
def test_no_results_inside_a_folder_of_images(tmp_path: Path, below: str) -> None:
    (given,) = series(tmp_path, "SE 4 vén")
    with pytest.raises(InputError, match="which holds the images"):
        refuse_source_data(given / below, [given])


def test_a_folder_beside_the_images_and_a_name_that_begins_alike_are_fine(tmp_path: Path) -> None:
    (given,) = series(tmp_path, "study")
    refuse_source_data(tmp_path / "study-results", [given])
    refuse_source_data(tmp_path, [given])


def test_a_link_into_the_images_is_seen_through(tmp_path: Path) -> None:
    (given,) = series(tmp_path, "study")
    link = tmp_path / "elsewhere"
    try:
        link.symlink_to(given, target_is_directory=True)
    except OSError:
        pytest.skip("this system makes no links")
    with pytest.raises(InputError):
        refuse_source_data(link / "results", [given])


def test_no_results_inside_a_folder_that_a_link_among_the_images_leads_to(tmp_path: Path) -> None:
    (real,) = series(tmp_path / "archive", "SE 7")
    chosen = tmp_path / "chosen"
    chosen.mkdir()
    try:
        (chosen / "arterial").symlink_to(real, target_is_directory=True)
    except OSError:
        pytest.skip("this system makes no links")
    with pytest.raises(InputError, match="which holds the images"):
        refuse_source_data(real / "results", [chosen])
    refuse_source_data(tmp_path / "archive" / "results", [chosen])


def test_files_refuse_their_own_folder_alone(tmp_path: Path) -> None:
    file = tmp_path / "pv.nrrd"
    file.write_bytes(b"x")
    with pytest.raises(InputError):
        refuse_source_data(tmp_path, [file])
    refuse_source_data(tmp_path / "results", [file])


def test_an_index_stands_for_the_folder_around_it(tmp_path: Path) -> None:
    series(tmp_path, "A", "B")
    (tmp_path / "DICOMDIR").write_bytes(b"x")
    with pytest.raises(InputError):
        refuse_source_data(tmp_path / "C", [tmp_path / "DICOMDIR"])


def test_a_folder_that_holds_nothing_but_the_series_is_source_too(tmp_path: Path) -> None:
    given = series(tmp_path / "archive" / "patient 7" / "study", "1", "2", "3", "4")
    study = tmp_path / "archive" / "patient 7" / "study"
    assert set(source_folders(given)) == {*given, study}, "the patient's folder may get a folder of reports"
    (study / "notes.txt").write_text("x")
    assert set(source_folders(given)) == set(given)


def test_a_de_identified_report_does_not_lie_beside_the_images(tmp_path: Path) -> None:
    given = series(tmp_path / "Okafor", "art", "ven")
    with pytest.raises(InputError, match="beside the patient's images"):
        refuse_identity(tmp_path / "Okafor" / "out", given, [])
    refuse_identity(tmp_path / "shared", given, [])


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("Okafor_Ngozi/reports", "OKAFOR^NGOZI"),
        ("x/mri-okafor", "Okafor^N"),
        ("x/2291-A7 liver", "2291-A7"),
        ("für Jürgens", "JÜRGENS^EVA"),
    ],
)
def test_a_de_identified_report_does_not_lie_under_the_patient_s_name(
    tmp_path: Path, folder: str, name: str
) -> None:
    with pytest.raises(InputError, match="names the patient"):
        refuse_identity(tmp_path / folder, [], [name])


@pytest.mark.parametrize("name", ["", "X^Y", "OKAF^LI", "Reporting^Al"])
def test_other_words_in_a_path_name_nobody(tmp_path: Path, name: str) -> None:
    refuse_identity(tmp_path / "okafors x y" / "reports", [], [name])
