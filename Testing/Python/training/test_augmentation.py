"""How slices are varied: masks move with images, phases keep one scale."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from MTINetLib.training.augmentation import augment, jitter_focus
from MTINetLib.training.settings import AugmentationSettings

SETTINGS = AugmentationSettings()
#: Nothing that differs between phases.
SHARED = replace(SETTINGS, phase_shift_px=0, phase_gain=0.0, noise=0.0)


def disc(batch: int = 2, size: int = 64, radius: int = 10) -> torch.Tensor:
    rows, columns = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    return ((rows - 30) ** 2 + (columns - 34) ** 2 < radius**2).float().expand(batch, 1, size, size).clone()


@pytest.mark.parametrize("seed", range(8))
def test_masks_move_with_the_image(seed: int) -> None:
    mask = disc()
    phases = 0.2 + mask.expand(-1, 4, -1, -1)
    seen, tumour, lesion, _ = augment(phases.clone(), mask, mask, SHARED, [seed, seed + 1])
    assert torch.equal(tumour, lesion)
    assert set(tumour.unique().tolist()) <= {0.0, 1.0}
    for image, inside in zip(seen[:, 0], tumour[:, 0] > 0, strict=True):
        assert inside.any()
        assert image[inside].mean() > 1.5 * image[~inside].mean()


@pytest.mark.parametrize("seed", range(8))
def test_phases_that_are_alike_stay_alike_under_shared_changes(seed: int) -> None:
    phases = torch.rand(2, 1, 64, 64).expand(-1, 4, -1, -1).clone()
    seen, _, _, _ = augment(phases, disc(), disc(), SHARED, [seed, seed + 1])
    torch.testing.assert_close(seen, seen[:, :1].expand_as(seen))


@pytest.mark.parametrize("seed", range(8))
def test_enhancement_keeps_its_order(seed: int) -> None:
    mask = disc()
    phases = 0.5 + mask * torch.tensor([0.0, 1.0, 0.7, 0.3]).view(1, 4, 1, 1)
    seen, _, lesion, _ = augment(phases, mask, mask, SETTINGS, [seed, seed + 1])
    curve = (seen * lesion).sum((2, 3)) / lesion.sum((2, 3))
    assert torch.all(curve[:, 1] > curve[:, 2])
    assert torch.all(curve[:, 2] > curve[:, 3])
    assert torch.all(curve[:, 3] > curve[:, 0])


def test_phases_shift_against_the_reference_phase_and_its_masks() -> None:
    shifting = replace(SHARED, phase_shift_px=2)
    columns = torch.arange(64).view(1, 1, 64)
    apart = []
    for seed in range(12):
        phases = disc(1).expand(-1, 4, -1, -1).clone()
        seen, tumour, _, _ = augment(phases, disc(1), disc(1), shifting, [seed])
        centres = (seen[0] * columns).sum((1, 2)) / seen[0].sum((1, 2))
        of_mask = (tumour[0] * columns).sum() / tumour[0].sum()
        assert (centres[2] - of_mask).abs() < 0.5
        apart.append(float((centres - centres[2]).abs().max()))
    assert max(apart) < 2.6
    assert 1 <= sum(shift > 0.5 for shift in apart) <= 9


def test_strength_zero_changes_nothing() -> None:
    phases, mask = torch.rand(2, 4, 64, 64), disc()
    seen, tumour, lesion, _ = augment(phases, mask, mask, replace(SETTINGS, strength=0.0), [1, 2])
    assert torch.equal(seen, phases)
    assert torch.equal(tumour, mask)
    assert torch.equal(lesion, mask)


@pytest.mark.parametrize("seed", range(20))
def test_a_jittered_focus_still_lies_on_its_lesion(seed: int) -> None:
    mask = disc(1)
    focus = jitter_focus(mask, 1.0, [seed])
    assert focus.min() >= 0
    assert focus.max() <= 1
    assert focus.sum() >= 1
    shared = (focus * mask).sum() / torch.maximum(focus.sum(), torch.tensor(1.0))
    assert shared > 0.4


def test_jitter_gives_many_kinds_of_focus() -> None:
    areas = {round(float(jitter_focus(disc(1), 1.0, [seed]).sum())) for seed in range(20)}
    assert len(areas) >= 6


def test_a_one_pixel_lesion_survives_the_jitter() -> None:
    mask = torch.zeros(1, 1, 64, 64)
    mask[0, 0, 0, 63] = 1
    for seed in range(20):
        assert jitter_focus(mask, 1.0, [seed]).sum() >= 1 - 1e-4
    assert jitter_focus(torch.zeros_like(mask), 1.0, [0]).sum() == 0
