from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from MTINetLib.study.grid import Grid
from MTINetLib.study.slices import SliceFrame

IDENTITY = np.eye(3)
SIGNED_PERMUTATIONS = [
    np.array([[sign[c] * (order[c] == r) for c in range(3)] for r in range(3)], dtype=float)
    for order in permutations(range(3))
    for sign in product((1, -1), repeat=3)
]


def make_grid(
    shape: tuple[int, int, int],
    spacing: tuple[float, float, float],
    direction: np.ndarray = IDENTITY,
    origin: tuple[float, float, float] = (-100.0, -80.0, 40.0),
) -> Grid:
    return Grid(shape, spacing, origin, tuple(float(x) for x in direction.ravel()))


def ball(grid: Grid, radius_mm: float, offset: tuple[float, float, float] = (0, 0, 0)) -> np.ndarray:
    kji = np.stack(np.meshgrid(*[np.arange(n) for n in grid.shape], indexing="ij"), axis=-1)
    centre = grid.to_lps((np.array(grid.shape) - 1) / 2) + np.array(offset)
    return np.linalg.norm(grid.to_lps(kji) - centre, axis=-1) <= radius_mm


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return float(2 * (a & b).sum() / (a.sum() + b.sum()))


def test_a_square_axial_volume_passes_unchanged() -> None:
    grid = make_grid((3, 256, 256), (1.5, 1.5, 4.0))
    volumes = np.random.default_rng(0).normal(size=(4, 3, 256, 256)).astype(np.float32)
    frame = SliceFrame.of(grid)
    slices = frame.to_slices(volumes)
    assert slices.shape == (3, 4, 256, 256)
    assert np.array_equal(slices, volumes.transpose(1, 0, 2, 3))
    assert np.array_equal(frame.to_native(slices[:, 2]), volumes[2])
    assert frame.pixel_mm == 1.5


@pytest.mark.parametrize("direction", SIGNED_PERMUTATIONS)
def test_every_axis_order_and_flip_turns_to_axial_and_back_exactly(direction: np.ndarray) -> None:
    grid = make_grid((4, 5, 6), (1.0, 2.0, 3.0), direction)
    frame = SliceFrame.of(grid, size=8)
    kji = np.stack(np.meshgrid(*[np.arange(n) for n in grid.shape], indexing="ij"), axis=-1)
    lps = np.moveaxis(grid.to_lps(kji), -1, 0)
    turned = frame.to_canonical(lps)
    assert (np.diff(turned[2], axis=0) > 0).all(), "slices run towards superior"
    assert (np.diff(turned[1], axis=1) > 0).all(), "rows run towards posterior"
    assert (np.diff(turned[0], axis=2) > 0).all(), "columns run towards left"
    assert np.array_equal(frame.from_canonical(turned), lps)
    assert turned.shape[1:] == frame.canonical_shape
    assert np.allclose(
        [abs(np.diff(turned[2 - n], axis=n)).mean() for n in range(3)], frame.canonical_spacing
    )


@pytest.mark.parametrize("direction", SIGNED_PERMUTATIONS[::7])
def test_a_reversed_or_turned_stack_gives_the_same_slices(direction: np.ndarray) -> None:
    axial = make_grid((6, 20, 24), (2.0, 2.5, 4.0))
    frame = SliceFrame.of(axial, size=32)
    volume = np.random.default_rng(1).normal(size=(1, *axial.shape)).astype(np.float32)
    expected = frame.to_slices(volume)

    turned = make_grid((9, 9, 9), (1.0, 1.0, 1.0), direction)  # only its direction counts here
    template = SliceFrame.of(turned, size=32)
    native = template.from_canonical(volume)
    spacing = [0.0, 0.0, 0.0]
    for canonical_axis, axis in enumerate(template.axes):
        spacing[2 - axis] = axial.spacing[2 - canonical_axis]
    other = SliceFrame.of(make_grid(native.shape[1:], tuple(spacing), direction), size=32)
    assert np.array_equal(other.to_slices(native), expected)
    assert np.array_equal(
        other.to_native(expected[:, 0]), template.from_canonical(frame.to_native(expected[:, 0]))
    )


@pytest.mark.parametrize(
    ("shape", "spacing"),
    [
        ((10, 180, 256), (1.4, 1.4, 4.0)),
        ((10, 320, 260), (1.1, 1.1, 4.0)),
        ((10, 200, 200), (1.9, 1.2, 4.0)),
        ((10, 512, 512), (0.7, 0.7, 4.0)),
        ((10, 128, 96), (2.8, 3.1, 4.0)),
    ],
)
@pytest.mark.parametrize("tilt", [0, 23])
def test_a_mask_goes_to_slices_and_back(shape, spacing, tilt) -> None:
    direction = Rotation.from_euler("xyz", [tilt, -tilt / 2, tilt / 3], degrees=True).as_matrix()
    grid = make_grid(shape, spacing, direction)
    mask = ball(grid, 18.0, (9.3, -7.7, 0.0))
    frame = SliceFrame.of(grid)
    labels = frame.labels_to_slices(mask.astype(np.uint8))
    assert labels.dtype == np.uint8
    back = frame.to_native(labels.astype(np.float32)) > 0.5
    assert dice(mask, back) > 0.97
    area_native = mask.sum() * grid.spacing[0] * grid.spacing[1]
    assert labels.sum() * frame.pixel_mm**2 == pytest.approx(area_native, rel=0.03)


@pytest.mark.parametrize(("columns", "spacing"), [(300, 1.3), (256, 1.5), (200, 2.0), (512, 0.8)])
def test_positions_survive_resampling(columns: int, spacing: float) -> None:
    grid = make_grid((1, 210, columns), (spacing, 1.5, 3.0))
    frame = SliceFrame.of(grid)
    ramp = np.broadcast_to((np.arange(columns) - (columns - 1) / 2) * spacing, grid.shape).astype(np.float32)
    slices = frame.to_slices(ramp[None])[0, 0]
    expected = (np.arange(256) - 127.5) * frame.pixel_mm
    inner = np.abs(expected) < columns * spacing / 2 - 2 * max(spacing, frame.pixel_mm)
    # A filter wider than a voxel wavers by a part of a pixel, but must not shift.
    wrong = slices[128, inner] - expected[inner]
    assert np.abs(wrong).max() < 0.1 * frame.pixel_mm
    assert abs(wrong.mean()) < 1e-3
    back = frame.to_native(frame.to_slices(ramp[None])[:, 0])
    assert np.abs(back - ramp)[0, 100, 5:-5].max() < 0.1 * frame.pixel_mm


def test_padding_is_zero_and_square() -> None:
    grid = make_grid((2, 100, 200), (2.0, 2.0, 3.0))
    frame = SliceFrame.of(grid)
    slices = frame.to_slices(np.full((1, *grid.shape), 7, dtype=np.float32))[:, 0]
    assert frame.pixel_mm == pytest.approx(400 / 256)
    assert np.allclose(slices[:, 64:192], 7)
    assert not slices[:, :64].any()
    assert not slices[:, 192:].any()


def test_fine_voxels_are_averaged_and_not_skipped() -> None:
    grid = make_grid((1, 1024, 1024), (0.4, 0.4, 3.0))
    stripes = np.zeros(grid.shape, dtype=np.float32)
    stripes[:, :, ::4] = 4
    slices = SliceFrame.of(grid).to_slices(stripes[None])
    assert np.allclose(slices[0, 0, 10:-10, 10:-10], 1, atol=1e-3)
