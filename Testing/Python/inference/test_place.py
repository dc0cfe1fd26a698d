"""Where a lesion lies, on made-up maps in several orientations."""

from __future__ import annotations

import numpy as np
import pytest
from support.made_analysis import made_grid

from MTINetLib.inference.lesions import lesion_boxes
from MTINetLib.inference.place import lobe_plane, places_in
from MTINetLib.study.anatomy import Organ
from MTINetLib.study.grid import Grid
from MTINetLib.study.liver import Liver

GRIDS = {
    "axial": Grid((40, 60, 70), (4.0, 4.0, 4.0), (-140.0, -120.0, -80.0), (1, 0, 0, 0, 1, 0, 0, 0, 1)),
    "from the feet's side": Grid(
        (40, 60, 70), (4.0, 4.0, 4.0), (140.0, -120.0, 80.0), (-1, 0, 0, 0, 1, 0, 0, 0, -1)
    ),
    "coronal": Grid((60, 40, 70), (4.0, 4.0, 4.0), (-140.0, -120.0, 80.0), (1, 0, 0, 0, 0, 1, 0, -1, 0)),
    "oblique": made_grid((40, 70, 80)),
}
#: LPS mm: front and middle, behind and a little to the left, and far behind and left.
GALLBLADDER, CAVA, AORTA = (-30.0, -50.0), (-5.0, 40.0), (30.0, 60.0)


def centres(grid: Grid) -> np.ndarray:
    """LPS of all voxels around the middle of the grid, [K, J, I, 3]."""
    kji = np.stack(np.meshgrid(*[np.arange(n) for n in grid.shape], indexing="ij"), axis=-1)
    return grid.to_lps(kji) - grid.to_lps((np.array(grid.shape) - 1) / 2)


def made_anatomy(grid: Grid) -> np.ndarray:
    lps = centres(grid)
    anatomy = np.zeros(grid.shape, np.uint8)
    anatomy[((lps / (110, 55, 60)) ** 2).sum(axis=-1) < 1] = Organ.LIVER
    for place, radius, organ in (
        (GALLBLADDER, 14, Organ.GALLBLADDER),
        (CAVA, 12, Organ.GREAT_VESSEL),
        (AORTA, 10, Organ.GREAT_VESSEL),
    ):
        across = np.hypot(lps[..., 0] - place[0], lps[..., 1] - place[1]) < radius
        anatomy[across & (np.abs(lps[..., 2]) < (20 if organ is Organ.GALLBLADDER else 200))] = organ
    return anatomy


def ball(grid: Grid, at: tuple[float, float, float], radius: float = 12.0) -> np.ndarray:
    return np.linalg.norm(centres(grid) - at, axis=-1) < radius


def place_of(liver: Liver, grid: Grid, lesion: np.ndarray):
    box = lesion_boxes(lesion.astype(np.uint8))[1]
    return places_in(liver, grid)(lesion[box], box)


@pytest.mark.parametrize("name", GRIDS)
def test_the_lobe_is_told_by_the_plane_through_gallbladder_and_cava(name: str) -> None:
    grid = GRIDS[name]
    liver = Liver.of_anatomy(made_anatomy(grid))
    right, left = (place_of(liver, grid, ball(grid, at)) for at in ((-70.0, 0.0, 0.0), (50.0, -10.0, 0.0)))
    assert (right.kind, next(iter(right.shares)), right.doubtful) == ("lobe", "right", False)
    assert (left.kind, next(iter(left.shares)), left.doubtful) == ("lobe", "left", False)


def test_the_plane_is_that_of_the_cava_and_not_of_the_aorta() -> None:
    grid = GRIDS["axial"]
    anatomy = made_anatomy(grid)
    plane = lobe_plane(anatomy, anatomy == Organ.LIVER, grid)
    assert plane is not None
    middle = grid.to_lps((np.array(grid.shape) - 1) / 2)
    assert (plane.point - middle)[:2] == pytest.approx(CAVA, abs=4)
    assert abs(float(plane.left_of(np.array((*GALLBLADDER, 0.0)) + middle))) < 4


def test_near_the_plane_the_lobe_is_doubtful() -> None:
    grid = GRIDS["axial"]
    found = place_of(Liver.of_anatomy(made_anatomy(grid)), grid, ball(grid, (-10.0, 0.0, 10.0)))
    assert found.doubtful
    assert sum(found.shares.values()) == pytest.approx(1)


@pytest.mark.parametrize("missing", [Organ.GALLBLADDER, Organ.GREAT_VESSEL])
def test_nothing_is_said_where_gallbladder_or_cava_is_missing(missing: Organ) -> None:
    grid = GRIDS["axial"]
    anatomy = made_anatomy(grid)
    anatomy[anatomy == missing] = Organ.BACKGROUND
    assert place_of(Liver.of_anatomy(anatomy), grid, ball(grid, (-70.0, 0.0, 0.0))) is None
    mask = Liver(anatomy == Organ.LIVER, "given")
    assert place_of(mask, grid, ball(grid, (-70.0, 0.0, 0.0))) is None


def segmented(grid: Grid) -> np.ndarray:
    lps = centres(grid)
    upper = np.where(lps[..., 0] < 0, 8, 2)
    lower = np.where(lps[..., 0] < 0, 6, 3)
    liver = ((lps / (110, 55, 60)) ** 2).sum(axis=-1) < 1
    return np.where(liver, np.where(lps[..., 2] > 0, upper, lower), 0).astype(np.uint8)


def test_segments_of_a_given_map_are_told_with_their_shares() -> None:
    grid = GRIDS["axial"]
    segments = segmented(grid)
    liver = Liver(segments > 0, "given", segments=segments)
    inside = place_of(liver, grid, ball(grid, (-50.0, 0.0, 25.0)))
    assert (inside.kind, dict(inside.shares), inside.doubtful) == ("segment", {"8": 1.0}, False)
    across = place_of(liver, grid, ball(grid, (-50.0, 0.0, 4.0)))
    assert list(across.shares) == ["8", "6"]
    assert 0.5 < across.shares["8"] < 0.9
    assert sum(across.shares.values()) == pytest.approx(1)


def test_a_lesion_that_the_map_of_segments_leaves_out_is_placed_by_the_nearest_one_and_doubtful() -> None:
    grid = GRIDS["axial"]
    segments = segmented(grid)
    lesion = ball(grid, (-50.0, 0.0, 25.0))
    segments[lesion] = 0
    found = place_of(Liver(segments > 0, "given", segments=segments), grid, lesion)
    assert (dict(found.shares), found.doubtful) == ({"8": 1.0}, True)
