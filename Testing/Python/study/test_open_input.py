"""What may be named as a study: folders with links, archives, a DICOMDIR, packed DICOM, volume files."""

from __future__ import annotations

import gzip
import os
import stat
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK
from support import dicom_layouts as layouts

from MTINetLib.errors import InputError
from MTINetLib.study import dicom_gzip, unpack_archive, volume_files
from MTINetLib.study.grid import Grid
from MTINetLib.study.inspect_folder import inspect_folder
from MTINetLib.study.load import load_study_from_dicom
from MTINetLib.study.open_input import open_input
from MTINetLib.study.phase import Phase
from MTINetLib.study.read_dicom import open_dicom_folder
from MTINetLib.study.read_files import read_volume

TRUTH = layouts.make_truth()
NAMES = ("01 nativ", "02 art 30s", "03 portal", "04 late")


def _series_folders(folder: Path) -> list[Path]:
    """The four series of a study, each in its own folder."""
    images = layouts.series_per_phase(TRUTH)
    made = [folder / name for name in ("a", "b", "c", "d")]
    for number, place in enumerate(made):
        layouts.write_shuffled(place, images[8 * number : 8 * number + 8])
    return made


def _write(path: Path, array: np.ndarray, grid: Grid = TRUTH.grid) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = SimpleITK.GetImageFromArray(array)
    image.SetSpacing(grid.spacing)
    image.SetOrigin(grid.origin)
    image.SetDirection(grid.direction)
    SimpleITK.WriteImage(image, str(path))
    return path


def _four_files(folder: Path, suffix: str = ".nii.gz", names: tuple[str, ...] = NAMES) -> Path:
    for name, array in zip(names, TRUTH.volumes, strict=True):
        _write(folder / f"{name}{suffix}", array)
    return folder


def _zipped(folder: Path, archive: Path, inner: str = "") -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                packed.write(path, inner + path.relative_to(folder).as_posix())
    return archive


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, empty."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def _is_the_study(study: Any) -> None:
    np.testing.assert_array_equal(study.volumes, TRUTH.volumes)
    assert study.grid.matches(TRUTH.grid, tolerance_mm=1e-3)


# Links


def _link(link: Path, target: Path) -> None:
    try:
        link.symlink_to(target, target_is_directory=True)
    except OSError:
        pytest.skip("this system makes no links")


def test_a_folder_of_links_to_series_folders_is_a_study(tmp_path: Path) -> None:
    chosen = tmp_path / "chosen"
    chosen.mkdir()
    for number, real in enumerate(_series_folders(tmp_path / "archive")):
        _link(chosen / f"series {number}", real)
    study = load_study_from_dicom(chosen)
    _is_the_study(study)
    np.testing.assert_allclose(study.times_s, TRUTH.times_s, atol=1e-3)


def test_links_in_a_circle_and_to_folders_around_end(tmp_path: Path) -> None:
    folder = tmp_path / "outer" / "study"
    one, other, *_ = _series_folders(folder)
    layouts.save(layouts.series_per_phase(layouts.make_truth(seed=5))[0], tmp_path / "outer" / "of another")
    _link(one / "to other", other)
    _link(other / "to one", one)
    _link(one / "self", one)
    _link(one / "up", folder)
    _link(one / "far up", tmp_path / "outer")
    _link(one / "nowhere", tmp_path / "missing")
    found = open_dicom_folder(folder)
    assert [len(volume.instance_uids) for volume in found.volumes] == [8, 8, 8, 8]
    assert found.copies == 0
    for number, volume in enumerate(found.volumes):
        np.testing.assert_array_equal(volume.array, TRUTH.volumes[number])


def test_a_link_that_leads_out_does_not_come_back_through_a_folder_around_its_end(tmp_path: Path) -> None:
    real = tmp_path / "archive" / "patient" / "series"
    layouts.write_shuffled(real, layouts.series_per_phase(TRUTH)[:8])
    _link(real / "up", tmp_path / "archive")
    (tmp_path / "archive" / "other").mkdir()
    (tmp_path / "archive" / "other" / "note.txt").write_text("another patient's")
    (tmp_path / "mine").mkdir()
    _link(tmp_path / "mine" / "link", real)
    found = open_dicom_folder(tmp_path / "mine")
    assert found.skipped == 0
    assert len(found.volumes) == 1


# DICOMDIR and packed DICOM


def test_a_dicomdir_stands_for_its_folder(tmp_path: Path) -> None:
    _series_folders(tmp_path)
    (tmp_path / "DICOMDIR").write_bytes(b"an index that is not needed")
    _is_the_study(load_study_from_dicom(tmp_path / "DICOMDIR"))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _pack(path: Path) -> Path:
    packed = path.with_name(f"{path.name}.dcm.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    return packed


def test_packed_dicom_files_are_read_as_they_were(tmp_path: Path, temporary: Path) -> None:
    images = layouts.series_per_phase(TRUTH)
    folder = layouts.write_shuffled(tmp_path / "study", images)
    for path in _files(folder):
        _pack(path)
    study = load_study_from_dicom(folder)
    _is_the_study(study)
    assert all(image.path.exists() for source in study.sources for image in source.images)
    assert not list(temporary.iterdir())


def test_one_packed_multi_frame_file_is_a_study_and_one_phase_may_be_packed(tmp_path: Path) -> None:
    layouts.save(layouts.philips_enhanced(TRUTH)[0], tmp_path / "all")
    _is_the_study(load_study_from_dicom(_pack(tmp_path / "all")))
    layouts.save(layouts.siemens_enhanced(TRUTH)[2], tmp_path / "venous")
    np.testing.assert_array_equal(read_volume(_pack(tmp_path / "venous")).array, TRUTH.volumes[2])


def test_packed_dicom_that_is_cut_off_or_grows_without_end_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = layouts.write_shuffled(tmp_path, layouts.series_per_phase(TRUTH)[:8])
    paths = [_pack(path) for path in _files(folder)]
    paths[0].write_bytes(paths[0].read_bytes()[:-200])
    plain = gzip.decompress(paths[1].read_bytes())
    paths[1].write_bytes(gzip.compress(plain + bytes(3 << 20)))
    monkeypatch.setattr(dicom_gzip, "LARGEST_UNPACKED", 2 << 20)
    reasons = {problem.path: problem.reason for problem in open_dicom_folder(folder).problems}
    assert reasons == {
        paths[0]: "is cut off before its end, copy it again",
        paths[1]: "unpacks to more than 2 MB",
    }


# Archives


def test_an_archive_of_nested_series_is_a_study_and_leaves_nothing_behind(
    tmp_path: Path, temporary: Path
) -> None:
    _series_folders(tmp_path / "in")
    archive = _zipped(tmp_path / "in", tmp_path / "study.zip", "Müller^Hans/20240101/")
    with open_input(archive) as found:
        (private,) = temporary.iterdir()
        if os.name == "posix":
            assert stat.S_IMODE(private.stat().st_mode) == 0o700
        inside = [path.relative_to(private).as_posix() for path in private.rglob("*")]
        assert all(name.isdigit() for name in inside)
        assert found.source == archive
    assert not list(temporary.iterdir())
    study = load_study_from_dicom(archive)
    _is_the_study(study)
    assert not any(source.images for source in study.sources)
    assert not list(temporary.iterdir())


def test_an_archive_of_volume_files_is_read_by_the_names_in_it(tmp_path: Path, temporary: Path) -> None:
    _four_files(tmp_path / "in")
    study = load_study_from_dicom(_zipped(tmp_path / "in", tmp_path / "files.ZIP", "deep/er/"))
    _is_the_study(study)
    assert [source.description for source in study.sources] == list(NAMES)
    assert str(temporary) not in repr(study.sources)
    assert not list(temporary.iterdir())


def test_nothing_is_left_of_an_archive_after_a_failure_or_a_cancelled_reading(
    tmp_path: Path, temporary: Path
) -> None:
    class Impatient:
        def start(self, stage: str, total: int) -> None:
            pass

        def update(self, done: int) -> None:
            if done == 5:
                raise KeyboardInterrupt

        def finish(self) -> None:
            pass

    _series_folders(tmp_path / "in")
    archive = _zipped(tmp_path / "in", tmp_path / "study.zip")
    with pytest.raises(KeyboardInterrupt):
        load_study_from_dicom(archive, progress=Impatient())
    assert not list(temporary.iterdir())
    with pytest.raises(RuntimeError, match="later"), open_input(archive):
        raise RuntimeError("later")
    assert not list(temporary.iterdir())


def test_sentences_name_the_archives_own_files(tmp_path: Path, temporary: Path) -> None:
    folder = _four_files(tmp_path / "in")
    (folder / "02 art 30s.nii.gz").write_bytes(b"\x1f\x8b damaged")
    archive = _zipped(folder, tmp_path / "study.zip", "x/")
    with pytest.raises(InputError) as caught:
        load_study_from_dicom(archive)
    assert str(archive / "x" / "02 art 30s.nii.gz") in str(caught.value)
    assert str(temporary) not in str(caught.value)
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "letter.txt").write_text("no image")
    with pytest.raises(InputError) as caught:
        load_study_from_dicom(_zipped(tmp_path / "words", tmp_path / "words.zip"))
    assert f"no DICOM images among the 1 file in {tmp_path / 'words.zip'};" in str(caught.value)


def _with_entry(archive: Path, **changes: Any) -> Path:
    entry = zipfile.ZipInfo("IM1")
    for name, value in changes.items():
        setattr(entry, name, value)
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr(entry, b"content")
    return archive


@pytest.mark.parametrize(
    "name", ["../outside", "a/../../outside", "/etc/outside", "C:\\outside", "..\\outside"]
)
def test_an_archive_with_names_that_lead_out_of_it_is_refused(
    tmp_path: Path, temporary: Path, name: str
) -> None:
    with pytest.raises(InputError, match="a name that leads out of it"):
        load_study_from_dicom(_with_entry(tmp_path / "bad.zip", filename=name))
    assert not list(temporary.iterdir())
    assert not (tmp_path / "out").exists()


def test_an_archive_with_a_link_is_refused(tmp_path: Path) -> None:
    archive = _with_entry(tmp_path / "bad.zip", external_attr=(stat.S_IFLNK | 0o777) << 16)
    with pytest.raises(InputError, match="holds a link"):
        load_study_from_dicom(archive)


def test_an_encrypted_archive_is_named_as_such(tmp_path: Path) -> None:
    data = bytearray(_with_entry(tmp_path / "locked.zip").read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(data)
    with pytest.raises(InputError, match="is encrypted; unpack it with its password"):
        load_study_from_dicom(tmp_path / "locked.zip")


def test_an_archive_that_is_cut_off_or_has_wrong_bytes_is_named(tmp_path: Path, temporary: Path) -> None:
    _series_folders(tmp_path / "in")
    whole = _zipped(tmp_path / "in", tmp_path / "whole.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "bad.zip").write_bytes(whole[:300] + bytes(400) + whole[700:])
    for name in ("cut.zip", "bad.zip"):
        with pytest.raises(InputError, match=f"{name} is damaged or incomplete"):
            load_study_from_dicom(tmp_path / name)
    assert not list(temporary.iterdir())


def test_an_archive_of_too_many_files_too_many_bytes_or_air_is_refused_before_it_is_unpacked(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "zeros").write_bytes(bytes(1 << 20))
    archive = _zipped(tmp_path / "in", tmp_path / "zeros.zip")
    monkeypatch.setattr(unpack_archive, "_unpack", lambda *_: pytest.fail("it was unpacked"))
    for name, value, said in (
        ("_SMALL_ENOUGH", 1 << 19, "would grow more than 100 times"),
        ("_LARGEST_UNPACKED", 1 << 19, "unpacks to 0 GB"),
        ("_MOST_ENTRIES", 0, "holds 1 files"),
    ):
        with monkeypatch.context() as changed:
            changed.setattr(unpack_archive, name, value)
            with pytest.raises(InputError, match=said):
                load_study_from_dicom(archive)
    assert not list(temporary.iterdir())


def test_an_entry_that_is_longer_than_it_says_ends_where_it_says(tmp_path: Path, temporary: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "zeros").write_bytes(bytes(1 << 20))
    data = bytearray(_zipped(tmp_path / "in", tmp_path / "lies.zip").read_bytes())
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = (100).to_bytes(4, "little")
    (tmp_path / "lies.zip").write_bytes(data)
    with pytest.raises(InputError, match="damaged or incomplete"):
        load_study_from_dicom(tmp_path / "lies.zip")
    assert not list(temporary.iterdir())


# Volume files


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
def test_a_folder_of_four_volume_files_is_a_study_by_their_names(tmp_path: Path, suffix: str) -> None:
    study = load_study_from_dicom(_four_files(tmp_path, suffix))
    _is_the_study(study)
    assert [source.description for source in study.sources] == list(NAMES)
    assert "the description says 'art'" in " ".join(study.sources[1].evidence)
    assert study.times_s == (None, None, None, None)
    assert "times_unknown" in study.flags


def test_masks_among_the_files_are_no_phases_whatever_they_are_called(tmp_path: Path) -> None:
    labels = (TRUTH.volumes[1] > 900).astype(np.float32)
    _four_files(tmp_path)
    _write(tmp_path / "lesions.nii.gz", labels.astype(np.uint8))
    _write(tmp_path / "liver portal venous.nii.gz", 3 * labels)
    _write(tmp_path / "masks" / "pre.nii.gz", labels)
    (tmp_path / "._01 nativ.nii.gz").write_bytes(b"of a file manager")
    _is_the_study(load_study_from_dicom(tmp_path))
    with open_input(tmp_path) as found:
        assert len(found.volumes) == 7
        assert not found.problems
        assert found.skipped == 1


def test_files_whose_names_do_not_say_the_phase_are_asked_about_in_spite_of_an_assumed_order(
    tmp_path: Path,
) -> None:
    _four_files(tmp_path, names=("vol1", "vol2", "vol3", "vol4"))
    for assumed in (False, True):
        with pytest.raises(InputError, match="Name the four phases yourself"):
            load_study_from_dicom(tmp_path, assume_order=assumed)
    told = {phase: f"#{phase.index + 1}" for phase in Phase}
    _is_the_study(load_study_from_dicom(tmp_path, told=told))


def test_files_of_two_patients_are_never_mixed(tmp_path: Path) -> None:
    _four_files(tmp_path / "flat", names=("p1_pre", "p1_art", "p1_pv", "p1_del"))
    _four_files(tmp_path / "flat", names=("p2_pre", "p2_art", "p2_pv", "p2_del"))
    with pytest.raises(InputError, match=r"Several files .* may be the pre-contrast phase"):
        load_study_from_dicom(tmp_path / "flat")
    _four_files(tmp_path / "deep" / "one")
    _four_files(tmp_path / "deep" / "two")
    with pytest.raises(InputError, match=r"in 2 folders \(one, two\), which may be of several patients"):
        load_study_from_dicom(tmp_path / "deep")


def test_a_damaged_file_is_named_where_its_phase_is_missing(tmp_path: Path) -> None:
    folder = _four_files(tmp_path, ".nii")
    (folder / "03 portal.nii").write_bytes((folder / "03 portal.nii").read_bytes()[:-50])
    with pytest.raises(InputError, match=r"1 file could not be read: 03 portal.nii: .*is cut off"):
        load_study_from_dicom(folder)


def test_a_folder_of_more_files_than_a_study_has_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(volume_files, "_MOST_FILES", 3)
    with pytest.raises(InputError, match="holds 4 volume files, more than one study has"):
        load_study_from_dicom(_four_files(tmp_path))


# One file


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
        load_study_from_dicom(path)
    study = load_study_from_dicom(path, assume_order=True)
    np.testing.assert_array_equal(study.volumes, TRUTH.volumes)
    assert "order_assumed" in study.flags
    assert [source.time_point for source in study.sources] == [1, 2, 3, 4]


def test_an_order_that_the_pixels_contradict_is_refused(tmp_path: Path) -> None:
    path = _dynamic(tmp_path / "dynamic.nii", TRUTH.volumes[[1, 0, 2, 3]])
    with pytest.raises(InputError, match="--assume-order cannot help"):
        load_study_from_dicom(path, assume_order=True)


def test_five_volumes_of_one_file_are_named_by_number(tmp_path: Path) -> None:
    path = _dynamic(tmp_path / "dynamic.nii.gz", TRUTH.volumes[[0, 1, 1, 2, 3]])
    with pytest.raises(InputError, match="5 volumes may be phases, not four"):
        load_study_from_dicom(path, assume_order=True)
    told = dict(zip(Phase, ("#1", "#3", "#4", "#5"), strict=True))
    np.testing.assert_array_equal(load_study_from_dicom(path, told=told).volumes, TRUTH.volumes)


def test_a_sequence_of_slicer_keeps_its_volumes_apart(tmp_path: Path) -> None:
    stacked = np.moveaxis(TRUTH.volumes, 0, -1).astype("<i2")
    sizes = " ".join(str(size) for size in stacked.shape[::-1])
    head = (
        f"NRRD0004\ntype: short\ndimension: 4\nspace: left-posterior-superior\nsizes: {sizes}\n"
        "space directions: none (2,0,0) (0,2,0) (0,0,3)\nkinds: list domain domain domain\n"
        "endian: little\nencoding: raw\nspace origin: (1,2,3)\n\n"
    )
    (tmp_path / "s.seq.nrrd").write_bytes(head.encode() + stacked.tobytes())
    study = load_study_from_dicom(tmp_path / "s.seq.nrrd", assume_order=True)
    np.testing.assert_array_equal(study.volumes, TRUTH.volumes)
    assert study.grid.spacing == (2.0, 2.0, 3.0)


@pytest.mark.parametrize("suffix", [".nii.gz", ".mha"])
def test_a_file_of_one_phase_is_told_what_to_give(tmp_path: Path, suffix: str) -> None:
    path = _write(tmp_path / f"art{suffix}", TRUTH.volumes[1])
    with pytest.raises(
        InputError, match=r"a single volume of 8 slices \('art'\), .* give the folder with all four files"
    ):
        load_study_from_dicom(path)


def test_one_dicom_image_is_told_what_to_give(tmp_path: Path) -> None:
    layouts.save(layouts.series_per_phase(TRUTH)[0], tmp_path / "IM1")
    with pytest.raises(InputError, match=r"a single slice \('LAVA PRE'\), .* give the folder of the whole"):
        load_study_from_dicom(tmp_path / "IM1")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("report.pdf", "is of no kind that can be read; give a folder of DICOM images"),
        ("study.tar.gz", "archives of this kind are not opened; unpack it"),
        ("study.rar", "archives of this kind are not opened; unpack it"),
    ],
)
def test_a_file_of_another_kind_is_told_what_to_give(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / name).write_bytes(b"of another kind " * 50)
    with pytest.raises(InputError, match=said):
        load_study_from_dicom(tmp_path / name)


def test_a_folder_with_nothing_but_an_archive_is_told_to_give_that(tmp_path: Path) -> None:
    _series_folders(tmp_path / "in")
    (tmp_path / "out").mkdir()
    archive = _zipped(tmp_path / "in", tmp_path / "out" / "study.zip")
    with pytest.raises(InputError, match=r"but the archive .*study.zip: give that instead"):
        load_study_from_dicom(tmp_path / "out")
    with pytest.raises(InputError, match="is no volume; unpack it"):
        read_volume(archive)


@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
def test_a_file_that_seems_whole_never_opens_another_one(tmp_path: Path, suffix: str) -> None:
    path = _write(tmp_path / f"art{suffix}", TRUTH.volumes[1])
    (tmp_path / "secret").write_bytes(bytes(TRUTH.volumes[1].nbytes))
    data = path.read_bytes()
    if suffix == ".mha":
        data = data[: data.index(b"ElementDataFile")] + b"ElementDataFile = secret\n"
    else:
        data = data[: data.index(b"\n\n")] + b"\ndata file: secret\n\n"
    path.write_bytes(data)
    with pytest.raises(InputError, match="voxels lie in another file"):
        read_volume(path)


# What is said before an analysis


def test_an_inspection_says_what_stands_in_the_way_of_files(tmp_path: Path) -> None:
    _four_files(tmp_path / "two", names=("p1_pre", "p1_art", "p1_pv", "p1_del"))
    _write(tmp_path / "two" / "p2_art.nii.gz", TRUTH.volumes[1] + 1)
    assert "nothing tells whether all are of one patient" in " ".join(
        inspect_folder(tmp_path / "two").remarks
    )
    dynamic = inspect_folder(_dynamic(tmp_path / "dynamic.nii"))
    assert "confirm it with --assume-order" in " ".join(dynamic.remarks)
    assert "Or split it into one file for each phase" in " ".join(dynamic.remarks)
    single = inspect_folder(_write(tmp_path / "art.nii", TRUTH.volumes[1]))
    assert "a study has four phases; give the folder with all four files" in " ".join(single.remarks)


def test_an_inspected_archive_names_its_own_damaged_files(tmp_path: Path, temporary: Path) -> None:
    _series_folders(tmp_path / "in")
    (tmp_path / "in" / "e").mkdir()
    (tmp_path / "in" / "e" / "IM9").write_bytes(bytes(128) + b"DICM" + bytes(300))
    archive = _zipped(tmp_path / "in", tmp_path / "study.zip")
    found = inspect_folder(archive)
    assert [problem.path for problem in found.problems] == [archive / "e" / "IM9"]
    assert str(temporary) not in str(found.as_dict())
    assert not list(temporary.iterdir())
