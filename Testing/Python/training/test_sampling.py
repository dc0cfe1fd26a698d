"""Which slices are drawn."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from MTINetLib.training.sampling import NO_LESION, Draw, DrawSampler, balanced_units, validation_draws
from MTINetLib.training.slice_store import SliceStore


def sampler(store: SliceStore, kind: str = "balanced", **changes: object) -> DrawSampler:
    options = {"batch_size": 4, "steps": 300, "tumour_share": 0.6, "seed": 5} | changes
    return DrawSampler(store, kind, **options)  # type: ignore[arg-type]


def drawn(batches: DrawSampler) -> list[Draw]:
    return [draw for batch in batches for draw in batch]


def test_tumours_and_classes_come_in_their_shares(store: SliceStore) -> None:
    draws = drawn(sampler(store))
    classes = Counter(
        store.entries[draw.entry].lesions[draw.lesion].class_index for draw in draws if draw.lesion >= 0
    )
    # 1200 draws: three standard errors are about 0.043. HCC has three patients, hemangioma two.
    assert sum(classes.values()) / len(draws) == pytest.approx(0.6, abs=0.045)
    assert classes[0] / len(draws) == pytest.approx(0.3, abs=0.045)


def test_a_draw_without_lesion_is_a_healthy_slice(store: SliceStore) -> None:
    for draw in drawn(sampler(store)):
        assert (draw.lesion == NO_LESION) == (not store.entries[draw.entry].lesions)


def test_probabilities_sum_to_one_even_without_tumours(store: SliceStore) -> None:
    for part in (store, store.of_patients({"patient_5"}), store.of_patients({"patient_0"})):
        for share in (0.0, 0.6, 1.0):
            _, probability = balanced_units(part, share)
            assert probability.sum() == pytest.approx(1)
            assert np.all(probability >= 0)


def test_every_epoch_draws_anew_and_the_same_epoch_draws_the_same(store: SliceStore) -> None:
    first, second = sampler(store), sampler(store)
    second.epoch_of = lambda: 1
    assert drawn(first) == drawn(sampler(store))
    assert drawn(first) != drawn(second)


def test_processes_share_a_batch_without_overlap(store: SliceStore) -> None:
    whole = drawn(sampler(store, batch_size=8, steps=10))
    parts = [drawn(sampler(store, steps=10, rank=rank, world=2)) for rank in range(2)]
    assert sorted(parts[0] + parts[1]) == sorted(whole)
    assert parts[0] != parts[1]


def test_a_uniform_epoch_visits_every_slice_once(store: SliceStore) -> None:
    draws = drawn(sampler(store, "uniform", batch_size=1, steps=0))
    assert sorted(draw.entry for draw in draws) == list(range(len(store.entries)))


def test_validation_draws_are_fixed_and_half_of_them_bear_tumour(store: SliceStore) -> None:
    draws = validation_draws(store, 10, seed=0)
    assert draws == validation_draws(store, 10, seed=0)
    assert len(draws) == 10
    assert sum(draw.lesion >= 0 for draw in draws) == 5
    assert len(validation_draws(store, 1000, seed=0)) == len(store.entries)


def test_studies_mixed_in_get_their_share_and_stay_balanced_among_themselves(store: SliceStore) -> None:
    own, other = store.of_patients({"patient_0", "patient_1"}), store.of_patients({"patient_2", "patient_3"})
    mixed = own.with_mixed_in(other)
    units, probability = balanced_units(mixed, 0.6, mix_share=0.25)
    inside = np.array([mixed.cases[mixed.entries[entry].case].mixed_in for entry, _ in units])
    assert probability[inside].sum() == pytest.approx(0.25)
    for part, of_part, share in ((inside, other, 0.25), (~inside, own, 0.75)):
        _, alone = balanced_units(of_part, 0.6)
        assert probability[part] == pytest.approx(share * alone)


def test_a_share_without_studies_to_mix_in_changes_nothing(store: SliceStore) -> None:
    assert np.array_equal(balanced_units(store, 0.6, mix_share=0.25)[1], balanced_units(store, 0.6)[1])
