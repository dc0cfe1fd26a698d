"""How training slices are varied, a batch at a time.

The phases share one intensity scale, and the differences between them are what the network reads.
So every intensity change is the same for all phases, except those that real studies show per phase: a
small gain, noise, and a shift by breathing. Geometry is one grid_sample for the whole batch: MONAI
spatial transforms work slice by slice, and the loader shares its cores with training.
MONAI's array transforms do the rarer, costlier intensity changes, slice by slice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import torch
from monai.transforms import (
    Compose,
    RandAdjustContrast,
    RandGaussianSmooth,
    RandGibbsNoise,
    RandHistogramShift,
)
from torch import Tensor
from torch.nn import functional

from MTINetLib.training.settings import AugmentationSettings

#: Between these lie gains of the first scale, before the liver sets it.
WIDE_GAINS = (0.4, 2.5)


def augment(
    phases: Tensor,
    tumour: Tensor,
    lesion: Tensor,
    settings: AugmentationSettings,
    seeds: Sequence[int],
    reference: int = 2,
    *,
    anatomy: Tensor | None = None,
    phase_count: int = 0,
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """Vary the input [B, C, S, S] and the masks [B, 1, S, S] that belong to it; ``seeds`` decides how.

    Args:
        reference: number of the phase whose grid the masks lie on; it is never shifted against them.
        anatomy: uint8 [B, S/2, S/2], the organs.
        phase_count: P, where C counts the phases of neighbouring slices as well; 0 for all channels.

    Returns:
        Input, masks and anatomy of the same shapes; masks stay 0 or 1.
    """
    if settings.strength <= 0:
        return phases, tumour, lesion, anatomy
    random = _generator(seeds)
    count = phase_count or phases.shape[1]
    grid = _grid(len(phases), phases.shape[2], settings, random, phases.device)
    warped = _sampled(torch.cat([phases, tumour, lesion], dim=1), grid)
    phases = warped[:, :-2].contiguous()
    masks = (warped[:, -2:] > 0.5).float()
    organs = None if anatomy is None else _nearest_organs(anatomy, grid)
    by_slice = phases.view(len(phases), -1, count, *phases.shape[2:])
    _shift_phases(by_slice, settings, random, reference)
    _share_intensity(phases, seeds, settings.strength, random)
    _vary_phases(by_slice, settings, random)
    wide = torch.rand(len(phases), generator=random) < settings.wide_gain
    gain = torch.exp(torch.empty(len(phases)).uniform_(*map(math.log, WIDE_GAINS), generator=random))
    phases *= torch.where(wide, gain, 1.0)[:, None, None, None].to(phases.device)
    return phases, masks[:, :1].contiguous(), masks[:, 1:].contiguous(), organs


def jitter_focus(lesion: Tensor, probability: float, seeds: Sequence[int]) -> Tensor:
    """Lesion masks [B, 1, S, S] as a prediction might show them: grown, shrunk, cut off or soft-edged.

    A change that would leave less than a pixel is not made.
    """
    random = _generator([seed ^ 0x5EED for seed in seeds])
    focus = lesion.clone()
    for number in range(len(lesion)):
        if _one(random) >= probability or not lesion[number].any():
            continue
        rows, columns = _box(lesion[number, 0], margin=6)
        part = lesion[number : number + 1, :, rows, columns]
        changed = _CHANGES[int(_one(random) * len(_CHANGES))](part, random)
        if changed.sum() >= 1:
            focus[number, :, rows, columns] = changed[0]
    return focus


def _grown(mask: Tensor, random: torch.Generator) -> Tensor:
    radius = 1 + int(_one(random) * 3)
    return functional.max_pool2d(mask, 2 * radius + 1, stride=1, padding=radius)


def _shrunk(mask: Tensor, random: torch.Generator) -> Tensor:
    radius = 1 + int(_one(random) * 2)
    return 1 - functional.max_pool2d(1 - mask, 2 * radius + 1, stride=1, padding=radius)


def _cut(mask: Tensor, random: torch.Generator) -> Tensor:
    """Only the part on one side of a line, 30 to 80 % of the pixels."""
    rows = torch.arange(mask.shape[2], dtype=torch.float32)[:, None]
    columns = torch.arange(mask.shape[3], dtype=torch.float32)[None, :]
    angle = 2 * math.pi * _one(random)
    distance = rows * math.sin(angle) + columns * math.cos(angle)
    inside = distance[mask[0, 0] > 0]
    limit = torch.quantile(inside, 0.3 + 0.5 * _one(random))
    return mask * (distance <= limit)


def _ragged(mask: Tensor, random: torch.Generator) -> Tensor:
    """Blurred, roughened by smooth noise and cut at one half: a wrong but plausible edge."""
    noise = torch.randn(1, 1, 2 + mask.shape[2] // 4, 2 + mask.shape[3] // 4, generator=random)
    noise = functional.interpolate(noise, size=mask.shape[2:], mode="bilinear", align_corners=False)
    blurred = functional.avg_pool2d(mask, 5, stride=1, padding=2, count_include_pad=True)
    return (blurred + 0.35 * noise * (blurred > 0) > 0.5).float()


def _soft(mask: Tensor, random: torch.Generator) -> Tensor:
    """Soft edges, as a probability map has them."""
    width = 3 + 2 * int(_one(random) * 2)
    return functional.avg_pool2d(mask, width, stride=1, padding=width // 2, count_include_pad=True)


_CHANGES = (_grown, _shrunk, _cut, _ragged, _soft)


def _grid(
    batch: int, size: int, settings: AugmentationSettings, random: torch.Generator, device: torch.device
) -> Tensor:
    """Rotation, scaling, shear, translation, flips and a smooth deformation, sample by sample.

    Returns:
        where each pixel comes from, [B, S, S, 2], -1 to 1 from edge to edge.
    """
    strength = settings.strength
    angle = _normal(random, batch) * math.radians(9) * strength
    zoom = torch.exp(_uniform(random, batch, 0.22) * strength)
    aspect = torch.exp(_uniform(random, batch, 0.07) * strength)
    shear = _uniform(random, batch, 0.08) * strength
    mirror = 1 - 2 * (torch.rand(batch, generator=random) < settings.left_right_flip).float()
    cosine, sine = torch.cos(angle), torch.sin(angle)
    matrix = torch.stack(
        [
            zoom * aspect * cosine * mirror,
            zoom * (shear - sine),
            zoom * sine * mirror,
            zoom / aspect * cosine,
        ],
        1,
    ).view(batch, 2, 2, 1, 1)
    move = _uniform(random, (batch, 2), 0.12) * strength
    # Pixel centres from -1 to 1, as grid_sample wants them, computed directly: affine_grid is slower.
    matrix, move = matrix.to(device), move.to(device)
    steps = (torch.arange(size, dtype=torch.float32, device=device) + 0.5) * (2 / size) - 1
    grid = matrix[:, :, 0] * steps[None, :] + matrix[:, :, 1] * steps[:, None] + move[:, :, None, None]
    # Control points 1/6 of the image apart; 0.012 of a half image is about 1.5 pixels.
    bend = torch.randn(batch, 2, 6, 6, generator=random) * 0.012 * strength
    bend *= (torch.rand(batch, 1, 1, 1, generator=random) < 0.4).float()
    coarse = (size // 8, size // 8)
    bend = functional.interpolate(bend.to(device), size=coarse, mode="bicubic", align_corners=False)
    bend = functional.interpolate(bend, size=(size, size), mode="bilinear", align_corners=False)
    return (grid + bend).permute(0, 2, 3, 1)


def _sampled(images: Tensor, grid: Tensor, mode: str = "bilinear") -> Tensor:
    return functional.grid_sample(images, grid, mode=mode, padding_mode="zeros", align_corners=False)


def _nearest_organs(anatomy: Tensor, grid: Tensor) -> Tensor:
    """The anatomy, uint8 [B, S/2, S/2], by the grid of the full size."""
    half = functional.avg_pool2d(grid.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)
    return _sampled(anatomy[:, None].float(), half, "nearest")[:, 0].to(torch.uint8)


def _shift_phases(
    phases: Tensor, settings: AugmentationSettings, random: torch.Generator, reference: int
) -> None:
    """Move single phases by whole pixels, as breathing does; the reference phase stays with its masks.

    Here and in ``_vary_phases`` phases are [B, N, P, S, S], and all N slices are changed alike.
    """
    most = round(settings.phase_shift_px * settings.strength)
    if most == 0:
        return
    for sample in phases:
        if _one(random) >= 0.35:
            continue
        for number in range(sample.shape[1]):
            if number != reference:
                down, right = torch.randint(-most, most + 1, (2,), generator=random).tolist()
                sample[:, number] = torch.roll(sample[:, number], (down, right), dims=(1, 2))


def _share_intensity(phases: Tensor, seeds: Sequence[int], strength: float, random: torch.Generator) -> None:
    """Changes that all phases of a slice share: gain, coil bias, contrast, blur, ringing."""
    batch, _, size, _ = phases.shape
    bias = torch.randn(batch, 1, 3, 3, generator=random) * 0.12 * strength
    bias *= (torch.rand(batch, 1, 1, 1, generator=random) < 0.4).float()
    bias += _normal(random, batch).view(-1, 1, 1, 1) * 0.10 * strength
    # The exponential is taken on the coarse field: a gain is positive, and 65 536 exponentials cost more.
    coarse = functional.interpolate(
        bias.to(phases.device), size=(size // 8, size // 8), mode="bicubic", align_corners=True
    ).exp()
    phases *= functional.interpolate(coarse, size=(size, size), mode="bilinear", align_corners=True)
    transforms = _monai_transforms(round(strength, 3))
    for number, seed in enumerate(seeds):
        transforms.set_random_state(seed=seed % 2**32)
        changed = transforms(phases[number])
        phases[number] = changed.as_subclass(Tensor)


@lru_cache(maxsize=4)
def _monai_transforms(strength: float) -> Compose:
    """Each sees one slice's [P, S, S] as a whole, so that the phases keep one scale."""
    most = 0.25 * min(strength, 1.5)
    return Compose(
        [
            RandAdjustContrast(prob=0.15, gamma=(1 - most, 1 + most)),
            RandHistogramShift(prob=0.08, num_control_points=(4, 8)),
            RandGaussianSmooth(prob=0.12, sigma_x=(0.4, 1.1), sigma_y=(0.4, 1.1), sigma_z=(0.4, 1.1)),
            RandGibbsNoise(prob=0.05, alpha=(0.2, 0.2 + most)),
        ]
    )


def _vary_phases(phases: Tensor, settings: AugmentationSettings, random: torch.Generator) -> None:
    """Gain and noise of each phase by itself."""
    count = phases.shape[2]
    gain = 1 + _uniform(random, (len(phases), count), settings.phase_gain * settings.strength)
    phases *= gain[:, None, :, None, None].to(phases.device)
    noise = _of_device(random, phases.device)
    for sample in phases:
        if _one(random) < 0.5:
            sigma = settings.noise * settings.strength * _one(random) ** 2
            sample.add_(torch.randn(sample.shape, generator=noise, device=phases.device), alpha=sigma)


def _generator(seeds: Sequence[int]) -> torch.Generator:
    """One stream for the batch, started by its first sample's seed."""
    return torch.Generator().manual_seed(seeds[0] if seeds else 0)


def _of_device(random: torch.Generator, device: torch.device) -> torch.Generator:
    """A stream for large draws on a device; on the CPU it is the same one."""
    if device.type == "cpu":
        return random
    seed = int(torch.randint(2**62, (), generator=random))
    return torch.Generator(device).manual_seed(seed)


def _one(random: torch.Generator) -> float:
    return float(torch.rand((), generator=random))


def _uniform(random: torch.Generator, shape: int | Sequence[int], most: float) -> Tensor:
    return (2 * torch.rand(shape, generator=random) - 1) * most


def _normal(random: torch.Generator, count: int) -> Tensor:
    return torch.randn(count, generator=random).clamp(-2.5, 2.5)


def _box(mask: Tensor, margin: int) -> tuple[slice, slice]:
    """Rows and columns around a non-empty mask [S, S], with a margin, inside the image."""
    rows, columns = mask.any(dim=1).nonzero()[:, 0], mask.any(dim=0).nonzero()[:, 0]
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + 1 + margin),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + 1 + margin),
    )
