"""Samples, batches and their labels."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from MTINetLib.training.dataset import BatchMaker, SliceDataset
from MTINetLib.training.sampling import NO_LESION, Draw
from MTINetLib.training.settings import AugmentationSettings
from MTINetLib.training.slice_store import SliceStore, StoredCase, read_case_index, write_case

NO_CHANGE = AugmentationSettings(strength=0.0, focus_jitter=0.0)


def bearing(store: SliceStore, class_index: int) -> int:
    return next(
        n for n, e in enumerate(store.entries) if e.lesions and e.lesions[0].class_index == class_index
    )


def test_the_curve_is_the_mean_inside_the_mask(store: SliceStore) -> None:
    number = bearing(store, 1)
    batch = BatchMaker(None)([SliceDataset(store, "mask")[Draw(number, 0, 1)]])
    phases = np.array(store.phases(store.entries[number]), dtype=np.float64)
    inside = np.array(store.labels(store.entries[number])) > 0
    np.testing.assert_allclose(batch.curve[0], [phase[inside].mean() for phase in phases], rtol=1e-4)
    assert batch.class_index.tolist() == [1]
    assert batch.bears_tumour.tolist() == [True]


def test_a_healthy_slice_has_no_class_no_curve_and_the_whole_slice_as_focus(store: SliceStore) -> None:
    number = next(n for n, e in enumerate(store.entries) if not e.lesions)
    batch = BatchMaker(None)([SliceDataset(store, "mask")[Draw(number, NO_LESION, 1)]])
    assert batch.bears_tumour.tolist() == [False]
    assert batch.class_index.tolist() == [-1]
    assert batch.focus.min() == 1
    assert batch.curve.abs().max() == 0


def test_the_curve_follows_the_augmented_pixels(store: SliceStore) -> None:
    dataset, number = SliceDataset(store, "mask"), bearing(store, 0)
    for seed in range(6):
        batch = BatchMaker(AugmentationSettings())([dataset[Draw(number, 0, seed)]])
        inside = batch.lesion[0, 0] > 0
        expected = batch.phases[0][:, inside].mean(dim=1)
        torch.testing.assert_close(batch.curve[0], expected, rtol=1e-4, atol=1e-4)


@pytest.fixture
def two_lesions(store: SliceStore, tmp_path: object) -> SliceStore:
    """One slice with a large hemangioma (label 1) and a small HCC (label 2)."""
    folder = store.cases[0].folder.parent / "two"
    phases = np.full((1, 4, 64, 64), 0.5, np.float32)
    labels = np.zeros((1, 64, 64), np.uint8)
    labels[0, 5:25, 5:25], labels[0, 40:48, 40:48] = 1, 2
    phases[0][:, labels[0] == 1], phases[0][:, labels[0] == 2] = 2.0, 3.0
    write_case(folder, phases, labels, 1.0, (0.0, 1.0))
    return SliceStore(
        [
            StoredCase(
                "two", "p", "hcc", folder, classes={1: "hemangioma", 2: "hcc"}, **read_case_index(folder)
            )
        ]
    )


def test_each_lesion_of_a_slice_is_asked_for_by_itself(two_lesions: SliceStore) -> None:
    dataset = SliceDataset(two_lesions, "mask")
    batch = BatchMaker(None)([dataset[Draw(0, 0, 1)], dataset[Draw(0, 1, 1)]])
    assert batch.class_index.tolist() == [1, 0]
    torch.testing.assert_close(batch.curve[:, 0], torch.tensor([2.0, 3.0]))
    assert batch.tumour.sum((1, 2, 3)).tolist() == [464, 464]
    torch.testing.assert_close(batch.tumour_curve[:, 0], torch.full((2,), (400 * 2 + 64 * 3) / 464))


def test_the_whole_slice_takes_the_largest_lesions_class_and_all_tumours_curve(
    two_lesions: SliceStore,
) -> None:
    batch = BatchMaker(None)([SliceDataset(two_lesions, "slice")[Draw(0, 1, 1)]])
    assert batch.class_index.tolist() == [1]
    torch.testing.assert_close(batch.curve, batch.tumour_curve)


def test_a_batch_is_the_same_for_the_same_seeds(store: SliceStore) -> None:
    dataset, number = SliceDataset(store, "mask"), bearing(store, 0)
    make = BatchMaker(AugmentationSettings())
    one, again, other = ([dataset[Draw(number, 0, seed)]] * 2 for seed in (3, 3, 4))
    torch.testing.assert_close(make(one).phases, make(again).phases, rtol=0, atol=0)
    assert not torch.equal(make(one).phases, make(other).phases)


def test_a_store_travels_to_another_process_without_its_pixels(store: SliceStore) -> None:
    entry = store.entries[2]
    store.phases(entry)
    packed = pickle.dumps(store)
    assert len(packed) < 20_000
    assert np.array_equal(pickle.loads(packed).phases(entry), store.phases(entry))


def test_jitter_alone_leaves_the_true_mask_alone(store: SliceStore) -> None:
    dataset, number = SliceDataset(store, "mask"), bearing(store, 0)
    settings = replace(NO_CHANGE, focus_jitter=1.0)
    plain = BatchMaker(None)([dataset[Draw(number, 0, 2)]])
    batch = BatchMaker(settings)([dataset[Draw(number, 0, 2)]])
    torch.testing.assert_close(batch.lesion, plain.lesion)
    torch.testing.assert_close(batch.curve, plain.curve)
    assert not torch.equal(batch.focus, plain.focus)
