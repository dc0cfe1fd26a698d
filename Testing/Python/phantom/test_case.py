"""Whole cases: determinism, truth, textbook curves."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from scipy import ndimage

from MTINetLib.phantom.case import PhantomCase, PhantomSettings, make_case
from MTINetLib.phantom.draws import Streams
from MTINetLib.phantom.hcc import draw_hcc
from MTINetLib.phantom.hemangioma import draw_hemangioma
from MTINetLib.phantom.lesion_kinds import KINDS
from MTINetLib.phantom.lesions import axial_diameter_mm
from MTINetLib.phantom.patient import draw_patient
from MTINetLib.study.anatomy import Organ
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA

SMALL = PhantomSettings(slices=(18, 20), matrix=(96, 112))


@lru_cache(maxsize=32)
def case(index: int, *plan: tuple[str, float]) -> PhantomCase:
    settings = PhantomSettings(slices=(18, 20), matrix=(96, 112), lesion_plan=plan or None)
    return make_case(11, index, settings)


def test_a_seed_and_index_give_the_same_bytes_again() -> None:
    again = make_case(11, 3, SMALL)
    assert again.study.volumes.tobytes() == case(3).study.volumes.tobytes()
    assert again.labels.tobytes() == case(3).labels.tobytes()
    assert again.lesions == case(3).lesions


def test_another_index_or_seed_gives_another_study() -> None:
    first = case(3).study.volumes
    for other in (case(4), make_case(12, 3, SMALL)):
        assert other.study.volumes.shape != first.shape or not np.array_equal(other.study.volumes, first)


def test_adding_a_lesion_does_not_change_the_patient() -> None:
    bare = make_case(11, 7, PhantomSettings(slices=(18, 20), matrix=(96, 112), lesion_plan=()))
    with_lesion = case(7, (HCC, 40.0))
    assert bare.study.grid == with_lesion.study.grid
    assert bare.study.times_s == with_lesion.study.times_s
    away = with_lesion.labels == 0
    np.testing.assert_array_equal(bare.liver[away], with_lesion.liver[away])


def test_stored_values_are_whole_numbers_of_twelve_bits() -> None:
    volumes = case(3).study.volumes
    assert volumes.dtype == np.float32
    np.testing.assert_array_equal(volumes, np.rint(volumes))
    assert volumes.min() >= 0
    assert 30 < volumes.max() <= 4095


def test_every_lesion_is_one_connected_piece_and_is_named_in_the_truth() -> None:
    for index in range(8):
        study = case(index)
        assert sorted(np.unique(study.labels)[1:]) == [lesion.label for lesion in study.lesions]
        sizes = [int((study.labels == lesion.label).sum()) for lesion in study.lesions]
        assert sizes == sorted(sizes, reverse=True)
        for lesion in study.lesions:
            assert ndimage.label(study.labels == lesion.label, np.ones((3, 3, 3)))[1] == 1
            assert lesion.lesion_class == KINDS[lesion.kind].lesion_class


def test_lesions_lie_in_or_at_the_liver() -> None:
    for index in range(8):
        near = ndimage.binary_dilation(case(index).liver, iterations=3)
        assert near[case(index).labels > 0].all()


def test_the_anatomy_names_every_organ_and_counts_lesions_to_the_liver() -> None:
    seen: set[int] = set()
    for index in range(8):
        study = case(index)
        assert study.anatomy.dtype == np.uint8
        assert study.anatomy.shape == study.labels.shape
        assert (study.anatomy[study.labels > 0] == Organ.LIVER).all()
        volume_l = float(study.liver.sum()) * float(np.prod(study.study.grid.spacing)) / 1e6
        assert 0.4 < volume_l < 3.5
        seen |= {int(value) for value in np.unique(study.anatomy)}
    assert seen == {int(organ) for organ in Organ}


def test_vessels_of_the_liver_are_brighter_than_it_in_the_portal_venous_phase() -> None:
    for index in range(4):
        study = case(index)
        portal = study.study.volumes[2]
        parenchyma = (study.anatomy == Organ.LIVER) & (study.labels == 0)
        vessels = float(np.median(portal[study.anatomy == Organ.LIVER_VESSEL]))
        assert vessels > 1.05 * float(np.median(portal[parenchyma]))


def test_a_study_without_lesions_has_an_empty_mask_and_class_none() -> None:
    empty = make_case(11, 5, PhantomSettings(slices=(18, 20), matrix=(96, 112), none_share=1.0))
    assert empty.case_class == "none"
    assert empty.lesions == ()
    assert not empty.labels.any()


def test_a_planned_diameter_is_found_in_the_mask() -> None:
    for index in (20, 21, 22):
        lesions = case(index, (HEMANGIOMA, 40.0)).lesions
        assert len(lesions) == 1
        assert lesions[0].diameter_mm == pytest.approx(40.0, rel=0.35)


def test_the_axial_diameter_of_a_disc_is_its_width() -> None:
    rows, columns = np.mgrid[:41, :41]
    disc = ((rows - 20) ** 2 + (columns - 20) ** 2 <= 10**2)[None]
    assert axial_diameter_mm(disc, (5.0, 1.5, 1.5)) == pytest.approx(21 * 1.5, rel=0.05)
    assert axial_diameter_mm(np.zeros((2, 5, 5), bool), (5.0, 1.0, 1.0)) == 0.0


def test_the_true_curve_is_what_the_scanner_measures_in_the_portal_phase() -> None:
    for index, name in ((30, HCC), (31, HEMANGIOMA), (32, HCC)):
        study = case(index, (name, 45.0))
        measured = float(study.study.volumes[2][study.labels == 1].mean())
        assert measured == pytest.approx(study.lesions[0].curve[2], rel=0.06)


def test_hcc_brighten_as_a_whole_and_wash_out_only_against_the_liver() -> None:
    own, against, early = [], [], []
    for index in range(200):
        patient = draw_patient(Streams(5, index)("patient"))
        traits = draw_hcc(Streams(5, index)("lesion"), patient, 30.0, 1.5)
        signal = patient.signal(traits.native, traits.curve)
        own.append(signal[2] / signal[1])
        against.append(signal[3] / patient.liver_signal[3])
        early.append(signal[1] / patient.liver_signal[1])
    assert 1.05 < np.median(own) < 1.35
    assert np.median(against) < 0.97
    assert np.mean(np.array(early) > 1.0) > 0.8


def test_filled_hemangioma_is_dark_before_and_bright_long_after_the_bolus() -> None:
    before, after = [], []
    for index in range(60):
        patient = draw_patient(Streams(6, index)("patient"))
        traits = draw_hemangioma(Streams(6, index)("lesion"), patient, 20.0, 1.5)
        ratio = patient.signal(traits.native, traits.blood_share * traits.pool) / patient.liver_signal
        before.append(ratio[0] < 1.0)
        after.append(ratio[3] > 1.05)
    assert np.mean(before) > 0.95
    assert np.mean(after) > 0.9


def test_small_hemangiomas_mostly_flash_and_large_ones_hardly_ever() -> None:
    def share(diameter: float) -> float:
        patient = draw_patient(Streams(7, 0)("patient"))
        rng = Streams(7, 0)("lesion")
        return float(np.mean([draw_hemangioma(rng, patient, diameter, 1.5).flash for _ in range(150)]))

    assert share(9.0) > 0.65
    assert share(40.0) < 0.1


def test_the_classes_differ_where_a_radiologist_looks() -> None:
    """Painted lesions against their own liver: washout for HCC, fill-in for hemangioma, on average."""
    ratios: dict[str, list[float]] = {HCC: [], HEMANGIOMA: []}
    for index in range(6):
        for name in ratios:
            study = case(40 + index, (name, 35.0))
            ring = ndimage.binary_dilation(study.labels > 0, iterations=4) & (study.labels == 0) & study.liver
            liver = float(study.study.volumes[3][ring].mean())
            ratios[name].append(float(study.study.volumes[3][study.labels == 1].mean()) / liver)
    assert np.median(ratios[HCC]) < 1.0
    assert np.median(ratios[HEMANGIOMA]) > 1.05


def test_the_mix_of_classes_follows_the_settings() -> None:
    only_hcc = PhantomSettings(
        slices=(18, 20),
        matrix=(96, 112),
        none_share=0.0,
        hemangioma_share=0.0,
        other_share=0.0,
        mixed_share=0.0,
    )
    for index in range(3):
        classes = {lesion.lesion_class for lesion in make_case(13, index, only_hcc).lesions}
        assert classes == {HCC}


def test_oblique_stacks_are_rotations() -> None:
    settings = PhantomSettings(slices=(18, 20), matrix=(96, 112), oblique_share=1.0)
    matrix = make_case(14, 0, settings).study.grid.direction_matrix
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(matrix) == pytest.approx(1.0)
    assert abs(matrix[2, 2]) < 0.99999
