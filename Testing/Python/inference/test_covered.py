"""A phase that has no image at a lesion says nothing of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.made_analysis import made_grid, made_labels, made_study

from MTINetLib.findings import EnhancementCurve
from MTINetLib.inference.covered import coverage_flags, covered_shares, phases_without_image
from MTINetLib.inference.curves import liver_ring_curve, measured_curve
from MTINetLib.inference.decide import Decision, without_image
from MTINetLib.inference.describe import describe_lesions
from MTINetLib.inference.enhancement import enhancement_figures
from MTINetLib.inference.lesions import lesion_boxes
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.study.study import Study

WHOLE = made_study(made_grid((24, 60, 72)))
LABELS = made_labels(WHOLE.grid)
BOXES = lesion_boxes(LABELS)


def cut(phase: Phase, first: int, study: Study = WHOLE) -> Study:
    """Without an image of the phase from slice ``first`` on, where its voxels are 0."""
    covered = np.ones(study.volumes.shape, dtype=bool)
    covered[study.index(phase), first:] = False
    return replace(study, volumes=np.where(covered, study.volumes, np.float32(0)), covered=covered)


def split(label: int, share: float) -> int:
    """The first slice above about so much of a lesion."""
    slices = np.flatnonzero((label == LABELS).any(axis=(1, 2)))
    return int(slices[0] + round(share * len(slices)))


def curve(study: Study, label: int) -> EnhancementCurve:
    box = BOXES[label]
    return measured_curve(study, LABELS[box] == label, box)


def decisions() -> dict[int, Decision]:
    return {label: Decision("hcc", {"hcc": 0.9, "hemangioma": 0.1}) for label in BOXES}


@pytest.mark.parametrize("phase", [Phase.PRE, Phase.ARTERIAL, Phase.DELAYED])
def test_a_lesion_without_an_image_in_a_phase_has_no_value_there_and_no_figure_of_it(phase: Phase) -> None:
    study = cut(phase, split(2, 0.0))
    (lesion,) = (
        found
        for found in describe_lesions(study, LABELS, decisions(), {2: (1.0, 2.0, 3.0, 4.0)})
        if found.label == 2
    )
    place = FOUR_PHASES.index(phase)
    for values in (lesion.measured_curve.mean, lesion.measured_curve.sd, lesion.predicted_curve):
        assert values is not None
        assert [n for n, value in enumerate(values) if value is None] == [place]
    assert lesion.enhancement.lesion_to_liver_contrast[phase] is None
    assert lesion.enhancement.relative_enhancement[phase] is None
    assert lesion.enhancement.curve_kind is None
    assert f"not_measured:{phase.value}" in lesion.flags


def test_the_other_phases_of_such_a_lesion_are_measured_as_if_nothing_was_missing() -> None:
    whole, missing = curve(WHOLE, 2), curve(cut(Phase.ARTERIAL, split(2, 0.0)), 2)
    assert missing.mean[1] is None
    for place in (0, 2, 3):
        assert missing.mean[place] == pytest.approx(whole.mean[place], rel=1e-12)
        assert missing.sd[place] == pytest.approx(whole.sd[place], rel=1e-12)


def test_a_lesion_shown_in_its_larger_part_is_measured_there_and_the_part_is_told() -> None:
    first = split(1, 0.7)
    study = cut(Phase.DELAYED, first)
    inside = LABELS == 1
    inside[first:] = False
    assert curve(study, 1).mean[3] == pytest.approx(WHOLE.volumes[3][inside].astype(float).mean(), rel=1e-6)
    shares = covered_shares(study, LABELS[BOXES[1]] == 1, BOXES[1])
    percent = round(100 * inside.sum() / (LABELS == 1).sum())
    assert 50 < percent < 100
    assert coverage_flags(FOUR_PHASES, shares) == (f"measured_in_part:delayed:{percent}_percent",)


def test_the_liver_around_is_measured_where_each_phase_shows_it() -> None:
    first = split(1, 0.6)
    study = cut(Phase.ARTERIAL, first)
    whole = liver_ring_curve(WHOLE, LABELS, 1, BOXES[1])
    found = liver_ring_curve(study, LABELS, 1, BOXES[1])
    assert whole is not None
    assert found is not None
    assert found.mean == pytest.approx(whole.mean, rel=0.02)
    gone = liver_ring_curve(cut(Phase.ARTERIAL, split(1, 0.0) - 4), LABELS, 1, BOXES[1])
    assert gone is not None
    assert gone.mean[1] is None
    assert gone.mean[2] == pytest.approx(whole.mean[2], rel=0.02)


def test_the_liver_around_needs_no_portal_venous_phase_to_be_told_from_air() -> None:
    study = replace(cut(Phase.PORTAL_VENOUS, 0), reference=Phase.DELAYED)
    found = liver_ring_curve(study, LABELS, 2, BOXES[2])
    assert found is not None
    assert found.mean[2] is None
    assert found.mean[3] == pytest.approx(300, rel=0.05)


def test_coverage_that_lacks_nothing_at_a_lesion_changes_no_bit() -> None:
    lesions = describe_lesions(WHOLE, LABELS, decisions(), {})
    covered = np.ones(WHOLE.volumes.shape, dtype=bool)
    covered[:, :, 0] = False  # air
    assert describe_lesions(replace(WHOLE, covered=covered), LABELS, decisions(), {}) == lesions


def test_figures_with_a_missing_phase_are_not_defined() -> None:
    lesion = EnhancementCurve((100.0, None, 300.0, 250.0), (1.0, None, 1.0, 1.0))
    liver = EnhancementCurve((120.0, 150.0, None, 200.0), (1.0, 1.0, None, 1.0))
    figures = enhancement_figures(FOUR_PHASES, lesion, liver, (0.0, 30.0, 70.0, 180.0))
    assert figures.relative_enhancement == {
        Phase.PRE: 0.0,
        Phase.ARTERIAL: None,
        Phase.PORTAL_VENOUS: 2.0,
        Phase.DELAYED: 1.5,
    }
    assert figures.lesion_to_liver_contrast[Phase.PORTAL_VENOUS] is None
    assert figures.washout_ratio_percent == {Phase.PORTAL_VENOUS: None, Phase.DELAYED: 80.0}
    assert (figures.arterial_contrast_gain, figures.wash_in_per_s, figures.curve_kind) == (None, None, None)


def test_the_class_of_a_lesion_that_a_phase_does_not_show_stays_open() -> None:
    study = cut(Phase.PRE, split(2, 0.3))
    missing = phases_without_image(study, LABELS[BOXES[2]] == 2, BOXES[2])
    assert missing == (Phase.PRE,)
    decided = Decision("hcc", {"hcc": 0.9, "hemangioma": 0.1})
    assert without_image(decided, missing) == Decision(
        "undecided", decided.probabilities, ("undecided:no_image_pre",)
    )
    assert without_image(decided, ()) == decided
