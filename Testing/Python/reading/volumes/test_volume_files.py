"""Volume files as input: a folder of them, and one file of several volumes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from support.study_inputs import NAMES, TRUTH, four_files, is_the_study, write

from MTINetLib.errors import InputError
from MTINetLib.pipeline.inspect import inspect
from MTINetLib.pipeline.open import open_study
from MTINetLib.reading.open_input import open_input
from MTINetLib.reading.volumes import volume_files
from MTINetLib.study.phase import FOUR_PHASES


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
def test_a_folder_of_four_volume_files_is_a_study_by_their_names(tmp_path: Path, suffix: str) -> None:
    study = open_study(four_files(tmp_path, suffix))
    is_the_study(study)
    assert [source.description for source in study.sources] == list(NAMES)
    assert "word:art" in study.sources[1].evidence
    assert study.times_s == (None, None, None, None)
    assert "times_unknown" in study.flags


def test_masks_among_the_files_are_no_phases_whatever_they_are_called(tmp_path: Path) -> None:
    labels = (TRUTH.volumes[1] > 900).astype(np.float32)
    four_files(tmp_path)
    write(tmp_path / "lesions.nii.gz", labels.astype(np.uint8))
    write(tmp_path / "liver portal venous.nii.gz", 3 * labels)
    write(tmp_path / "masks" / "pre.nii.gz", labels)
    (tmp_path / "._01 nativ.nii.gz").write_bytes(b"of a file manager")
    is_the_study(open_study(tmp_path))
    with open_input(tmp_path) as found:
        assert len(found.volumes) == 7
        assert not found.problems
        assert found.skipped == 1


def test_files_whose_names_do_not_say_the_phase_are_asked_about_in_spite_of_an_assumed_order(
    tmp_path: Path,
) -> None:
    four_files(tmp_path, names=("vol1", "vol2", "vol3", "vol4"))
    for assumed in (False, True):
        with pytest.raises(InputError, match="Name the four phases yourself"):
            open_study(tmp_path, assume_order=assumed)
    told = {phase: f"#{FOUR_PHASES.index(phase) + 1}" for phase in FOUR_PHASES}
    is_the_study(open_study(tmp_path, told=told))


def test_files_of_two_patients_are_never_mixed(tmp_path: Path) -> None:
    four_files(tmp_path / "flat", names=("p1_pre", "p1_art", "p1_pv", "p1_del"))
    four_files(tmp_path / "flat", names=("p2_pre", "p2_art", "p2_pv", "p2_del"))
    with pytest.raises(InputError, match=r"Several files .* may be the pre-contrast phase"):
        open_study(tmp_path / "flat")
    four_files(tmp_path / "deep" / "one")
    four_files(tmp_path / "deep" / "two")
    with pytest.raises(InputError, match=r"in 2 folders \(one, two\), which may be of several patients"):
        open_study(tmp_path / "deep")


def test_a_damaged_file_is_named_where_its_phase_is_missing(tmp_path: Path) -> None:
    folder = four_files(tmp_path, ".nii")
    (folder / "03 portal.nii").write_bytes((folder / "03 portal.nii").read_bytes()[:-50])
    with pytest.raises(InputError, match=r"1 file could not be read: 03 portal.nii: .*is cut off"):
        open_study(folder)


def test_a_folder_of_more_files_than_a_study_has_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(volume_files, "_MOST_FILES", 3)
    with pytest.raises(InputError, match="holds 4 volume files, more than one study has"):
        open_study(four_files(tmp_path))


def _dynamic(path: Path, volumes: np.ndarray = TRUTH.volumes) -> Path:
    images = [SimpleITK.GetImageFromArray(array) for array in volumes]
    for image in images:
        image.SetSpacing(TRUTH.grid.spacing)
    SimpleITK.WriteImage(SimpleITK.JoinSeries(images), str(path))
    return path


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
def test_the_volumes_of_one_file_are_its_time_points_where_their_order_is_confirmed(
    tmp_path: Path, suffix: str
) -> None:
    path = _dynamic(tmp_path / f"LA dynamic{suffix}")
    with pytest.raises(InputError, match=r"confirm it with --assume-order\. .*Or split it into one file"):
        open_study(path)
    study = open_study(path, assume_order=True)
    np.testing.assert_array_equal(study.volumes, TRUTH.volumes)
    assert "order_assumed" in study.flags
    assert [source.time_point for source in study.sources] == [1, 2, 3, 4]


def test_an_order_that_the_pixels_contradict_is_refused(tmp_path: Path) -> None:
    path = _dynamic(tmp_path / "dynamic.nii", TRUTH.volumes[[1, 0, 2, 3]])
    with pytest.raises(InputError, match="--assume-order cannot help"):
        open_study(path, assume_order=True)


def test_five_volumes_of_one_file_are_named_by_number(tmp_path: Path) -> None:
    path = _dynamic(tmp_path / "dynamic.nii.gz", TRUTH.volumes[[0, 1, 1, 2, 3]])
    with pytest.raises(InputError, match="5 volumes may be phases, not four"):
        open_study(path, assume_order=True)
    told = dict(zip(FOUR_PHASES, ("#1", "#3", "#4", "#5"), strict=True))
    np.testing.assert_array_equal(open_study(path, told=told).volumes, TRUTH.volumes)


def test_a_sequence_of_slicer_keeps_its_volumes_apart(tmp_path: Path) -> None:
    stacked = np.moveaxis(TRUTH.volumes, 0, -1).astype("<i2")
    sizes = " ".join(str(size) for size in stacked.shape[::-1])
    head = (
        f"NRRD0004\ntype: short\ndimension: 4\nspace: left-posterior-superior\nsizes: {sizes}\n"
        "space directions: none (2,0,0) (0,2,0) (0,0,3)\nkinds: list domain domain domain\n"
        "endian: little\nencoding: raw\nspace origin: (1,2,3)\n\n"
    )
    (tmp_path / "s.seq.nrrd").write_bytes(head.encode() + stacked.tobytes())
    study = open_study(tmp_path / "s.seq.nrrd", assume_order=True)
    np.testing.assert_array_equal(study.volumes, TRUTH.volumes)
    assert study.grid.spacing == (2.0, 2.0, 3.0)


@pytest.mark.parametrize("suffix", [".nii.gz", ".mha"])
def test_a_file_of_one_phase_is_told_what_to_give(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"art{suffix}", TRUTH.volumes[1])
    with pytest.raises(
        InputError, match=r"a single volume of 8 slices \('art'\), .* give the folder with all four files"
    ):
        open_study(path)


def test_an_inspection_says_what_stands_in_the_way_of_files(tmp_path: Path) -> None:
    four_files(tmp_path / "two", names=("p1_pre", "p1_art", "p1_pv", "p1_del"))
    write(tmp_path / "two" / "p2_art.nii.gz", TRUTH.volumes[1] + 1)
    assert "nothing tells whether all are of one patient" in " ".join(
        inspect(tmp_path / "two", FOUR_PHASES).remarks
    )
    dynamic = inspect(_dynamic(tmp_path / "dynamic.nii"), FOUR_PHASES)
    assert "confirm it with --assume-order" in " ".join(dynamic.remarks)
    assert "Or split it into one file for each phase" in " ".join(dynamic.remarks)
    single = inspect(write(tmp_path / "art.nii", TRUTH.volumes[1]), FOUR_PHASES)
    assert "a study has four phases; give the folder with all four files" in " ".join(single.remarks)
