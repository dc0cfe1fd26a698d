"""Phantom studies whose phases are moved by known amounts, and how far they are still off afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import ndimage

from MTINetLib.phantom.case import PhantomCase, PhantomSettings, make_case
from MTINetLib.study.grid import FloatArray, Grid
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.study.study import Volume

#: Standard deviation of the noise that is added after moving, as a share of the liver's signal.
_NOISE = 0.03
Field = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Move:
    """How one phase is moved: ``field`` gives the displacement (LPS mm) at points [n, 3] of the moved one."""

    name: str
    field: Field = field(repr=False)

    def to_moved(self, points: FloatArray) -> FloatArray:
        """Where the content of still points lies in the moved phase, LPS mm [n, 3]."""
        moved = points
        for _ in range(30):
            moved = points + self.field(moved)
        return moved


def shift(mm: Sequence[float]) -> Move:
    """The whole phase by one vector."""
    vector = np.array(mm, dtype=np.float64)
    size = float(np.linalg.norm(vector))
    name = f"shift {size:.0f} mm" if size else "none"
    return Move(name, lambda points: np.broadcast_to(vector, points.shape))


def bend(rng: np.random.Generator, largest_mm: float, base_mm: Sequence[float] = (0.0, 0.0, 0.0)) -> Move:
    """A smooth deformation with wavelengths of 140 to 240 mm, ``largest_mm`` at most, and a shift."""
    base = np.array(base_mm, dtype=np.float64)
    waves = rng.normal(size=(3, 3))
    waves *= (2 * np.pi / rng.uniform(140.0, 240.0, 3) / np.linalg.norm(waves, axis=1))[:, None]
    phases = rng.uniform(0, 2 * np.pi, 3)
    share = rng.normal(size=(3, 3))
    share *= largest_mm / np.linalg.norm(share, axis=1).sum()

    def displacement(points: FloatArray) -> FloatArray:
        return np.asarray(base + np.sin(points @ waves.T + phases) @ share)

    size = float(np.linalg.norm(base))
    return Move(f"bend {largest_mm:.0f} mm{f' and shift {size:.0f} mm' if size else ''}", displacement)


@dataclass(frozen=True)
class StillCase:
    """A phantom whose four phases lie on each other."""

    case: PhantomCase

    @property
    def grid(self) -> Grid:
        return self.case.study.grid

    @cached_property
    def lesion_points(self) -> tuple[FloatArray, ...]:
        """LPS mm [n, 3] of each lesion's voxels."""
        labels = self.case.labels
        return tuple(self.grid.to_lps(np.argwhere(labels == lesion.label)) for lesion in self.case.lesions)

    def moved(self, phase: Phase, move: Move, seed: int) -> Volume:
        """One phase as it looks after a move, with noise of its own; the border repeats."""
        still = self.case.study.phase(phase)
        index = np.moveaxis(np.indices(still.shape, dtype=np.float64), 0, -1).reshape(-1, 3)
        points = self.grid.to_lps(index)
        source = self.grid.to_index(points - move.field(points)).T.reshape(3, *still.shape)
        moved = ndimage.map_coordinates(still, source, order=1, mode="nearest", output=np.float32)
        level = float(np.median(still[self.case.liver]))
        noise = np.random.default_rng(seed).normal(0.0, _NOISE * level, still.shape)
        return np.asarray(np.clip(moved + noise, 0.0, None), dtype=np.float32)

    def errors_mm(self, move: Move, found: Field) -> tuple[float, ...]:
        """The mean distance over each lesion between where its points lie and where ``found`` puts them."""
        return tuple(
            float(np.linalg.norm(found(points) - move.to_moved(points), axis=1).mean())
            for points in self.lesion_points
        )


def still_case(seed: int, slices: int, side: int) -> StillCase:
    """An axial phantom with two lesions, nothing moved."""
    settings = PhantomSettings(
        slices=(slices, slices),
        matrix=(side, side),
        oblique_share=0.0,
        snr=(60.0, 60.0),
        lesion_plan=((HCC, 32.0), (HEMANGIOMA, 20.0)),
        breathing=False,
    )
    return StillCase(make_case(seed, settings=settings))


def others(reference: Phase = Phase.PORTAL_VENOUS) -> tuple[Phase, ...]:
    """The phases that are brought to the reference."""
    return tuple(phase for phase in FOUR_PHASES if phase is not reference)
