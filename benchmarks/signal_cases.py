"""Four phases changed as images are on their way to a reader: honestly, or so that enhancement is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MTINetLib.study.normalise import body_mask
from MTINetLib.study.phase import FOUR_PHASES, Phase

#: [4, K, J, I] in the order of FOUR_PHASES.
Four = npt.NDArray[np.float32]
_PRE = FOUR_PHASES.index(Phase.PRE)
#: What comes out becomes float32 in the end.
Changed = npt.NDArray[Any]
Change = Callable[[Four, np.random.Generator], Changed]


@dataclass(frozen=True)
class Variant:
    """One way to change a study.

    Args:
        honest: enhancement can be computed from what comes out.
        offset: the constant that lies under all values afterwards.
    """

    name: str
    change: Change
    honest: bool = True
    offset: float = 0.0


def body_level(volumes: Four) -> float:
    """The usual signal of the body before contrast."""
    pre = volumes[_PRE]
    return float(np.median(pre[body_mask(pre)]))


def honest_variants() -> tuple[Variant, ...]:
    """What scanners and archives do to images of which every figure is still right."""
    return (
        Variant("as it is", _same),
        Variant("another gain", lambda v, rng: v * np.float32(10.0 ** rng.uniform(-4, 4))),
        Variant("whole numbers from 0 to about 200", lambda v, rng: np.rint(v * (200 / v.max()))),
        Variant("noise at a tenth of the signal", lambda v, rng: _noisy(v, rng, 0.1)),
        Variant("noise at a sixth of the signal", lambda v, rng: _noisy(v, rng, 1 / 6)),
        Variant("noise in one phase", _one_noisy),
        Variant("gain of the phases within a fifth", _gains),
        Variant("coil shading, fourfold", lambda v, rng: _shaded(v, rng, 4.0)),
        Variant("coil shading, twelvefold", lambda v, rng: _shaded(v, rng, 12.0)),
        Variant("fat not suppressed", _bright_fat),
        Variant("cropped to the body", lambda v, rng: _cropped(v, rng, 0.2)),
        Variant("cropped inside the body", lambda v, rng: _cropped(v, rng, 0.3)),
        Variant("zero border", _bordered),
        Variant("thin slab", _slab),
        Variant("masked", _masked),
        Variant("masked loosely", _loosely_masked),
        Variant("Gibbs ringing", _ringing),
        Variant("resampled by splines", _splined),
        Variant("smoothed", lambda v, rng: _each(v, lambda one: ndimage.gaussian_filter(one, 1.0))),
        Variant("noise floor of 16 coils", _many_coils),
    )


def faulty_variants() -> tuple[Variant, ...]:
    """What takes the zero or the common scale away."""
    moved = [_moved(1000.0), _moved(-1024.0), _moved(300.0)]
    for name, before in (
        ("noise at a tenth of the signal", lambda v, rng: _noisy(v, rng, 0.1)),
        ("coil shading, fourfold", lambda v, rng: _shaded(v, rng, 4.0)),
        ("masked", _masked),
        ("cropped inside the body", lambda v, rng: _cropped(v, rng, 0.3)),
        ("thin slab", _slab),
    ):
        moved += [_moved(1000.0, name, before), _moved(-1024.0, name, before)]
    return (
        *moved,
        Variant("one standardisation for all", lambda v, rng: (v - v.mean()) / v.std(), False, np.nan),
        Variant("+1000 in one phase", lambda v, rng: v + _in_one(rng, 1000.0, 0.0), False),
        Variant("each phase from 0 to 1", lambda v, rng: _ranged(v, 0, 100), False),
        Variant("each phase from 0 to 255", lambda v, rng: np.rint(255 * _ranged(v, 0, 100)), False),
        Variant("each phase from -1 to 1", lambda v, rng: 2 * _ranged(v, 0, 100) - 1, False),
        Variant("each phase by its 1 and 99 %", lambda v, rng: _ranged(v, 1, 99), False),
        Variant("each phase by its mean", lambda v, rng: _each(v, lambda one: one / one.mean()), False),
        Variant("each phase standardised", lambda v, rng: _each(v, _standard), False),
        Variant("each body standardised, 0 outside", _body_standard, False),
        Variant("one window in 8 bits", lambda v, rng: _windowed(v, 0.35, 2.0), False),
        Variant("one window from 0 in 8 bits", lambda v, rng: _windowed(v, 0.0, 1.6), False),
        Variant("each phase windowed to 8 bits", lambda v, rng: np.rint(255 * _ranged(v, 2, 98)), False),
        Variant("one phase scaled by 0.5", lambda v, rng: v * _in_one(rng, 0.5, 1.0), False),
        Variant("one phase scaled by 2", lambda v, rng: v * _in_one(rng, 2.0, 1.0), False),
        Variant("saturated", lambda v, rng: np.minimum(v, np.percentile(v, 97)), False),
        Variant("subtracted from their mean", lambda v, rng: v - v.mean(axis=0), False),
    )


def _same(volumes: Four, rng: np.random.Generator) -> Changed:
    return volumes


def _moved(offset: float, name: str = "", before: Change = _same) -> Variant:
    title = f"{offset:+g} in all phases"
    return Variant(
        f"{title}, {name}" if name else title,
        lambda v, rng: before(v, rng) + np.float32(offset),
        False,
        offset,
    )


def _each(volumes: Four, change: Callable[[Four], Four]) -> Changed:
    return np.stack([change(one) for one in volumes])


def _in_one(rng: np.random.Generator, value: float, others: float) -> Changed:
    """``value`` for one phase after contrast, drawn, and ``others`` for the rest."""
    values = np.full((4, 1, 1, 1), others, dtype=np.float32)
    values[rng.integers(1, 4)] = value
    return values


def _noisy(volumes: Four, rng: np.random.Generator, share: float) -> Changed:
    """Rician noise."""
    real, imaginary = rng.normal(0, share * body_level(volumes), (2, *volumes.shape))
    return np.asarray(np.hypot(volumes + real, imaginary))


def _one_noisy(volumes: Four, rng: np.random.Generator) -> Changed:
    return np.where(_in_one(rng, 1.0, 0.0) > 0, _noisy(volumes, rng, 1 / 6), volumes)


def _gains(volumes: Four, rng: np.random.Generator) -> Changed:
    return volumes * rng.uniform(0.9, 1.1, (4, 1, 1, 1)).astype(np.float32)


def _shaded(volumes: Four, rng: np.random.Generator, ratio: float) -> Changed:
    """Bright on one side, as next to a surface coil."""
    rows, columns = volumes.shape[2:]
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    along = np.clip(0.5 + 0.5 * (np.cos(angle) * x + np.sin(angle) * y), 0, 1)
    return np.asarray(volumes * (ratio ** (along - 0.5)).astype(np.float32))


def _bright_fat(volumes: Four, rng: np.random.Generator) -> Changed:
    """The rim of the body, 6 % of its width, two and a half times as bright."""
    body = np.stack([ndimage.binary_fill_holes(plane) for plane in body_mask(volumes[_PRE])])
    depth = max(2, round(0.06 * volumes.shape[3]))
    inner = np.stack([ndimage.binary_erosion(plane, iterations=depth) for plane in body])
    fat = np.float32(1.5) * (body & ~inner)
    return np.asarray(volumes * (1 + fat))


def _cropped(volumes: Four, rng: np.random.Generator, margin: float) -> Changed:
    rows, columns = volumes.shape[2:]
    top, left = (int((margin + rng.uniform(-0.03, 0.03)) * size) for size in (rows, columns))
    return volumes[:, :, top : rows - top, left : columns - left]


def _bordered(volumes: Four, rng: np.random.Generator) -> Changed:
    wide = int(rng.integers(8, 40))
    return np.pad(volumes, ((0, 0), (1, 1), (wide, wide), (wide, wide)))


def _slab(volumes: Four, rng: np.random.Generator) -> Changed:
    start = int(rng.integers(0, volumes.shape[1] - 5))
    return volumes[:, start : start + 6]


def _masked(volumes: Four, rng: np.random.Generator) -> Changed:
    return volumes * body_mask(volumes[_PRE])


def _loosely_masked(volumes: Four, rng: np.random.Generator) -> Changed:
    wide = ndimage.binary_dilation(body_mask(volumes[_PRE]), iterations=6)
    return np.asarray(volumes * wide)


def _ringing(volumes: Four, rng: np.random.Generator) -> Changed:
    """The magnitude of what the inner half of k-space holds in-plane."""
    rows, columns = volumes.shape[2:]
    kept = (np.abs(np.fft.fftfreq(rows)) < 0.25)[:, None] & (np.abs(np.fft.fftfreq(columns)) < 0.25)
    return np.abs(np.fft.ifft2(np.fft.fft2(volumes) * kept)).astype(np.float32)


def _splined(volumes: Four, rng: np.random.Generator) -> Changed:
    """Cubic splines overshoot at edges, to below 0."""
    return _each(volumes, lambda one: ndimage.zoom(one, (1.0, 0.77, 0.77), order=3))


def _many_coils(volumes: Four, rng: np.random.Generator) -> Changed:
    """Sum of squares of 16 coils: the air is a narrow band far above 0."""
    share = 0.03 * body_level(volumes)
    noise = np.square(rng.normal(0, share, (31, *volumes.shape))).sum(axis=0)
    return np.asarray(np.sqrt(np.square(volumes + rng.normal(0, share, volumes.shape)) + noise))


def _ranged(volumes: Four, low: float, high: float) -> Changed:
    ends = [np.percentile(one, (low, high)) for one in volumes]
    return np.stack([np.clip((v - a) / (b - a), 0, 1) for v, (a, b) in zip(volumes, ends, strict=True)])


def _standard(volume: Four) -> Changed:
    return np.asarray((volume - volume.mean()) / volume.std())


def _body_standard(volumes: Four, rng: np.random.Generator) -> Changed:
    body = body_mask(volumes[_PRE])
    return _each(volumes, lambda one: np.where(body, (one - one[body].mean()) / one[body].std(), 0.0))


def _windowed(volumes: Four, low: float, high: float) -> Changed:
    level = body_level(volumes)
    return np.asarray(np.rint(255 * np.clip((volumes / level - low) / (high - low), 0, 1)))
