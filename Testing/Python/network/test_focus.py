from __future__ import annotations

import torch
from torch import Tensor

from MTINetLib.network.focus import SURROUND, gather_evidence, ring, token_weights


def dot(row: int, column: int, side: int = 64) -> Tensor:
    mask = torch.zeros(1, 1, side, side)
    mask[0, 0, row, column] = 1
    return mask


def test_a_tiny_lesion_still_has_a_cell_of_nearly_full_weight() -> None:
    weights = token_weights(dot(37, 10), 4)
    assert weights.max() > 1 - SURROUND
    assert weights.argmax() == 2 * 4 + 0


def test_the_surround_is_seen_and_the_far_side_is_not() -> None:
    weights = token_weights(dot(5, 5, 256), 16)[0, 0]
    assert 0 < weights[1, 1] <= SURROUND
    assert weights[8:].abs().max() == 0


def test_an_empty_focus_has_no_weight_and_no_nan() -> None:
    assert torch.equal(token_weights(torch.zeros(2, 1, 64, 64), 4), torch.zeros(2, 1, 4, 4))
    assert ring(torch.zeros(2, 1, 64, 64)).abs().max() == 0


def test_the_ring_surrounds_the_mask_and_leaves_it_out(focus: Tensor) -> None:
    around = torch.nn.functional.interpolate(ring(focus), scale_factor=2)
    assert (around * focus).sum() == 0
    assert around[0, 0, 26, 38 + 9 + 5] == 1
    assert around[0, 0, 26, 38 + 9 + 14] == 0


def test_evidence_holds_the_masked_statistics(phases: Tensor, focus: Tensor) -> None:
    features = [torch.rand(3, 8, 32, 32), torch.rand(3, 12, 16, 16)]
    statistics, means = gather_evidence(features, phases, focus)
    inside = phases[1, 2][focus[1, 0] > 0]
    torch.testing.assert_close(statistics[1, 2, 0], inside.mean())
    torch.testing.assert_close(statistics[1, 2, 1], inside.std(correction=0), atol=1e-4, rtol=1e-4)
    assert means.shape == (3, 4, 2 * 2)


def test_feature_means_are_taken_under_the_mask_phase_by_phase(phases: Tensor) -> None:
    focus = torch.zeros(3, 1, 64, 64)
    focus[:, :, 16:32, 16:32] = 1
    maps = torch.rand(3, 8, 32, 32)
    means = gather_evidence([maps, maps], phases, focus).features
    expected = maps[:, :, 8:16, 8:16].mean((2, 3)).view(3, 4, 2)
    torch.testing.assert_close(means[:, :, :2], expected)


def test_evidence_of_an_empty_focus_is_finite(phases: Tensor) -> None:
    statistics, means = gather_evidence(
        [torch.rand(3, 8, 32, 32), torch.rand(3, 8, 16, 16)], phases, torch.zeros(3, 1, 64, 64)
    )
    assert statistics.isfinite().all()
    assert means.isfinite().all()
