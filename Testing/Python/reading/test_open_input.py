"""What may be named as a study besides archives and volume files: links, a DICOMDIR, packed DICOM."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import numpy as np
import pytest
from support import dicom_layouts as layouts
from support.study_inputs import TRUTH, is_the_study, series_folders, write, zipped

from MTINetLib.errors import InputError
from MTINetLib.pipeline.open import open_study
from MTINetLib.reading.dicom import gzip_files as dicom_gzip
from MTINetLib.reading.dicom.read import open_dicom_folder
from MTINetLib.reading.volumes.read import read_volume


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, empty."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def _link(link: Path, target: Path) -> None:
    try:
        link.symlink_to(target, target_is_directory=True)
    except OSError:
        pytest.skip("this system makes no links")


def test_a_folder_of_links_to_series_folders_is_a_study(tmp_path: Path) -> None:
    chosen = tmp_path / "chosen"
    chosen.mkdir()
    for number, real in enumerate(series_folders(tmp_path / "archive")):
        _link(chosen / f"series {number}", real)
    study = open_study(chosen)
    is_the_study(study)
    np.testing.assert_allclose(study.times_s, TRUTH.times_s, atol=1e-3)


def test_links_in_a_circle_and_to_folders_around_end(tmp_path: Path) -> None:
    folder = tmp_path / "outer" / "study"
    one, other, *_ = series_folders(folder)
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


def test_a_dicomdir_stands_for_its_folder(tmp_path: Path) -> None:
    series_folders(tmp_path)
    (tmp_path / "DICOMDIR").write_bytes(b"an index that is not needed")
    is_the_study(open_study(tmp_path / "DICOMDIR"))


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
    study = open_study(folder)
    is_the_study(study)
    assert all(image.path.exists() for source in study.sources for image in source.images)
    assert not list(temporary.iterdir())


def test_one_packed_multi_frame_file_is_a_study_and_one_phase_may_be_packed(tmp_path: Path) -> None:
    layouts.save(layouts.philips_enhanced(TRUTH)[0], tmp_path / "all")
    is_the_study(open_study(_pack(tmp_path / "all")))
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


def test_one_dicom_image_is_told_what_to_give(tmp_path: Path) -> None:
    layouts.save(layouts.series_per_phase(TRUTH)[0], tmp_path / "IM1")
    with pytest.raises(InputError, match=r"a single slice \('LAVA PRE'\), .* give the folder of the whole"):
        open_study(tmp_path / "IM1")


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
        open_study(tmp_path / name)


def test_a_folder_with_nothing_but_an_archive_is_told_to_give_that(tmp_path: Path) -> None:
    series_folders(tmp_path / "in")
    (tmp_path / "out").mkdir()
    archive = zipped(tmp_path / "in", tmp_path / "out" / "study.zip")
    with pytest.raises(InputError, match=r"but the archive .*study.zip: give that instead"):
        open_study(tmp_path / "out")
    with pytest.raises(InputError, match="is no volume; unpack it"):
        read_volume(archive)


@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
def test_a_file_that_seems_whole_never_opens_another_one(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"art{suffix}", TRUTH.volumes[1])
    (tmp_path / "secret").write_bytes(bytes(TRUTH.volumes[1].nbytes))
    data = path.read_bytes()
    if suffix == ".mha":
        data = data[: data.index(b"ElementDataFile")] + b"ElementDataFile = secret\n"
    else:
        data = data[: data.index(b"\n\n")] + b"\ndata file: secret\n\n"
    path.write_bytes(data)
    with pytest.raises(InputError, match="voxels lie in another file"):
        read_volume(path)
