"""Organs in training: stored, warped, learnt, and setting the scale."""

from __future__ import annotations

import csv
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
import torch
from support.small_dataset import CLASSES, SHORT, SIZE, SLICES, tiny_network, write_small_dataset

from MTINetLib.errors import InputError
from MTINetLib.models.preprocessing import AxialSlices, AxialSlicesByLiver
from MTINetLib.models.store import load_model
from MTINetLib.study.anatomy import UNKNOWN_ORGAN, Organ
from MTINetLib.study.normalise import LIVER_VALUE
from MTINetLib.training.augmentation import WIDE_GAINS, augment
from MTINetLib.training.dataset import BatchMaker, SliceDataset, stacked
from MTINetLib.training.losses import anatomy_loss
from MTINetLib.training.prepare import prepare_dataset
from MTINetLib.training.sampling import validation_draws
from MTINetLib.training.settings import AugmentationSettings, training_preset
from MTINetLib.training.slice_store import SliceStore
from MTINetLib.training.train import train

BY_LIVER = AxialSlicesByLiver(SIZE)
HALF = SIZE // 2


def organs(value: int = Organ.LIVER) -> np.ndarray:
    """A liver that takes most of the body, and a spleen beside it."""
    made = np.zeros((SLICES, SIZE, SIZE), np.uint8)
    made[:, 10:54, 4:50] = value
    made[:, 10:54, 50:60] = Organ.SPLEEN
    return made


def with_anatomy(dataset: Path, maps: dict[int, np.ndarray]) -> Path:
    """Anatomy maps of some cases, and their column in the table."""
    for number, value in maps.items():
        mask = SimpleITK.ReadImage(str(dataset / f"case_{number}" / "mask.nii.gz"))
        image = SimpleITK.GetImageFromArray(value)
        image.CopyInformation(mask)
        SimpleITK.WriteImage(image, str(dataset / f"case_{number}" / "anatomy.nii.gz"))
    table = dataset / "cases.csv"
    rows = list(csv.DictReader(table.read_text("utf-8").splitlines()))
    for number, row in enumerate(rows):
        row["anatomy"] = f"case_{number}/anatomy.nii.gz" if number in maps else ""
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return dataset


@pytest.fixture
def store(tmp_path: Path) -> SliceStore:
    dataset = with_anatomy(write_small_dataset(tmp_path / "set"), {0: organs(), 1: organs(), 5: organs()})
    return prepare_dataset(dataset, tmp_path / "cache", processes=1, preprocessing=BY_LIVER)


def test_organs_are_stored_as_fine_as_they_are_answered(store: SliceStore) -> None:
    assert [case.has_anatomy for case in store.cases] == [True, True, False, False, False, True]
    known, unknown = (store.anatomy(next(e for e in store.entries if e.case == case)) for case in (0, 2))
    assert known.shape == (HALF, HALF)
    assert set(np.unique(known)) == {Organ.BACKGROUND, Organ.LIVER, Organ.SPLEEN}
    assert (known[8:24, 4:20] == Organ.LIVER).all()
    assert (unknown == UNKNOWN_ORGAN).all()


def test_the_true_liver_sets_the_scale_of_a_training_case(store: SliceStore) -> None:
    for entry in store.entries:
        if store.cases[entry.case].has_anatomy and not entry.lesions:
            first = store.phases(entry)[0].astype(np.float32)
            assert np.median(first[20:44, 10:40]) == pytest.approx(LIVER_VALUE, rel=0.02)


def test_lesions_and_the_spleen_do_not_set_the_scale(tmp_path: Path) -> None:
    dataset = with_anatomy(write_small_dataset(tmp_path / "set"), {0: organs(), 1: organs(Organ.HEART)})
    by_liver, plain = (
        prepare_dataset(dataset, tmp_path / "cache", processes=1, preprocessing=kind)
        for kind in (BY_LIVER, AxialSlices(SIZE))
    )
    assert by_liver.cases[0].scale != plain.cases[0].scale
    assert by_liver.cases[1].scale == plain.cases[1].scale


def test_a_map_with_a_value_that_is_no_organ_is_named(tmp_path: Path) -> None:
    dataset = with_anatomy(write_small_dataset(tmp_path / "set"), {0: organs(77)})
    with pytest.raises(InputError, match=r"Case case_0: .*anatomy\.nii\.gz holds 77.*1 liver"):
        prepare_dataset(dataset, tmp_path / "cache", processes=1, preprocessing=BY_LIVER)


@pytest.mark.parametrize("seed", range(6))
def test_organs_move_with_the_image(seed: int) -> None:
    settings = AugmentationSettings(phase_shift_px=0, noise=0.0)
    anatomy = torch.zeros(2, HALF, HALF, dtype=torch.uint8)
    anatomy[:, 8:20, 6:22] = Organ.LIVER
    large = anatomy.repeat_interleave(2, 1).repeat_interleave(2, 2)[:, None].float()
    stack = 0.1 + large.expand(-1, 12, -1, -1)
    seen, tumour, _, moved = augment(
        stack.clone(), large, large, settings, [seed, seed + 9], anatomy=anatomy, phase_count=4
    )
    assert moved is not None
    assert set(moved.unique().tolist()) <= {0, 1}
    mask = torch.nn.functional.avg_pool2d(tumour, 2)[:, 0]
    assert (((mask > 0.5) != (moved == Organ.LIVER)) & (mask != 0.5)).float().mean() < 0.03
    # Slices beside each other keep one gain for each phase.
    by_slice = seen.view(2, 3, 4, SIZE, SIZE)
    torch.testing.assert_close(by_slice[:, 0], by_slice[:, 1])


def test_wide_gains_stay_within_their_limits() -> None:
    plain = AugmentationSettings(strength=1e-6)
    phases = torch.ones(64, 4, 16, 16)
    mask = torch.zeros(64, 1, 16, 16)
    middle = augment(phases.clone(), mask, mask, plain, [1])[0][:, :, 8, 8]
    wide = augment(phases.clone(), mask, mask, replace(plain, wide_gain=1.0), [1])[0][:, :, 8, 8]
    ratio = wide / middle
    assert WIDE_GAINS[0] * 0.99 < ratio.min() < 0.6
    assert 1.6 < ratio.max() < WIDE_GAINS[1] * 1.01
    torch.testing.assert_close(ratio, ratio[:, :1].expand_as(ratio))


def logits_of(anatomy: torch.Tensor, sure: float = 12.0) -> torch.Tensor:
    return sure * torch.nn.functional.one_hot(anatomy.long() % 9, 9).permute(0, 3, 1, 2).float()


def test_the_loss_is_small_for_the_truth_and_leaves_unknown_pixels_out() -> None:
    anatomy = torch.randint(0, 9, (2, 8, 8), dtype=torch.uint8)
    right = anatomy_loss(logits_of(anatomy), anatomy)
    assert right < 0.01
    assert anatomy_loss(logits_of((anatomy + 1) % 9), anatomy) > 5
    half = anatomy.clone()
    half[:, :4] = UNKNOWN_ORGAN
    wrong_there = logits_of(torch.cat([(anatomy[:, :4] + 1) % 9, anatomy[:, 4:]], dim=1))
    assert anatomy_loss(wrong_there, half) < 0.01


def test_where_no_organ_is_known_the_loss_and_its_gradient_are_zero() -> None:
    logits = torch.randn(1, 9, 4, 4, requires_grad=True)
    loss = anatomy_loss(logits, torch.full((1, 4, 4), UNKNOWN_ORGAN, dtype=torch.uint8))
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert logits.grad.abs().max() == 0


NEW = ("network.neighbours=1", f"network.anatomy_classes={len(Organ)}")


def test_a_model_with_organs_and_neighbours_is_trained_and_loaded(tmp_path: Path) -> None:
    dataset = with_anatomy(write_small_dataset(tmp_path / "set"), dict.fromkeys(range(6), organs()))
    settings = training_preset("quick", [*SHORT, *tiny_network(), *NEW, "augmentation.wide_gain=0.5"])
    result = train(dataset, tmp_path / "run", settings)
    assert 0 <= result.scores["liver_dice"] <= 1
    model = load_model(result.model)
    assert model.info.anatomy
    assert (model.info.preprocessing.name, model.info.preprocessing.version) == ("axial_slices", 2)
    again = train(dataset, tmp_path / "run", settings, resume=True)
    assert again.sha256 == result.sha256


def test_without_a_single_map_no_organs_are_learnt_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    dataset = write_small_dataset(tmp_path / "set", CLASSES[:4])
    settings = training_preset("quick", [*SHORT, *tiny_network(), *NEW])
    with caplog.at_level(logging.WARNING):
        result = train(dataset, tmp_path / "run", settings)
    assert "no anatomy maps" in caplog.text
    info = load_model(result.model).info
    assert not info.anatomy
    assert info.preprocessing.version == 1


def test_a_device_varies_slices_as_a_loader_does(store: SliceStore) -> None:
    dataset = SliceDataset(store, "mask", neighbours=1)
    samples = [dataset[draw] for draw in validation_draws(store, 4, 0)]
    make = BatchMaker(AugmentationSettings(wide_gain=0.5), phase_count=4)
    for one, other in zip(make(samples), make.made_of(stacked(samples)), strict=True):
        assert torch.equal(one, other)


def test_a_run_may_vary_its_slices_on_the_device(tmp_path: Path) -> None:
    dataset = with_anatomy(write_small_dataset(tmp_path / "set"), dict.fromkeys(range(6), organs()))
    settings = training_preset("quick", [*SHORT, *tiny_network(), *NEW])
    by_loader = train(dataset, tmp_path / "one", settings)
    by_device = train(dataset, tmp_path / "other", replace(settings, augment_on="device"))
    assert by_device.scores == pytest.approx(by_loader.scores)
