"""From files to slices."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
import SimpleITK
from support.waiting import wait_until

from MTINetLib.dataset.check import check_dataset
from MTINetLib.dataset.folder import read_dataset
from MTINetLib.errors import Cancelled, InputError, MissingResourceError
from MTINetLib.models.preprocessing import AxialSlices
from MTINetLib.pipeline import open as opening
from MTINetLib.progress import Silent
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.reading.volumes.read import read_volume
from MTINetLib.reading.volumes.write import write_volume
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.training import prepare
from MTINetLib.training.dataset import SliceDataset
from MTINetLib.training.prepare import prepare_dataset
from MTINetLib.training.sampling import Draw
from MTINetLib.training.slice_store import UNKNOWN_CLASS

ROOT = Path(__file__).resolve().parents[3]

SMALL = AxialSlices(64)


@pytest.fixture(scope="module")
def prepared(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    cache = tmp_path_factory.mktemp("cache")
    prepare_dataset(dataset, cache, processes=1, preprocessing=SMALL)
    return cache


class Recorded(Silent):
    def __init__(self) -> None:
        self.steps: list[int] = []

    def update(self, done: int) -> None:
        self.steps.append(done)


def copied(dataset: Path, to: Path) -> Path:
    return Path(shutil.copytree(dataset, to / "copy"))


def test_every_case_becomes_normalised_slices_with_its_lesions(dataset: Path, prepared: Path) -> None:
    store = prepare_dataset(dataset, prepared, processes=1, preprocessing=SMALL)
    assert [case.patient for case in store.cases] == [f"patient_{n}" for n in range(6)]
    assert len(store.entries) == 36
    bearing = [entry for entry in store.entries if entry.lesions]
    assert len(bearing) == 15
    assert {lesion.class_index for entry in bearing for lesion in entry.lesions} == {0, 1}
    entry = bearing[0]
    phases, labels = store.phases(entry), store.labels(entry)
    assert phases.shape == (4, 64, 64)
    assert phases.dtype == np.float16
    assert (labels > 0).sum() == entry.lesions[0].area_px
    # The first patient's HCC is 2.5 times as bright in the arterial phase as its surroundings.
    ratio = phases[1][labels > 0].mean() / np.median(phases[1][(labels == 0) & (phases[1] > 0.1)])
    assert ratio == pytest.approx(2.5, rel=0.05)


def test_the_normalised_background_lies_near_one(dataset: Path, prepared: Path) -> None:
    store = prepare_dataset(dataset, prepared, processes=1, preprocessing=SMALL)
    background = np.median(store.phases(store.entries[0])[0][:, 20:44].astype(np.float32))
    assert 0.7 < background < 1.1


def test_a_second_time_nothing_is_read(
    dataset: Path, prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a prepared case was prepared again")

    monkeypatch.setattr(prepare, "prepare_case", never)
    assert len(prepare_dataset(dataset, prepared, processes=1, preprocessing=SMALL).cases) == 6


def test_a_changed_file_is_read_again(dataset: Path, prepared: Path, tmp_path: Path) -> None:
    other = copied(dataset, tmp_path)
    cache = tmp_path / "cache"
    before = prepare_dataset(other, cache, processes=1, preprocessing=SMALL)
    path = other / "case_0" / "mask.nii.gz"
    mask = SimpleITK.ReadImage(str(path))
    smaller = SimpleITK.GetArrayFromImage(mask)
    smaller[3:] = 0
    changed = SimpleITK.GetImageFromArray(smaller)
    changed.CopyInformation(mask)
    SimpleITK.WriteImage(changed, str(path))
    after = prepare_dataset(other, cache, processes=1, preprocessing=SMALL)
    assert [bool(areas) for areas in before.cases[0].areas] == [False, False, True, True, True, False]
    assert [bool(areas) for areas in after.cases[0].areas] == [False, False, True, False, False, False]
    assert after.cases[1].folder == before.cases[1].folder


def rewritten(path: Path, change: Callable[[np.ndarray], np.ndarray]) -> None:
    image = SimpleITK.ReadImage(str(path))
    changed = SimpleITK.GetImageFromArray(change(SimpleITK.GetArrayFromImage(image)))
    changed.CopyInformation(image)
    SimpleITK.WriteImage(changed, str(path))


def liver_and_tumour(mask: np.ndarray) -> np.ndarray:
    whole = np.zeros_like(mask)
    whole[1:, 10:54, 10:54] = 1
    whole[mask > 0] = 2
    return whole


def in_air(mask: np.ndarray) -> np.ndarray:
    moved = np.zeros_like(mask)
    moved[2:4, :5, 20:30] = 1
    return moved


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (liver_and_tumour, "it seems to be the liver"),
        (in_air, "lies outside the body"),
        (lambda mask: np.where(np.ones_like(mask), 3, 0).astype(np.uint8), "of the body in view"),
        (np.zeros_like, "but the mask is empty"),
    ],
)
def test_a_mask_that_cannot_be_meant_is_never_trained_on_and_check_says_the_same(
    change: Callable[[np.ndarray], np.ndarray], said: str, dataset: Path, tmp_path: Path
) -> None:
    other = copied(dataset, tmp_path)
    rewritten(other / "case_2" / "mask.nii.gz", change)
    with pytest.raises(InputError, match=f"^Case case_2: .*{said}") as error:
        prepare_dataset(other, tmp_path / "cache", processes=1, preprocessing=SMALL)
    problems = next(case.problems for case in check_dataset(other).cases if case.case == "case_2")
    assert str(error.value) == f"Case case_2: {' '.join(problems)}"


def test_a_class_that_contradicts_the_mask_is_refused_although_the_slices_are_in_the_cache(
    dataset: Path, prepared: Path, tmp_path: Path
) -> None:
    other = copied(dataset, tmp_path)
    cache = tmp_path / "cache"
    prepare_dataset(other, cache, processes=1, preprocessing=SMALL)
    table = other / "cases.csv"
    table.write_text(table.read_text().replace("patient_1,hemangioma", "patient_1,none"))
    with pytest.raises(InputError, match="Case case_1: The class is none, but the mask holds lesions"):
        prepare_dataset(other, cache, processes=1, preprocessing=SMALL)


def test_one_study_under_two_patients_is_never_trained_on(dataset: Path, tmp_path: Path) -> None:
    other = copied(dataset, tmp_path)
    for path in (other / "case_0").iterdir():
        shutil.copy(path, other / "case_4" / path.name)
    with pytest.raises(InputError, match="case_0 and case_4 hold the same portal venous image"):
        prepare_dataset(other, tmp_path / "cache", processes=1, preprocessing=SMALL)


def test_warnings_are_counted_and_led_to_the_check(
    dataset: Path, prepared: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = copied(dataset, tmp_path)
    for phase in FOUR_PHASES:
        rewritten(other / "case_3" / f"{phase.value}.nii.gz", lambda image: image + 700)
    table = other / "cases.csv"
    table.write_text(table.read_text().replace(",patient_4,", ",Patient 03,"))
    store = prepare_dataset(other, tmp_path / "cache", processes=1, preprocessing=SMALL)
    assert "offset:700" in store.cases[3].notes.doubts
    assert "'Patient 03' and 'patient_3' count as different" in caplog.text
    assert f"'mtinet check {other}' lists all" in caplog.text


def test_several_processes_prepare_the_same(dataset: Path, prepared: Path, tmp_path: Path) -> None:
    one = prepare_dataset(dataset, prepared, processes=1, preprocessing=SMALL)
    progress = Recorded()
    two = prepare_dataset(dataset, tmp_path, processes=2, preprocessing=SMALL, progress=progress)
    for entry in one.entries:
        assert np.array_equal(one.phases(entry), two.phases(entry))
        assert np.array_equal(one.labels(entry), two.labels(entry))
    assert sorted(set(progress.steps)) == list(range(7))
    assert progress.steps == sorted(progress.steps)


def test_cancelling_keeps_finished_cases_and_leaves_no_parts(dataset: Path, tmp_path: Path) -> None:
    class CancelAfterTwo(Silent):
        def update(self, done: int) -> None:
            if done == 2:
                raise Cancelled

    with pytest.raises(Cancelled):
        prepare_dataset(dataset, tmp_path, processes=1, preprocessing=SMALL, progress=CancelAfterTwo())
    assert len(list(tmp_path.iterdir())) == 2
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_full_disk_names_the_case_and_keeps_what_is_finished(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = prepare.write_study

    def full(folder: Path, *rest: object) -> None:
        if len(list(tmp_path.iterdir())) == 2:
            folder.mkdir()
            raise OSError(28, "No space left on device")
        written(folder, *rest)

    monkeypatch.setattr(prepare, "write_study", full)
    with pytest.raises(MissingResourceError, match=r"Case case_2: .* \(No space left on device\); make room"):
        prepare_dataset(dataset, tmp_path, processes=1, preprocessing=SMALL)
    assert len(list(tmp_path.iterdir())) == 2


def test_preparing_processes_end_when_their_parent_is_killed(dataset: Path, tmp_path: Path) -> None:
    code = (
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from MTINetLib.progress import Silent\n"
        "from MTINetLib.training import prepare\n"
        "class Die(Silent):\n"
        "    def update(self, done):\n"
        "        if done:\n"
        "            pids = [str(p.pid) for p in __import__('multiprocessing').active_children()]\n"
        "            print(' '.join(pids), flush=True)\n"
        "            os.kill(os.getpid(), 9)\n"
        "if __name__ == '__main__':\n"
        "    paths = Path(sys.argv[1]), Path(sys.argv[2])\n"
        "    small = prepare.AxialSlices(64)\n"
        "    prepare.prepare_dataset(*paths, processes=2, preprocessing=small, progress=Die())\n"
    )
    script = tmp_path / "prepares.py"
    script.write_text(code)
    told = subprocess.run(
        [sys.executable, str(script), str(dataset), str(tmp_path / "cache")],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
    )
    children = [int(word) for word in told.stdout.split()]
    assert len(children) == 2, told.stderr
    wait_until(lambda: not any(psutil.pid_exists(child) for child in children))


def test_a_mask_on_another_grid_is_an_error_that_names_the_case(dataset: Path, tmp_path: Path) -> None:
    other = copied(dataset, tmp_path)
    path = other / "case_3" / "mask.nii.gz"
    mask = SimpleITK.ReadImage(str(path))
    mask.SetOrigin((50.0, 0.0, 0.0))
    SimpleITK.WriteImage(mask, str(path))
    with pytest.raises(InputError, match=r"Case case_3: the mask .* another grid"):
        prepare_dataset(other, tmp_path / "cache", processes=1, preprocessing=SMALL)


def test_a_mask_that_is_no_label_map_is_an_error(dataset: Path, tmp_path: Path) -> None:
    other = copied(dataset, tmp_path)
    path = other / "case_1" / "mask.nii.gz"
    mask = SimpleITK.Cast(SimpleITK.ReadImage(str(path)), SimpleITK.sitkFloat32) * 0.5
    SimpleITK.WriteImage(mask, str(path))
    with pytest.raises(InputError, match=r"Case case_1: .*not a label map"):
        prepare_dataset(other, tmp_path / "cache", processes=1, preprocessing=SMALL)


def test_a_case_with_lesions_needs_a_mask(dataset: Path, tmp_path: Path) -> None:
    other = copied(dataset, tmp_path)
    table = other / "cases.csv"
    table.write_text(table.read_text().replace("case_0/mask.nii.gz", ""))
    with pytest.raises(InputError, match=r"Case case_0: training needs its mask"):
        prepare_dataset(other, tmp_path / "cache", processes=1, preprocessing=SMALL)


def test_a_study_without_lesions_needs_no_mask(dataset: Path, tmp_path: Path) -> None:
    other = copied(dataset, tmp_path)
    table = other / "cases.csv"
    table.write_text(table.read_text().replace("case_5/mask.nii.gz", ""))
    store = prepare_dataset(other, tmp_path / "cache", processes=1, preprocessing=SMALL)
    assert not any(store.cases[5].areas)


def test_a_mask_rewritten_in_the_same_size_and_time_is_read_again(dataset: Path, tmp_path: Path) -> None:
    root = copied(dataset, tmp_path / "data")
    mask = root / "case_0" / "mask.nii"
    image = SimpleITK.ReadImage(str(root / "case_0" / "mask.nii.gz"))
    SimpleITK.WriteImage(image, str(mask))
    table = root / "cases.csv"
    table.write_text(table.read_text().replace("case_0/mask.nii.gz", "case_0/mask.nii"))
    before = prepare_dataset(root, tmp_path / "cache", processes=1, preprocessing=SMALL).cases[0]
    times = mask.stat()
    moved = np.roll(SimpleITK.GetArrayFromImage(image), 3, axis=2)
    changed = SimpleITK.GetImageFromArray(moved)
    changed.CopyInformation(image)
    SimpleITK.WriteImage(changed, str(mask))
    os.utime(mask, ns=(times.st_atime_ns, times.st_mtime_ns))
    after = prepare_dataset(root, tmp_path / "cache", processes=1, preprocessing=SMALL).cases[0]
    assert before.images == after.images
    assert before.truth != after.truth
    assert not np.array_equal(np.load(before.folder / "labels.npy"), np.load(after.folder / "labels.npy"))


def test_pixels_beside_a_header_count_as_its_content(dataset: Path, tmp_path: Path) -> None:
    root = copied(dataset, tmp_path / "data")
    image = SimpleITK.ReadImage(str(root / "case_0" / "arterial.nii.gz"))
    SimpleITK.WriteImage(image, str(root / "case_0" / "arterial.mhd"))
    table = root / "cases.csv"
    table.write_text(table.read_text().replace("case_0/arterial.nii.gz", "case_0/arterial.mhd"))
    before = prepare_dataset(root, tmp_path / "cache", processes=1, preprocessing=SMALL).cases[0]
    raw = next((root / "case_0").glob("arterial.*raw"))
    raw.write_bytes(
        SimpleITK.GetArrayFromImage(image * 0.5).astype("float64").tobytes()[: raw.stat().st_size]
    )
    after = prepare_dataset(root, tmp_path / "cache", processes=1, preprocessing=SMALL).cases[0]
    assert before.images != after.images


def test_one_process_sees_a_cancellation_between_two_phases(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    whole = opening.read_volume

    def counted(path: Path) -> SourceVolume:
        read.append(path)
        return whole(path)

    class CancelAfterTwoPhases(Silent):
        def update(self, done: int) -> None:
            if len(read) == 2:
                raise Cancelled

    monkeypatch.setattr(opening, "read_volume", counted)
    with pytest.raises(Cancelled):
        prepare_dataset(dataset, tmp_path, processes=1, preprocessing=SMALL, progress=CancelAfterTwoPhases())
    assert len(read) == 2
    assert not list(tmp_path.iterdir())


def test_a_lesion_that_a_phase_does_not_show_trains_its_outline_alone(dataset: Path, tmp_path: Path) -> None:
    """It has a mask there, but no curve and no class that could be learnt."""
    copy = copied(dataset, tmp_path)
    whole = prepare_dataset(copy, tmp_path / "whole", processes=1, preprocessing=SMALL)
    cases = read_dataset(copy)
    number = next(n for n, case in enumerate(cases) if case.case_class == "hemangioma")
    bearing = [entry for entry in whole.entries if entry.case == number and entry.lesions]
    path = cases[number].phase_paths[Phase.DELAYED]
    volume = read_volume(path)
    array = volume.array.copy()
    array[bearing[0].z] = np.nan  # the phantom's slices run as the network's do
    write_volume(path, array, volume.grid)
    store = prepare_dataset(copy, tmp_path / "cut", processes=1, preprocessing=SMALL)
    z = bearing[0].z
    seen = {
        entry.z: entry.lesions[0].seen for entry in store.entries if entry.case == number and entry.lesions
    }
    assert seen == {entry.z: entry.z != z for entry in bearing}
    place = next(n for n, entry in enumerate(store.entries) if (entry.case, entry.z) == (number, z))
    for focus in ("lesion", "slice"):
        sample = SliceDataset(store, focus)[Draw(place, 0, 0)]
        assert sample.tumour.any()
        assert not sample.lesion.any()
        assert sample.class_index == UNKNOWN_CLASS
        sample = SliceDataset(whole, focus)[Draw(place, 0, 0)]
        assert sample.lesion.equal(sample.tumour)
        assert sample.class_index != UNKNOWN_CLASS
