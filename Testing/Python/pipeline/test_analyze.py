from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from support.made_analysis import turned
from support.small_models import known_model, random_model

from MTINetLib.errors import Cancelled
from MTINetLib.findings import findings_schema, from_json, to_json
from MTINetLib.pipeline.analyze import analyze
from MTINetLib.pipeline.remeasure import remeasure
from MTINetLib.progress import Stage
from MTINetLib.study.grid import Grid
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA, UNDECIDED
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.study.study import PhaseSource, Study

LIVER = (200.0, 240.0, 330.0, 300.0)
WASHES_OUT = (180.0, 620.0, 300.0, 240.0)
FILLS_IN = (150.0, 300.0, 520.0, 640.0)
DIRECTIONS = {
    "axial": (1.0, 0, 0, 0, 1, 0, 0, 0, 1),
    "reversed": (1.0, 0, 0, 0, 1, 0, 0, 0, -1),
    "sagittal": (0.0, 0, 1, 1, 0, 0, 0, -1, 0),
    "oblique": turned((15.0, -8.0, 21.0)),
}


def make_study(
    direction: str = "axial", shape=(20, 64, 64), spacing=(2.0, 2.0, 4.0)
) -> tuple[Study, np.ndarray]:
    """A body with a liver; label 1 washes out, label 2 fills in. Balls in mm, whatever the grid."""
    grid = Grid(shape, spacing, (5.0, -60.0, 33.0), DIRECTIONS[direction])
    kji = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"), axis=-1)
    mm = (kji - (np.array(shape) - 1) / 2) * np.array(spacing[::-1])
    labels = np.zeros(shape, dtype=np.uint8)
    labels[np.linalg.norm(mm - (4, -20, -18), axis=-1) <= 15] = 1
    labels[np.linalg.norm(mm - (-4, 22, 20), axis=-1) <= 11] = 2
    body = (mm[..., 1] / 60) ** 2 + (mm[..., 2] / 60) ** 2 <= 1
    volumes = np.zeros((4, *shape))
    for phase in range(4):
        volumes[phase][body] = LIVER[phase]
        volumes[phase][labels == 1] = WASHES_OUT[phase]
        volumes[phase][labels == 2] = FILLS_IN[phase]
    volumes += np.random.default_rng(0).normal(0, 4, volumes.shape)
    sources = tuple(
        PhaseSource(f"series {n}", ("told by a test",), 0.95 if n else 0.5, f"1.2.{n}") for n in range(4)
    )
    study = Study(
        np.abs(volumes).astype(np.float32),
        grid,
        Phase.PORTAL_VENOUS,
        (0.0, 30.0, 70.0, 180.0),
        sources,  # type: ignore[arg-type]
        flags=("motion:arterial",),
        alignment=(0.9, None, 1.0, float("nan")),
        phases=FOUR_PHASES,
    )
    return study, labels


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return float(2 * (a & b).sum() / (a.sum() + b.sum()))


@pytest.fixture(scope="module")
def plain():
    study, truth = make_study()
    return study, truth, analyze(study, known_model(), device="cpu", precision="fp32")


def test_lesions_are_found_named_and_numbered(plain) -> None:
    _, truth, analysis = plain
    assert dice(analysis.labels == 1, truth == 1) > 0.97
    assert dice(analysis.labels == 2, truth == 2) > 0.97
    assert [lesion.label for lesion in analysis.findings.lesions] == [1, 2]
    assert [lesion.lesion_class for lesion in analysis.findings.lesions] == [
        HCC,
        HEMANGIOMA,
    ]


def test_curves_and_sizes_are_those_of_the_lesions(plain) -> None:
    _, _, analysis = plain
    one, two = analysis.findings.lesions
    assert one.measured_curve.mean == pytest.approx(WASHES_OUT, rel=0.02)
    assert one.predicted_curve == pytest.approx(WASHES_OUT, rel=0.03)
    assert two.measured_curve.mean == pytest.approx(FILLS_IN, rel=0.02)
    assert one.liver_curve.mean == pytest.approx(LIVER, rel=0.02)
    assert one.long_axis_mm == pytest.approx(30, abs=2)
    assert two.diameter_3d_mm == pytest.approx(22, abs=4)
    assert one.enhancement.curve_kind == "washout"
    assert two.enhancement.curve_kind == "persistent"


@pytest.mark.parametrize("direction", ["reversed", "sagittal", "oblique"])
def test_masks_come_back_on_the_study_s_own_grid(direction: str) -> None:
    study, truth = make_study(direction)
    analysis = analyze(study, known_model(), device="cpu", precision="fp32")
    assert analysis.labels.shape == analysis.probability.shape == study.grid.shape
    assert analysis.probability.dtype == np.float32
    for label in (1, 2):
        assert dice(analysis.labels == label, truth == label) > 0.97
    centre = study.grid.to_lps(np.argwhere(truth == 1).mean(axis=0))
    assert np.allclose(analysis.findings.lesions[0].centroid_lps_mm, centre, atol=1)


def test_a_grid_that_must_be_resampled_comes_back_in_place() -> None:
    study, truth = make_study(shape=(20, 70, 100), spacing=(1.3, 1.7, 4.0))
    analysis = analyze(study, known_model(128), device="cpu", precision="fp32")
    for label in (1, 2):
        assert dice(analysis.labels == label, truth == label) > 0.95


def test_the_findings_are_json_and_follow_the_schema(plain) -> None:
    _, _, analysis = plain
    text = to_json(analysis.findings)
    jsonschema.Draft202012Validator(findings_schema()).validate(json.loads(text))
    assert from_json(text).lesions[1].label == 2


def test_the_provenance_says_how_it_was_made(plain) -> None:
    _, _, analysis = plain
    made = analysis.findings.provenance
    assert made.model_name == "known"
    assert made.input_series_uids == ("1.2.0", "1.2.1", "1.2.2", "1.2.3")
    assert (made.precision, made.device[:3], made.corrected_by_person) == ("fp32", "cpu", False)
    assert made.settings["thresholds"]["mask"] == 0.5
    assert made.settings["reference"] == "portal_venous"
    summary = analysis.findings.study
    assert [said.phase for said in summary.phases] == list(FOUR_PHASES)
    assert summary.phases[0].evidence == ("told by a test",)
    assert [said.alignment for said in summary.phases] == [0.9, None, 1.0, None]
    assert (summary.spacing_mm, summary.size) == ((2.0, 2.0, 4.0), (64, 64, 20))
    assert set(analysis.timings) == {"network", "lesions", "heads", "measure"}


def test_doubts_about_the_study_reach_the_lesions(plain) -> None:
    _, _, analysis = plain
    assert analysis.findings.study.flags == ("motion:arterial", "phase_doubt:pre")
    for lesion in analysis.findings.lesions:
        assert {"motion:arterial", "phase_doubt:pre", "shares_slices"} <= set(lesion.flags)
        assert "touches_border" not in lesion.flags


def test_a_study_without_lesions_has_none() -> None:
    study, truth = make_study()
    volumes = study.volumes.copy()
    for phase in range(4):
        volumes[phase][truth > 0] = LIVER[phase]
    analysis = analyze(replace(study, volumes=volumes), known_model(), device="cpu", precision="fp32")
    assert analysis.findings.lesions == ()
    assert not analysis.labels.any()


def test_settings_drop_lesions_that_are_too_small() -> None:
    study, _ = make_study()
    analysis = analyze(
        study, known_model(), thresholds={"smallest_mm3": 8000}, device="cpu", precision="fp32"
    )
    assert len(analysis.findings.lesions) == 1
    assert analysis.findings.provenance.settings["thresholds"]["smallest_mm3"] == 8000


def test_bf16_finds_the_same_lesions() -> None:
    study, _ = make_study()
    fp32 = analyze(study, known_model(), device="cpu", precision="fp32")
    bf16 = analyze(study, known_model(), device="cpu", precision="bf16")
    assert bf16.findings.provenance.precision == "bf16"
    assert dice(fp32.labels > 0, bf16.labels > 0) > 0.98


def test_a_random_network_still_gives_whole_findings(tmp_path: Path) -> None:
    study, _ = make_study(shape=(6, 32, 32), spacing=(4.0, 4.0, 4.0))
    # An untrained network says about 0.02 everywhere: the whole volume is one lesion.
    model = random_model(tmp_path / "m", thresholds={"mask": 0.001, "peak": 0.001})
    analysis = analyze(study, model, device="cpu", precision="fp32")
    jsonschema.Draft202012Validator(findings_schema()).validate(json.loads(to_json(analysis.findings)))
    (lesion,) = analysis.findings.lesions
    assert lesion.predicted_curve is not None
    assert {"touches_border", "no_liver_ring"} <= set(lesion.flags)
    assert analysis.findings.provenance.model_sha256 == model.info.sha256


def test_progress_is_told_and_may_cancel() -> None:
    class Recorder:
        def __init__(self, stop_at: Stage | None = None) -> None:
            self.stages: list[tuple[Stage, int]] = []
            self.stop_at = stop_at

        def start(self, stage: Stage, total: int) -> None:
            self.stages.append((stage, total))

        def update(self, done: int) -> None:
            if self.stages[-1][0] == self.stop_at:
                raise Cancelled("told by a test")

        def finish(self) -> None: ...

    study, _ = make_study()
    recorder = Recorder()
    analyze(study, known_model(), device="cpu", precision="fp32", progress=recorder)
    assert [stage for stage, _ in recorder.stages] == [
        Stage.FINDING_LESIONS,
        Stage.READING_LESIONS,
        Stage.MEASURING_LESIONS,
    ]
    assert recorder.stages[0][1] == 20
    with pytest.raises(Cancelled):
        analyze(study, known_model(), device="cpu", progress=Recorder(Stage.READING_LESIONS))


def test_a_corrected_mask_is_measured_without_the_network(plain) -> None:
    study, truth, analysis = plain
    corrected = np.where(truth == 1, 1, 0).astype(np.uint8)
    corrected[1:4, 20:26, 20:26] = 5
    again = remeasure(study, corrected, analysis.findings)
    one, five = again.lesions
    assert (one.label, five.label) == (1, 5)
    inside = study.volumes[:, truth == 1].astype(np.float64)
    assert one.measured_curve.mean == pytest.approx(inside.mean(axis=1))
    assert one.lesion_class == HCC
    assert one.predicted_curve == analysis.findings.lesions[0].predicted_curve
    assert five.lesion_class == UNDECIDED
    assert "undecided:not_read" in five.flags
    assert again.provenance.corrected_by_person
    assert again.provenance.model_name == "known"
    jsonschema.Draft202012Validator(findings_schema()).validate(json.loads(to_json(again)))


def test_a_corrected_mask_may_be_read_again_by_the_network(plain) -> None:
    study, truth, analysis = plain
    corrected = np.where(truth == 2, 9, 0).astype(np.uint8)
    again = remeasure(
        study, corrected, analysis.findings, model=known_model(), device="cpu", precision="fp32"
    )
    (nine,) = again.lesions
    assert (nine.label, nine.lesion_class) == (9, HEMANGIOMA)
    assert nine.predicted_curve == pytest.approx(FILLS_IN, rel=0.03)
    assert again.provenance.corrected_by_person


def test_labels_of_another_grid_are_refused(plain) -> None:
    study, _, analysis = plain
    with pytest.raises(ValueError, match="grid"):
        remeasure(study, np.zeros((3, 4, 5), dtype=np.uint8), analysis.findings)
