"""The spectral domain: each phase's image without its low frequencies (FFT, high-pass filter, and back)."""

from __future__ import annotations

import torch
from torch import Tensor


def highpass(images: Tensor, cutoff: float) -> Tensor:
    """Gaussian high-pass through the FFT; float32 whatever comes in, since the FFT knows no bfloat16.

    The filter is H(f) = 1 - exp(-(f / (cutoff * f_Nyquist))^2 / 2) with f the radial frequency: exactly
    zero at f = 0, so a constant offset leaves no trace, and smooth, so that edges do not ring.

    Args:
        images: [..., H, W], any real dtype.
        cutoff: width of the Gaussian as a fraction of the Nyquist frequency, above 0.

    Returns:
        float32, the same shape.
    """
    height, width = images.shape[-2], images.shape[-1]
    # fftfreq counts cycles per pixel; Nyquist is 0.5.
    rows = torch.fft.fftfreq(height, device=images.device, dtype=torch.float32) / (0.5 * cutoff)
    columns = torch.fft.rfftfreq(width, device=images.device, dtype=torch.float32) / (0.5 * cutoff)
    transfer = -torch.expm1(-0.5 * (rows[:, None] ** 2 + columns[None, :] ** 2))
    spectrum = torch.fft.rfft2(images.float())
    waves: Tensor = torch.fft.irfft2(spectrum * transfer, s=(height, width))
    return waves
