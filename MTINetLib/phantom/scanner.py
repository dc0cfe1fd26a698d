"""What the scanner does to the picture: coil bias, gains, k-space, ghosts, noise, and whole numbers."""

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
        phase_gain: four factors.
        slice_blur: share of each neighbour slice that is mixed in.
        kept: share of k-space measured along rows (j) and columns (i); the rest is zero-filled.
        window: 0 for a sharp end of k-space (ringing) to 1 for a Hann window (blurred).
        ghost: strength of the breathing ghost per phase.
        ghost_lines: every how many lines the ghost repeats.
        ghost_along_rows: whether phase encoding runs along j.
        level: stored value of the liver before contrast.
    """

    snr: float
    bias_strength: float
    phase_gain: tuple[float, float, float, float]
    slice_blur: float
    kept: tuple[float, float]
    window: float
    ghost: tuple[float, float, float, float]
    ghost_lines: float
    ghost_along_rows: bool
    level: float


def draw_scanner(rng: Rng) -> Scanner:
    ghosts = [uniform(rng, 0.01, 0.07) if chance(rng, 0.2) else uniform(rng, 0.0, 0.01) for _ in range(4)]
    gains = [normal(rng, 1.0, 0.04, 0.88, 1.13) for _ in range(4)]
    return Scanner(
        snr=log_uniform(rng, 9.0, 60.0),
        bias_strength=uniform(rng, 0.03, 0.28),
        phase_gain=(gains[0], gains[1], gains[2], gains[3]),
        slice_blur=uniform(rng, 0.0, 0.18),
        kept=(uniform(rng, 0.62, 1.0), uniform(rng, 0.72, 1.0)),
        window=uniform(rng, 0.0, 1.0),
        ghost=(ghosts[0], ghosts[1], ghosts[2], ghosts[3]),
        ghost_lines=uniform(rng, 2.0, 6.0),
        ghost_along_rows=chance(rng, 0.8),
        level=log_uniform(rng, 80.0, 600.0),
    )


def draw_bias(rng: Rng, space: Space, scanner: Scanner) -> Field:
    """Receive field, mean about one: smooth, and at times brighter towards the coils at the surface."""
    field = np.float32(scanner.bias_strength) * smooth_noise(rng, space.shape, space.spacing_kji, 150.0)
    toward = uniform(rng, 0.0, 0.3)
    middle = np.float32(np.abs(space.y).max())
    field += np.float32(toward) * ((space.y / middle) ** 2 - np.float32(0.2))
    return np.asarray(np.exp(field), dtype=np.float32)


def still_image(image: Field, bias: Field, scanner: Scanner, phase: int) -> Field:
    """The noise-free, motion-free phase: partial volume across slices, receive field, gain."""
    blur = scanner.slice_blur
    mixed = ndimage.correlate1d(image, np.array([blur, 1 - 2 * blur, blur]), axis=0, mode="nearest")
    return np.asarray(mixed * bias * np.float32(scanner.phase_gain[phase]), dtype=np.float32)


def read_out(rng: Rng, image: Field, scanner: Scanner, phase: int, noise_sd: float) -> Field:
    """Through k-space with complex Gaussian noise: ringing, blur, ghosts; the magnitude is Rician."""
    complex_image = add_complex_noise(rng, image, noise_sd)
    space = fft.fft2(complex_image, axes=(1, 2), overwrite_x=True)
    rows = _line_filter(image.shape[1], scanner.kept[0], scanner.window)
    columns = _line_filter(image.shape[2], scanner.kept[1], scanner.window)
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


def _line_filter(lines: int, kept: float, window: float) -> npt.NDArray[np.complex128]:
    """Weight of each k-space line in FFT order: one in the middle, ``window`` at the end, zero beyond."""
    frequency = np.abs(fft.fftfreq(lines)) * 2.0 / kept
    hann = 0.5 + 0.5 * np.cos(np.pi * np.minimum(frequency, 1.0))
    return np.where(frequency <= 1.0, 1.0 - window * (1.0 - hann), 0.0).astype(np.complex128)


def _ghost_modulation(rng: Rng, lines: int, strength: float, every: float) -> npt.NDArray[np.complex128]:
    """Breathing during the scan modulates the lines: copies of the body shifted by lines / every pixels."""
    order = fft.fftfreq(lines) * lines
    angle = 2 * np.pi * (order / every + uniform(rng, 0.0, 1.0))
    return np.asarray(1.0 + strength * (np.cos(angle) + 0.6j * np.sin(angle)), dtype=np.complex128)


def store(image: Field) -> Field:
    """Whole numbers 0 to 4095, as the scanner stores them, in float32."""
    return np.clip(np.rint(image), 0, STORED_MAX).astype(np.float32)
