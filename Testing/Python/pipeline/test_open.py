"""From a folder or four paths to a study, the whole way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from pydicom.dataset import Dataset
from support import dicom_layouts as layouts

from MTINetLib.errors import InputError
from MTINetLib.phantom.dicom_writer import SIEMENS_DESCRIPTIONS, DicomStyle, write_study_as_dicom
from MTINetLib.pipeline.open import open_study
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.study.study import PhaseSource, Study


def _write(path: Path, array: np.ndarray, grid: Grid) -> Path:
    image = SimpleITK.GetImageFromArray(array)
    image.SetSpacing(grid.spacing)
    image.SetOrigin(grid.origin)
    image.SetDirection(grid.direction)
    SimpleITK.WriteImage(image, str(path))
    return path


@pytest.fixture
def truth() -> layouts.Truth:
    return layouts.make_truth()


@pytest.fixture
def paths(tmp_path: Path, truth: layouts.Truth) -> dict[Phase, Path]:
    names = {
        Phase.PRE: "0.nii.gz",
        Phase.ARTERIAL: "1.nrrd",
        Phase.PORTAL_VENOUS: "2.mha",
        Phase.DELAYED: "3.nii",
    }
    return {
        p: _write(tmp_path / name, truth.volumes[FOUR_PHASES.index(p)], truth.grid)
        for p, name in names.items()
    }


@pytest.mark.parametrize("name", sorted(set(layouts.LAYOUTS) - {"b"}))
def test_every_layout_with_times_becomes_a_study(tmp_path: Path, truth: layouts.Truth, name: str) -> None:
    study = open_study(layouts.write_shuffled(tmp_path, layouts.LAYOUTS[name](truth)))
    np.testing.assert_array_equal(study.volumes, truth.volumes)
    assert study.grid.matches(truth.grid, tolerance_mm=1e-4)
    np.testing.assert_allclose(study.times_s, truth.times_s, atol=1e-3)
    assert [source.time_point for source in study.sources] == ([None] * 4 if name == "f" else [1, 2, 3, 4])


def test_a_series_that_only_counts_its_time_points_is_asked_about(
    tmp_path: Path, truth: layouts.Truth
) -> None:
    with pytest.raises(InputError, match="Name the four phases yourself"):
        open_study(layouts.write_shuffled(tmp_path, layouts.ge_without_identifier(truth)))


def test_four_files_become_a_study(paths: Mapping[Phase, Path], truth: layouts.Truth) -> None:
    study = open_study(paths)
    np.testing.assert_array_equal(study.volumes, truth.volumes)
    assert study.times_s == (None, None, None, None)
    assert study.sources[0].description == "0.nii.gz"
    assert study.grid.matches(truth.grid, tolerance_mm=1e-3)


def test_series_folders_given_by_phase_keep_their_times(tmp_path: Path, truth: layouts.Truth) -> None:
    images = layouts.series_per_phase(truth)
    paths = {}
    for phase in FOUR_PHASES:
        own = images[8 * FOUR_PHASES.index(phase) : 8 * FOUR_PHASES.index(phase) + 8]
        paths[phase] = layouts.write_shuffled(tmp_path / phase.value, own)
    study = open_study(paths)
    np.testing.assert_allclose(study.times_s, truth.times_s, atol=1e-3)
    assert all(source.series_uid for source in study.sources)


def test_a_missing_phase_is_named(paths: dict[Phase, Path]) -> None:
    del paths[Phase.DELAYED]
    with pytest.raises(InputError, match="No path was given for the delayed phase"):
        open_study(paths, phases=FOUR_PHASES)


def test_files_of_which_nothing_else_is_said_are_the_phases(paths: dict[Phase, Path]) -> None:
    del paths[Phase.DELAYED]
    study = open_study(paths)
    assert study.phases == FOUR_PHASES[:3]
    assert study.reference is Phase.PORTAL_VENOUS
    with pytest.raises(InputError, match="must be two or more different ones"):
        open_study({Phase.ARTERIAL: paths[Phase.ARTERIAL]})


def test_a_folder_that_lacks_a_phase_says_which_one(tmp_path: Path, truth: layouts.Truth) -> None:
    images = layouts.series_per_phase(truth)
    folder = layouts.write_shuffled(tmp_path, [*images[:8], *images[16:]])
    with pytest.raises(
        InputError, match=r"^The study lacks the arterial phase: pre-contrast, portal venous and"
    ):
        open_study(folder)


def test_a_phase_on_another_grid_is_resampled_to_the_reference(
    tmp_path: Path, paths: dict[Phase, Path], truth: layouts.Truth
) -> None:
    fine = Grid(
        (16, 48, 64), tuple(s / 2 for s in truth.grid.spacing), truth.grid.origin, truth.grid.direction
    )  # type: ignore[arg-type]
    doubled = truth.volumes[1].repeat(2, 0).repeat(2, 1).repeat(2, 2)
    corner = truth.grid.to_lps((-0.25, -0.25, -0.25))
    fine = Grid(fine.shape, fine.spacing, tuple(float(v) for v in corner), fine.direction)  # type: ignore[arg-type]
    paths[Phase.ARTERIAL] = _write(tmp_path / "fine.nrrd", doubled, fine)
    study = open_study(paths)
    assert study.grid.matches(truth.grid, tolerance_mm=1e-3)
    np.testing.assert_allclose(study.phase(Phase.ARTERIAL), truth.volumes[1], atol=0.01)
    assert "resampled:arterial" in study.flags


def test_the_reference_phase_can_be_another(paths: Mapping[Phase, Path]) -> None:
    study = open_study(paths, reference=Phase.ARTERIAL)
    assert study.reference is Phase.ARTERIAL
    assert study.alignment[1] == 1.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: np.full_like(a, 7.0), "arterial phase .* has the same value 7 everywhere"),
        (lambda a: np.where(a > 300, np.inf, a), "arterial phase cannot be used: .* infinite"),
        (lambda a: a[:1], "arterial phase .* has 1 slices"),
        (lambda a: np.stack([a, a]), "has 4 dimensions"),
        (lambda a: a[0], "has 2 dimensions"),
    ],
)
def test_unusable_images_are_refused_by_phase(
    tmp_path: Path, paths: dict[Phase, Path], truth: layouts.Truth, change: object, message: str
) -> None:
    array = change(truth.volumes[1]).astype(np.float32)  # type: ignore[operator]
    path = tmp_path / "changed.nii.gz"
    if array.ndim == 3:
        _write(path, array, truth.grid)
    elif array.ndim == 4:
        SimpleITK.WriteImage(
            SimpleITK.JoinSeries([SimpleITK.GetImageFromArray(part) for part in array]), str(path)
        )
    else:
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(array), str(path))
    paths[Phase.ARTERIAL] = path
    with pytest.raises(InputError, match=message):
        open_study(paths)


def test_the_same_image_for_two_phases_is_refused(paths: dict[Phase, Path]) -> None:
    paths[Phase.DELAYED] = paths[Phase.PRE]
    with pytest.raises(InputError, match="pre-contrast and the delayed phase hold the same image"):
        open_study(paths)


def test_phases_of_different_regions_are_refused(
    tmp_path: Path, paths: dict[Phase, Path], truth: layouts.Truth
) -> None:
    far = Grid(truth.grid.shape, truth.grid.spacing, (900.0, 0.0, 0.0), truth.grid.direction)
    paths[Phase.PRE] = _write(tmp_path / "far.nrrd", truth.volumes[0], far)
    with pytest.raises(InputError, match=r"pre-contrast phase 'far\.nrrd' covers only 0%"):
        open_study(paths)


@pytest.mark.parametrize("name", ["absent.nii.gz", "text.nii.gz", "text.jpg"])
def test_files_that_are_no_volume_are_named(tmp_path: Path, paths: dict[Phase, Path], name: str) -> None:
    if name.startswith("text"):
        (tmp_path / name).write_text("not an image")
    paths[Phase.PRE] = tmp_path / name
    with pytest.raises(InputError, match=f"pre-contrast phase cannot be used: .*{name}"):
        open_study(paths)


def test_an_incomplete_phase_is_an_error_even_if_the_rest_is_whole(
    tmp_path: Path, truth: layouts.Truth
) -> None:
    images: list[Dataset] = layouts.series_per_phase(truth)
    del images[12]
    with pytest.raises(InputError, match="'LAVA ART' misses 1 slice"):
        open_study(layouts.write_shuffled(tmp_path, images))


def test_an_incomplete_other_series_does_not_stand_in_the_way(tmp_path: Path, truth: layouts.Truth) -> None:
    images: list[Dataset] = layouts.series_per_phase(truth)
    for k in (0, 1, 2, 4, 5, 6):
        other = layouts.slice_of(truth, 0, k, "t2", k)
        other.SeriesDescription = "Ax T2"
        images.append(other)
    study = open_study(layouts.write_shuffled(tmp_path, images))
    np.testing.assert_array_equal(study.volumes, truth.volumes)


@pytest.mark.parametrize("one_folder_each", [True, False])
def test_a_written_phantom_study_comes_back_exactly(
    tmp_path: Path, truth: layouts.Truth, one_folder_each: bool
) -> None:
    times = (-18.5, 33.25, 71.0, 185.0)
    sources = tuple(PhaseSource("made") for _ in FOUR_PHASES)
    study = Study(truth.volumes, truth.grid, Phase.PORTAL_VENOUS, times, sources, phases=FOUR_PHASES)  # type: ignore[arg-type]
    style = DicomStyle(descriptions=SIEMENS_DESCRIPTIONS, folder_per_series=one_folder_each, suffix="")
    write_study_as_dicom(tmp_path, study, patient_id="P7", study_seed=7, style=style)
    back = open_study(tmp_path)
    np.testing.assert_array_equal(back.volumes, study.volumes)
    assert back.grid.matches(study.grid, tolerance_mm=1e-4)
    assert back.times_s == times
    assert back.flags == ()
    assert min(source.confidence for source in back.sources) > 0.95
