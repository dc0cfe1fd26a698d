"""The liver sets the intensity scale: findings do not depend on gain, fat, arms or borders in the images."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from support.small_models import known_model, liver_model

from MTINetLib.inference.analysis import Analysis
from MTINetLib.pipeline.analyze import analyze
from MTINetLib.pipeline.remeasure import remeasure
from MTINetLib.presentation.words import flag_in_words
from MTINetLib.study.anatomy import Organ
from MTINetLib.study.grid import Grid
from MTINetLib.study.liver import Liver
from MTINetLib.study.normalise import LIVER_VALUE
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.study.study import PhaseSource, Study

SIDE = 96
SHAPE = (12, SIDE, SIDE)
GRID = Grid(SHAPE, (2.0, 2.0, 5.0), (0.0, 0.0, 0.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
Z, ROWS, COLUMNS = np.mgrid[: SHAPE[0], :SIDE, :SIDE]
BODY = ((ROWS - 48) / 34) ** 2 + ((COLUMNS - 48) / 40) ** 2 < 1
INNER = ((ROWS - 48) / 29) ** 2 + ((COLUMNS - 48) / 35) ** 2 < 1
LIVER = ((ROWS - 44) / 20) ** 2 + ((COLUMNS - 36) / 18) ** 2 < 1
#: Signal before contrast, arterial, portal venous, delayed.
TISSUE, OF_LIVER, OF_LESION = (250, 270, 290, 290), (300, 400, 570, 500), (210, 690, 480, 400)
LESIONS = (
    (Z >= 3) & (Z < 6) & ((ROWS - 40) ** 2 + (COLUMNS - 32) ** 2 < 25),
    (Z >= 7) & (Z < 9) & ((ROWS - 52) ** 2 + (COLUMNS - 40) ** 2 < 16),
)


def study(gain: float = 1.0, fat: float = 130, change: Callable[[np.ndarray], None] | None = None) -> Study:
    volumes = np.zeros((4, *SHAPE), np.float32)
    volumes[:, BODY] = fat
    for place, signal in ((INNER, TISSUE), (LIVER, OF_LIVER), *((lesion, OF_LESION) for lesion in LESIONS)):
        volumes[:, place] = np.array(signal, np.float32)[:, None]
    volumes += np.random.default_rng(1).normal(0, 4, volumes.shape).astype(np.float32) * BODY
    if change is not None:
        change(volumes)
    return Study(
        volumes * np.float32(gain),
        GRID,
        Phase.PORTAL_VENOUS,
        (None,) * 4,
        (PhaseSource("made"),) * 4,
        phases=FOUR_PHASES,
    )


def bright_arm(volumes: np.ndarray) -> None:
    volumes[:, :, 40:60, 1:6] = 1500


def dark_border(volumes: np.ndarray) -> None:
    """Padding of zeros takes a third of the rows, and a part of the body."""
    volumes[:, :, 66:] = 0


def found(analysis: Analysis) -> list[tuple[object, ...]]:
    return [
        (one.lesion_class, round(one.volume_ml, 3), *(round(p, 2) for p in one.probabilities.values()))
        for one in analysis.findings.lesions
    ]


MODEL = liver_model(SIDE)
PLAIN = found(analyze(study(), MODEL, device="cpu", precision="fp32"))


def test_the_lesions_of_the_plain_study_are_found() -> None:
    assert len(PLAIN) == len(LESIONS)


@pytest.mark.parametrize("change", [None, bright_arm, dark_border])
@pytest.mark.parametrize("fat", [130, 900])
@pytest.mark.parametrize("gain", [0.25, 0.7, 1.0, 4.0])
def test_findings_do_not_depend_on_the_intensity_scale(
    gain: float, fat: float, change: Callable[[np.ndarray], None] | None
) -> None:
    analysis = analyze(study(gain, fat, change), MODEL, device="cpu", precision="fp32")
    assert found(analysis) == PLAIN
    scale = analysis.findings.provenance.settings["intensity_scale"]
    assert scale["set_by"] == "liver"
    assert LIVER_VALUE * scale["high"] == pytest.approx(gain * OF_LIVER[0], rel=0.02)


def test_with_the_scale_of_the_body_alone_findings_would_depend_on_it() -> None:
    model = known_model(SIDE)
    plain, fat = (analyze(study(1.0, fat), model, device="cpu", precision="fp32") for fat in (130, 900))
    assert found(plain) != found(fat)


def test_a_liver_far_off_the_first_scale_is_found_in_darker_or_brighter_slices() -> None:
    def around_bright_tissue(volumes: np.ndarray) -> None:
        volumes[:, INNER & ~LIVER] *= 4

    analysis = analyze(study(change=around_bright_tissue), MODEL, device="cpu", precision="fp32")
    assert analysis.findings.provenance.settings["intensity_scale"]["set_by"] == "liver"
    assert found(analysis) == PLAIN


def test_without_a_liver_the_body_sets_the_scale_and_that_is_a_doubt() -> None:
    def no_enhancement(volumes: np.ndarray) -> None:
        volumes[2] = volumes[0]

    without = study(change=no_enhancement)
    analysis = analyze(without, MODEL, device="cpu", precision="fp32")
    assert analysis.findings.provenance.settings["intensity_scale"]["set_by"] == "body"
    assert "scale_without_liver" in analysis.findings.study.flags
    assert "liver was not found" in flag_in_words("scale_without_liver")
    again = remeasure(without, analysis.labels, analysis.findings)
    assert "scale_without_liver" in again.study.flags


def test_a_given_liver_sets_the_scale() -> None:
    given = Liver(LIVER & (Z < 8), "given", "liver.nii.gz")
    analysis = analyze(study(3.0), MODEL, liver=given, device="cpu", precision="fp32")
    scale = analysis.findings.provenance.settings["intensity_scale"]
    assert scale["set_by"] == "given liver"
    assert scale["high"] == pytest.approx(3 * OF_LIVER[0], rel=0.02)


def test_the_model_tells_organs_on_the_grid_of_the_study() -> None:
    asked = MODEL.on("cpu", "fp32")
    one = study()
    anatomy = asked.anatomy(one)
    assert anatomy is not None
    assert anatomy.shape == GRID.shape
    assert anatomy.dtype == np.uint8
    true = LIVER & ~LESIONS[0] & ~LESIONS[1]
    seen = anatomy == Organ.LIVER
    assert 2 * (seen & true).sum() / (seen.sum() + true.sum()) > 0.95
    assert known_model(SIDE).on("cpu", "fp32").anatomy(one) is None
