from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib import image
from support.made_analysis import made_analysis, made_study

from MTINetLib.presentation.classes import on_black, on_white
from MTINetLib.presentation.colours import rgb
from MTINetLib.report.pictures import curve_figure, lesion_strip, study_strip
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA, UNDECIDED


def pixels(png: bytes) -> npt.NDArray[np.float32]:
    return np.asarray(image.imread(BytesIO(png), format="png"))[..., :3]


def share_of(picture: npt.NDArray[np.float32], hex_colour: str) -> float:
    return float((np.abs(picture - np.array(rgb(hex_colour))).max(axis=-1) < 0.12).mean())


def test_the_strip_outlines_lesions_in_the_colour_of_their_class() -> None:
    study = made_study()
    analysis = made_analysis(study)
    lesions = analysis.findings.lesions
    strip = pixels(lesion_strip(study, analysis.labels, lesions[0], lesions))
    height, width, _ = strip.shape
    assert width > 4 * height, "five square panels side by side"
    assert share_of(strip, on_black(HCC)) > 0.001
    assert share_of(strip, on_black(HEMANGIOMA)) > 0.0003
    assert share_of(strip, on_black(HCC)) < 0.03, "an outline, not a filled lesion"


def test_the_arterial_panel_of_the_hcc_is_the_bright_one() -> None:
    study = made_study()
    analysis = made_analysis(study)
    lesions = analysis.findings.lesions
    strip = pixels(lesion_strip(study, analysis.labels, lesions[0], lesions))
    panel = strip.shape[1] / 5
    middle = strip.shape[0] // 2 + 10
    centres = [strip[middle - 8 : middle + 8, int((n + 0.5) * panel) + np.arange(-8, 8)] for n in range(1, 5)]
    assert int(np.argmax([centre.mean() for centre in centres])) == 1


def test_a_study_without_lesions_has_four_grey_panels() -> None:
    strip = pixels(study_strip(made_study()))
    assert share_of(strip, on_black(HCC)) == 0
    quarter = strip.shape[1] // 4
    means = [strip[:, n * quarter : (n + 1) * quarter].mean() for n in range(4)]
    assert min(means) > 0.05
    assert means[2] > means[0], "the portal venous phase is brighter than the one before contrast"


@pytest.mark.parametrize("kind", [HCC, HEMANGIOMA, UNDECIDED, "metastasis", "a_name_of_theirs"])
def test_the_curve_has_the_colour_of_the_class(kind: str) -> None:
    study = made_study()
    found = made_analysis(study, (kind,)).findings
    assert share_of(pixels(curve_figure(found.lesions[0], found.study)), on_white(kind)) > 0.002


def test_a_curve_without_times_liver_or_prediction_is_still_drawn() -> None:
    study = made_study()
    found = made_analysis(study).findings
    lesion = replace(found.lesions[0], liver_curve=None, predicted_curve=None)
    picture = pixels(curve_figure(lesion, replace(found.study, times_s=(None, None, None, None))))
    assert share_of(picture, on_white(HCC)) > 0.002
