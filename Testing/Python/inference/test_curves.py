from __future__ import annotations

import numpy as np
import pytest

from MTINetLib.inference.curves import liver_ring_curve, measured_curve
from MTINetLib.inference.lesions import lesion_boxes
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.study.study import PhaseSource, Study

GRID = Grid((20, 80, 80), (1.5, 1.5, 3.0), (0.0, 0.0, 0.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
LIVER = (100.0, 120.0, 180.0, 160.0)
LESION = (90.0, 300.0, 170.0, 140.0)
OTHER = (70.0, 500.0, 500.0, 500.0)


def ball(centre_mm: tuple[float, float, float], radius: float) -> np.ndarray:
    kji = np.stack(np.meshgrid(*[np.arange(n) for n in GRID.shape], indexing="ij"), axis=-1)
    return np.linalg.norm(GRID.to_lps(kji) - np.array(centre_mm), axis=-1) <= radius


def make_study(labels: np.ndarray, noise: float = 0.0) -> Study:
    volumes = np.empty((4, *GRID.shape))
    for phase in range(4):
        volumes[phase] = LIVER[phase]
        volumes[phase][labels == 1] = LESION[phase]
        volumes[phase][labels == 2] = OTHER[phase]
    volumes += np.random.default_rng(0).normal(0, noise, volumes.shape)
    sources = (PhaseSource("made"),) * 4
    return Study(
        volumes.astype(np.float32), GRID, Phase.PORTAL_VENOUS, (0, 30, 70, 180), sources, phases=FOUR_PHASES
    )


def two_lesions() -> np.ndarray:
    labels = np.zeros(GRID.shape, dtype=np.uint8)
    labels[ball((55, 60, 30), 12)] = 1
    labels[ball((78, 60, 30), 8)] = 2
    return labels


def measured(study: Study, labels: np.ndarray, label: int):
    box = lesion_boxes(labels)[label]
    return measured_curve(study, labels[box] == label, box)


def ring(study: Study, labels: np.ndarray, label: int = 1):
    return liver_ring_curve(study, labels, label, lesion_boxes(labels)[label])


def test_the_curve_of_a_known_mask_is_exact() -> None:
    labels = two_lesions()
    study = make_study(labels, noise=7)
    curve = measured(study, labels, 1)
    inside = study.volumes[:, labels == 1].astype(np.float64)
    assert curve.mean == pytest.approx(inside.mean(axis=1))
    assert curve.sd == pytest.approx(inside.std(axis=1))
    assert measured(make_study(labels), labels, 1).mean == pytest.approx(LESION)


def test_the_ring_is_liver_and_leaves_the_other_lesion_out() -> None:
    labels = two_lesions()
    curve = ring(make_study(labels), labels)
    assert curve.mean == pytest.approx(LIVER)
    assert max(curve.sd) == pytest.approx(0, abs=1e-9)


def test_the_other_lesion_would_have_spoilt_the_ring() -> None:
    """The test above can fail: voxels of the second lesion lie within 10 mm of the first."""
    labels = two_lesions()
    from scipy.ndimage import distance_transform_edt

    distance = distance_transform_edt(labels != 1, sampling=GRID.spacing[::-1])
    assert ((labels == 2) & (distance > 3) & (distance < 10)).sum() > 50


def test_vessels_in_the_ring_are_trimmed() -> None:
    labels = two_lesions()
    study = make_study(labels, noise=6)
    volumes = study.volumes.copy()
    volumes[1:, :, 50:54, :][:, labels[:, 50:54, :] == 0] *= 2.5
    curve = ring(
        Study(volumes, GRID, study.reference, study.times_s, study.sources, phases=FOUR_PHASES), labels
    )
    assert curve.mean == pytest.approx(LIVER, rel=0.02)
    assert max(curve.sd) < 9


def test_a_lesion_at_the_edge_of_the_liver_is_compared_with_liver() -> None:
    labels = two_lesions()
    study = make_study(labels, noise=6)
    volumes = study.volumes.copy()
    outside = (np.arange(80) < 32)[None, None, :] & (labels == 0)
    volumes[:, outside] = np.random.default_rng(1).uniform(0, 20, size=volumes[:, outside].shape)
    curve = ring(
        Study(volumes, GRID, study.reference, study.times_s, study.sources, phases=FOUR_PHASES), labels
    )
    assert curve.mean == pytest.approx(LIVER, rel=0.02)


def test_no_ring_left_is_none() -> None:
    labels = np.full(GRID.shape, 2, dtype=np.uint8)
    labels[ball((60, 60, 30), 9)] = 1
    assert ring(make_study(labels), labels) is None


def test_a_lesion_in_the_corner_is_measured_with_what_is_there() -> None:
    labels = np.zeros(GRID.shape, dtype=np.uint8)
    labels[ball((0, 0, 0), 10)] = 1
    assert ring(make_study(labels, noise=3), labels).mean == pytest.approx(LIVER, rel=0.02)


@pytest.mark.parametrize(
    "phases",
    [
        (Phase.PRE, Phase.EARLY_ARTERIAL, Phase.ARTERIAL, Phase.PORTAL_VENOUS),
        (Phase.PRE, Phase.PORTAL_VENOUS, Phase.HEPATOBILIARY),
        (Phase.PRE, Phase.DELAYED),
    ],
)
def test_air_is_told_from_liver_where_the_liver_stands_out_whatever_the_phases(
    phases: tuple[Phase, ...],
) -> None:
    liver = {Phase.PRE: 100, Phase.PORTAL_VENOUS: 180, Phase.DELAYED: 160, Phase.HEPATOBILIARY: 150}
    labels = np.zeros(GRID.shape, dtype=np.uint8)
    labels[ball((55, 60, 30), 12)] = 1
    volumes = np.empty((len(phases), *GRID.shape), dtype=np.float32)
    for volume, phase in zip(volumes, phases, strict=True):
        volume[:] = liver.get(phase, 120)
        # A quarter of the ring is a vessel that is far brighter than liver in all but these two phases.
        bright = phase not in (Phase.PORTAL_VENOUS, Phase.DELAYED)
        volume[:, :, 42:] = 3000 if bright else 200
    study = Study(
        volumes, GRID, phases[-1], (None,) * len(phases), (PhaseSource("made"),) * len(phases), phases=phases
    )
    found = ring(study, labels)
    assert found is not None
    assert found.mean == pytest.approx([liver.get(phase, 120) for phase in phases])
