"""What the scanner does to the picture: coils, gains, k-space, ghosts, noise, filters, whole numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from MTINetLib.phantom.canvas import Field, Space
from MTINetLib.phantom.draws import Rng, chance, log_uniform, normal, uniform
from MTINetLib.phantom.noise_fields import smooth_noise

STORED_MAX = 4095


@dataclass(frozen=True)
class Scanner:
    """How one scanner alters all four phases of a study.

    Args:
        snr: liver signal over the noise's SD in the middle of the body.
        bias_strength: SD of the logarithm of the receive field.
        coil_reach: how much brighter the body is towards the coils at its surface, as a logarithm.
        phase_gain: four factors.
        slice_blur: share of each neighbour slice that is mixed in.
        kept: share of k-space measured along rows (j) and columns (i); the rest is zero-filled.
        kept_slices: the same across slices: fewer are measured than stored.
        window: 0 for a sharp end of k-space (ringing) to 1 for a Hann window (blurred).
        ghost: strength of the breathing ghost per phase.
        ghost_lines: every how many lines the ghost repeats.
        ghost_along_rows: whether phase encoding runs along j.
        filter: the vendor's: below 0 smooths, above 0 sharpens, 0 leaves the picture alone.
        level: stored value of the liver before contrast.
        offset: constant added to every stored value, in parts of the level.
    """

    snr: float
    bias_strength: float
    coil_reach: float
    phase_gain: tuple[float, float, float, float]
    slice_blur: float
    kept: tuple[float, float]
    kept_slices: float
    window: float
    ghost: tuple[float, float, float, float]
    ghost_lines: float
    ghost_along_rows: bool
    filter: float
    level: float
    offset: float


def draw_scanner(rng: Rng, fault_share: float = 0.0) -> Scanner:
    """A scanner; faults are strong shading, ghosts over the arterial phase, another gain, an offset.

    Args:
        rng: draws it.
        fault_share: part of the studies that each fault strikes.
    """
    ghosts = [uniform(rng, 0.01, 0.07) if chance(rng, 0.2) else uniform(rng, 0.0, 0.01) for _ in range(4)]
    gains = [normal(rng, 1.0, 0.04, 0.88, 1.13) for _ in range(4)]
    strong = chance(rng, fault_share)
    if chance(rng, fault_share):
        ghosts[1] = uniform(rng, 0.06, 0.2)
    if chance(rng, fault_share):
        gains[int(rng.integers(4))] *= log_uniform(rng, 0.75, 1.35)
    kind = rng.random()
    return Scanner(
        snr=log_uniform(rng, 9.0, 60.0),
        bias_strength=uniform(rng, 0.28, 0.5) if strong else uniform(rng, 0.03, 0.28),
        coil_reach=uniform(rng, 0.3, 0.9) if strong else uniform(rng, 0.0, 0.3),
        phase_gain=(gains[0], gains[1], gains[2], gains[3]),
        slice_blur=uniform(rng, 0.0, 0.18),
        kept=(uniform(rng, 0.55, 1.0), uniform(rng, 0.65, 1.0)),
        kept_slices=uniform(rng, 0.5, 0.8) if chance(rng, 0.6) else 1.0,
        window=uniform(rng, 0.0, 1.0),
        ghost=(ghosts[0], ghosts[1], ghosts[2], ghosts[3]),
        ghost_lines=uniform(rng, 2.0, 6.0),
        ghost_along_rows=chance(rng, 0.8),
        filter=_draw_filter(rng, kind),
        level=log_uniform(rng, 60.0, 800.0),
        offset=uniform(rng, 0.02, 0.08) if chance(rng, 0.5 * fault_share) else 0.0,
    )


def _draw_filter(rng: Rng, kind: float) -> float:
    """A fifth of the studies are smoothed, a fifth sharpened."""
    if kind < 0.2:
        return uniform(rng, -0.8, -0.2)
    return uniform(rng, 0.2, 1.0) if kind < 0.4 else 0.0


def draw_bias(rng: Rng, space: Space, scanner: Scanner) -> Field:
    """Receive field, mean about one: smooth, and at times brighter towards the coils at the surface."""
    field = np.float32(scanner.bias_strength) * smooth_noise(rng, space.shape, space.spacing_kji, 150.0)
    middle = np.float32(np.abs(space.y).max())
    field += np.float32(scanner.coil_reach) * ((space.y / middle) ** 2 - np.float32(0.2))
    return np.asarray(np.exp(field), dtype=np.float32)


def still_image(image: Field, bias: Field, scanner: Scanner, phase: int) -> Field:
    """The noise-free, motion-free phase: partial volume across slices, receive field, gain."""
    blur = scanner.slice_blur
    mixed = ndimage.correlate1d(image, np.array([blur, 1 - 2 * blur, blur]), axis=0, mode="nearest")
    return np.asarray(mixed * bias * np.float32(scanner.phase_gain[phase]), dtype=np.float32)


def read_out(rng: Rng, image: Field, scanner: Scanner, phase: int, noise_sd: float) -> Field:
    """Through k-space with complex Gaussian noise: ringing, blur, ghosts; the magnitude is Rician."""
    complex_image = _fewer_slices(add_complex_noise(rng, image, noise_sd), scanner.kept_slices)
    space = fft.fft2(complex_image, axes=(1, 2), overwrite_x=True)
    rows = _line_filter(image.shape[1], scanner.kept[0], scanner.window, scanner.filter)
    columns = _line_filter(image.shape[2], scanner.kept[1], scanner.window, scanner.filter)
    lines = rows if scanner.ghost_along_rows else columns
    lines *= _ghost_modulation(rng, len(lines), scanner.ghost[phase], scanner.ghost_lines)
    space *= rows.astype(np.complex64)[None, :, None] * columns.astype(np.complex64)[None, None, :]
    return np.asarray(
        np.abs(fft.ifft2(space, axes=(1, 2), overwrite_x=True)).astype(np.float32), dtype=np.float32
    )


def add_complex_noise(rng: Rng, image: Field, noise_sd: float) -> npt.NDArray[np.complex64]:
    """Independent Gaussian noise of this SD in the real and the imaginary channel.

    The magnitude is Rician: over air its mean is ``noise_sd * sqrt(pi / 2)`` (Gudbjartsson H, Patz S,
    Magn Reson Med 1995;34:910-914).
    """
    noisy = np.empty(image.shape, dtype=np.complex64)
    noisy.real = image + np.float32(noise_sd) * rng.standard_normal(image.shape, dtype=np.float32)
    noisy.imag = np.float32(noise_sd) * rng.standard_normal(image.shape, dtype=np.float32)
    return noisy


def _fewer_slices(image: npt.NDArray[np.complex64], kept: float) -> npt.NDArray[np.complex64]:
    """Slices measured coarser than they are stored: the finest steps across them are gone (mirrored ends)."""
    if kept >= 1.0:
        return image
    slices = image.shape[0]
    waves = fft.dct(np.eye(slices), norm="ortho", axis=0)
    frequency = np.arange(slices) / (kept * slices)
    weight = np.where(frequency <= 1.0, 0.5 + 0.5 * np.cos(np.pi * np.minimum(frequency, 1.0)), 0.0)
    low = (waves.T @ (np.sqrt(weight)[:, None] * waves)).astype(np.float32)
    flat = image.reshape(slices, -1).view(np.float32)
    return np.asarray((low @ flat).view(np.complex64).reshape(image.shape), dtype=np.complex64)


def _line_filter(lines: int, kept: float, window: float, vendor: float = 0.0) -> npt.NDArray[np.complex128]:
    """Weight of each k-space line in FFT order: one in the middle, ``window`` at the end, zero beyond.

    ``vendor`` lifts (above 0) or lowers the outer lines, as a sharpening or a smoothing filter does.
    """
    frequency = np.abs(fft.fftfreq(lines)) * 2.0 / kept
    hann = 0.5 + 0.5 * np.cos(np.pi * np.minimum(frequency, 1.0))
    outer = 1.0 + vendor * (1.0 - np.exp(-((frequency * kept / 0.35) ** 2)))
    return np.where(frequency <= 1.0, outer * (1.0 - window * (1.0 - hann)), 0.0).astype(np.complex128)


def _ghost_modulation(rng: Rng, lines: int, strength: float, every: float) -> npt.NDArray[np.complex128]:
    """Breathing during the scan modulates the lines: copies of the body shifted by lines / every pixels."""
    order = fft.fftfreq(lines) * lines
    angle = 2 * np.pi * (order / every + uniform(rng, 0.0, 1.0))
    return np.asarray(1.0 + strength * (np.cos(angle) + 0.6j * np.sin(angle)), dtype=np.complex128)


def store(image: Field) -> Field:
    """Whole numbers 0 to 4095, as the scanner stores them, in float32."""
    return np.clip(np.rint(image), 0, STORED_MAX).astype(np.float32)
