"""Moved phases are brought back, and phases that lie right are left alone."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy import ndimage

from MTINetLib.phases.recognise import recognise_phases
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.registration.align import Mode, align
from MTINetLib.registration.motion import CoarsePhase, Reference
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.study.resample import coarsen, resample, resample_covered, translation
from MTINetLib.study.study import Study, Volume

_TURN = np.array([[1.0, 0.0, 0.0], [0.0, 0.96, -0.28], [0.0, 0.28, 0.96]])
GRID = Grid((26, 56, 64), (5.0, 5.0, 7.0), (-150.0, -120.0, -80.0), tuple(_TURN.ravel()))  # type: ignore[arg-type]
LESION_KJI = (13, 27, 22)


@cache
def _organs() -> tuple[Volume, Volume, Volume]:
    """A body with blobs of organs, vessels and one lesion, each [K, J, I]."""
    rng = np.random.default_rng(4)
    k, j, i = np.indices(GRID.shape)
    body = (((j - 28) / 24) ** 2 + ((i - 32) / 29) ** 2 < 1).astype(np.float32)
    organs = ndimage.gaussian_filter(rng.standard_normal(GRID.shape), (1.6, 2.5, 2.5))
    vessels = ndimage.gaussian_filter(rng.standard_normal(GRID.shape), (1.2, 1.2, 1.2))
    place = np.array(GRID.spacing[::-1])[:, None]
    away = np.stack([k.ravel(), j.ravel(), i.ravel()]) - np.array(LESION_KJI)[:, None]
    lesion = (np.linalg.norm(away * place, axis=0) < 16).reshape(GRID.shape)
    vessel = (vessels > np.quantile(vessels, 0.96)) * body * ~ndimage.binary_dilation(lesion, iterations=2)
    levels = np.digitize(organs, np.quantile(organs, [0.25, 0.5, 0.75])).astype(np.float32)
    return (
        (body * (200 + 60 * levels)).astype(np.float32),
        vessel.astype(np.float32),
        lesion.astype(np.float32),
    )


def _phase(phase: Phase, shift_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> SourceVolume:
    """One phase with its own contrast and noise, its content shifted by LPS mm."""
    organs, vessels, lesion = _organs()
    vessel_rise, gain, lesion_level = [(0, 1.0, 900), (500, 1.1, 1500), (250, 1.25, 1300), (180, 1.2, 1100)][
        FOUR_PHASES.index(phase)
    ]
    still = organs * gain * (lesion == 0) + vessels * vessel_rise + lesion * lesion_level
    step = np.linalg.solve(GRID.ijk_to_lps[:3, :3], np.array(shift_mm))[::-1]
    moved = ndimage.shift(still, step, order=1, mode="nearest") if np.any(step) else still
    noise = np.random.default_rng(FOUR_PHASES.index(phase)).normal(0, 8, GRID.shape)
    return SourceVolume.of_array(np.clip(moved + noise, 0, None), GRID, phase.value)


def _aligned(shifts: dict[Phase, tuple[float, float, float]], mode: Mode = "auto") -> Study:
    told = {phase: _phase(phase, shifts.get(phase, (0.0, 0.0, 0.0))) for phase in FOUR_PHASES}
    return align(recognise_phases(list(told.values()), told, phases=FOUR_PHASES), mode=mode)


def _lesion_error_mm(study: Study, phase: Phase) -> float:
    """How far the lesion's centre lies from its true place; the lesion is brighter than all else."""
    volume = ndimage.gaussian_filter(study.phase(phase), 0.7)
    around = np.zeros(volume.shape, dtype=bool)
    k, j, i = LESION_KJI
    around[k - 7 : k + 8, j - 9 : j + 10, i - 9 : i + 10] = True
    bright = around & (volume > 0.65 * volume[around].max())
    labels, _ = ndimage.label(bright)
    biggest = labels == np.argmax(np.bincount(labels.ravel())[1:]) + 1
    centre = ndimage.center_of_mass(np.where(biggest, volume, 0))
    return float(np.linalg.norm(study.grid.to_lps(centre) - study.grid.to_lps(LESION_KJI)))


def test_phases_that_lie_right_are_taken_over_voxel_by_voxel() -> None:
    study = _aligned({})
    for phase in FOUR_PHASES:
        np.testing.assert_array_equal(study.phase(phase), _phase(phase).array)
    assert not [flag for flag in study.flags if flag.startswith(("motion", "registered", "resampled"))]
    assert study.alignment[2] == 1.0
    assert min(figure for figure in study.alignment if figure is not None) > 0.4


@pytest.mark.parametrize("shift_mm", [(0.0, 4.0, 11.0), (7.0, -6.0, -14.0), (0.0, 0.0, 24.0)])
def test_a_known_shift_is_recovered_within_two_millimetres(shift_mm: tuple[float, float, float]) -> None:
    apart = _aligned({Phase.ARTERIAL: shift_mm}, mode="off")
    assert _lesion_error_mm(apart, Phase.ARTERIAL) > 0.8 * np.linalg.norm(shift_mm)
    assert "motion:arterial" in apart.flags
    study = _aligned({Phase.ARTERIAL: shift_mm})
    assert _lesion_error_mm(study, Phase.ARTERIAL) <= 2.0
    assert {"registered:arterial", "resampled:arterial"} <= set(study.flags)
    before, after = apart.alignment[1], study.alignment[1]
    assert before is not None
    assert after is not None
    assert after > before + 0.05


def test_a_smooth_bend_is_recovered_within_two_millimetres() -> None:
    told = {phase: _phase(phase) for phase in FOUR_PHASES}
    told[Phase.ARTERIAL] = _bent(told[Phase.ARTERIAL])
    assignment = recognise_phases(list(told.values()), told, phases=FOUR_PHASES)
    apart = align(assignment, mode="off")
    assert _lesion_error_mm(apart, Phase.ARTERIAL) > 4.0
    study = align(assignment)
    assert _lesion_error_mm(study, Phase.ARTERIAL) <= 2.0
    assert {"deformed:arterial", "resampled:arterial"} <= set(study.flags)


def _bent(phase: SourceVolume) -> SourceVolume:
    """Its slices stretched and squeezed along the rows, by 8 mm at most: nothing at both ends."""
    k, j, i = np.indices(GRID.shape, dtype=np.float64)
    voxels = (
        8.0 / GRID.spacing[0] * np.sin(np.pi * j / (GRID.shape[1] - 1)) * np.cos(np.pi * i / GRID.shape[2])
    )
    bent = ndimage.map_coordinates(phase.array, [k, j, i + voxels], order=1, mode="nearest")
    return SourceVolume.of_array(bent.astype(np.float32), GRID, phase.name)


def test_the_edge_of_a_moved_field_of_view_is_not_taken_for_anatomy() -> None:
    portal = _phase(Phase.PORTAL_VENOUS)
    reference = Reference.of(portal.array, GRID)
    near, far = (
        reference.fit(CoarsePhase.of(portal.array[slices:], _without_first(slices))) for slices in (0, 6)
    )
    assert near.agreement == pytest.approx(1.0)
    assert far.agreement == pytest.approx(1.0, abs=0.02)


def _without_first(slices: int) -> Grid:
    origin = GRID.to_lps((slices, 0, 0))
    shape = (GRID.shape[0] - slices, *GRID.shape[1:])
    return Grid(shape, GRID.spacing, (origin[0], origin[1], origin[2]), GRID.direction)


def test_registering_by_force_does_not_worsen_an_aligned_study() -> None:
    study = _aligned({}, mode="force")
    for phase in FOUR_PHASES:
        assert _lesion_error_mm(study, phase) <= _lesion_error_mm(_aligned({}, mode="off"), phase) + 0.5


def test_the_same_volumes_are_aligned_the_same_way() -> None:
    shifts = {Phase.PRE: (0.0, 3.0, 9.0)}
    np.testing.assert_array_equal(_aligned(shifts).volumes, _aligned(shifts).volumes)


def test_the_measured_shift_has_the_right_size_and_direction() -> None:
    reference = Reference.of(_phase(Phase.PORTAL_VENOUS).array, GRID)
    moved = CoarsePhase.of(_phase(Phase.DELAYED, (6.0, -4.0, 10.0)).array, GRID)
    found = reference.fit(moved).shift_mm
    np.testing.assert_allclose(found, (6.0, -4.0, 10.0), atol=1.5)


def test_a_phase_that_covers_only_a_part_is_flagged() -> None:
    told = {phase: _phase(phase) for phase in FOUR_PHASES}
    part = Grid((16, 56, 64), GRID.spacing, GRID.origin, GRID.direction)
    told[Phase.PRE] = SourceVolume.of_array(told[Phase.PRE].array[:16], part, "pre")
    study = align(recognise_phases(list(told.values()), told, phases=FOUR_PHASES))
    missing = (GRID.shape[0] - 16) * GRID.spacing[2]
    share = 100 * (1 - 16 / GRID.shape[0])
    assert {f"uncovered:pre:{missing:.0f}_mm:{share:.0f}_percent", "resampled:pre"} <= set(study.flags)
    np.testing.assert_allclose(study.phase(Phase.PRE)[:16], told[Phase.PRE].array, atol=1e-3)


def test_resampling_to_the_same_grid_changes_nothing() -> None:
    array = _phase(Phase.PRE).array
    np.testing.assert_allclose(resample(array, GRID, GRID), array, atol=1e-3)


def test_coarse_voxels_lie_in_the_middle_of_their_blocks() -> None:
    ramp = GRID.to_lps(np.moveaxis(np.indices(GRID.shape), 0, -1))[..., 2].astype(np.float32)
    coarse, grid = coarsen(ramp, GRID, 15.0)
    index = np.moveaxis(np.indices(grid.shape), 0, -1)
    np.testing.assert_allclose(coarse, grid.to_lps(index)[..., 2], atol=1e-3)


def _marked(study: Study) -> dict[Phase, float]:
    """The share of voxels without an image, by phase."""
    assert study.covered is not None
    return {phase: float(1 - study.covered[study.index(phase)].mean()) for phase in FOUR_PHASES}


def test_where_phases_have_an_image_is_known_and_everywhere_else_they_are_zero() -> None:
    assert _aligned({}).covered is None
    told = {phase: _phase(phase) for phase in FOUR_PHASES}
    part = Grid((20, 56, 64), GRID.spacing, GRID.origin, GRID.direction)
    told[Phase.DELAYED] = SourceVolume.of_array(told[Phase.DELAYED].array[:20], part, "delayed")
    gaps = told[Phase.PRE].array.copy()
    gaps[:, :, 50:] = np.nan
    told[Phase.PRE] = SourceVolume.of_array(gaps, GRID, "pre")
    study = align(recognise_phases(list(told.values()), told, phases=FOUR_PHASES), mode="off")
    assert study.covered is not None
    expected = np.ones(study.volumes.shape, dtype=bool)
    expected[0, :, :, 50:] = expected[3, 20:] = False
    np.testing.assert_array_equal(study.covered, expected)
    assert not study.volumes[~expected].any()


def test_a_phase_that_was_moved_has_no_image_where_it_came_from() -> None:
    marked = _marked(_aligned({Phase.ARTERIAL: (0.0, 4.0, 11.0)}))
    assert 0.02 < marked[Phase.ARTERIAL] < 0.3
    assert marked[Phase.PRE] == marked[Phase.PORTAL_VENOUS] == 0.0


def test_gaps_of_a_phase_are_gaps_after_it_was_resampled() -> None:
    array = _phase(Phase.PRE).array
    covered = np.ones(GRID.shape, dtype=bool)
    covered[:9] = False
    moved, shown = resample_covered(array, covered, GRID, GRID, translation(np.array([0.0, 0.0, 3.0])))
    assert shown is not None
    assert not shown[:8].any()
    assert shown[10:20, 20:40, 20:40].all()
    np.testing.assert_array_equal(moved, resample(array, GRID, GRID, translation(np.array([0.0, 0.0, 3.0]))))


@pytest.mark.parametrize("step_mm", [1.0, 3.0, 5.0, 9.0, 20.0])
@pytest.mark.parametrize("shape", [(4, 20, 21), (24, 88, 90)])
def test_a_coarse_image_is_the_mean_of_its_blocks_to_the_bit(
    shape: tuple[int, int, int], step_mm: float
) -> None:
    whole = np.random.default_rng(1).normal(300, 90, shape).astype(np.float32)
    for array in (whole, whole[1:, 2:-1, 1:-2]):
        grid = Grid(array.shape, (1.2, 1.0, 4.0), (0.0, 0.0, 0.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))  # type: ignore[arg-type]
        coarse, coarse_grid = coarsen(array, grid, step_mm)
        steps = [round(big / small) for big, small in zip(coarse_grid.spacing, grid.spacing, strict=True)][
            ::-1
        ]
        counts = coarse.shape
        kept = array[tuple(slice(0, n * step) for n, step in zip(counts, steps, strict=True))]
        blocks = kept.reshape([size for pair in zip(counts, steps, strict=True) for size in pair])
        np.testing.assert_array_equal(coarse, blocks.mean(axis=(1, 3, 5), dtype=np.float32))
