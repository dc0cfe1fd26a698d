"""Models of other sets of phases than four, from a dataset and from DICOM to every kind of result."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from support.made_analysis import made_labels, made_study
from support.small_dataset import SHORT, tiny_network, write_small_dataset

from MTINetLib.errors import InputError
from MTINetLib.findings import from_json
from MTINetLib.inference.analysis import Analysis
from MTINetLib.models.find import MODELS_VARIABLE
from MTINetLib.models.store import LoadedModel, load_model
from MTINetLib.phantom.dicom_writer import write_study_as_dicom
from MTINetLib.pipeline.analyze import analyze
from MTINetLib.pipeline.open import open_study
from MTINetLib.pipeline.remeasure import resume
from MTINetLib.pipeline.write import USUAL_FORMATS, WriteOptions, write
from MTINetLib.report.formats import DICOM
from MTINetLib.scene.scene import Scene
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.study.study import PhaseSource, Study
from MTINetLib.train_model import train_models
from MTINetLib.training.settings import training_preset

pytestmark = pytest.mark.viewer

SETS = {"three": FOUR_PHASES[:3], "five": (*FOUR_PHASES, Phase.HEPATOBILIARY)}
TIMES = {**dict(zip(FOUR_PHASES, (0.0, 32.0, 70.0, 180.0), strict=True)), Phase.HEPATOBILIARY: 1210.0}


def study_of(phases: tuple[Phase, ...]) -> Study:
    """The made study with these phases; in the hepatobiliary one liver is bright and lesions are dark."""
    four = made_study()
    labels = made_labels(four.grid)
    late = np.where(four.phase(Phase.DELAYED) > 230, 480.0, 0.8 * four.phase(Phase.DELAYED))
    late[labels > 0] = 150.0
    late += np.random.default_rng(9).normal(0, 9, late.shape)
    volumes = dict(zip(FOUR_PHASES, four.volumes, strict=True))
    volumes[Phase.HEPATOBILIARY] = np.abs(late).astype(np.float32)
    return replace(
        four,
        phases=phases,
        volumes=np.stack([volumes[phase] for phase in phases]),
        times_s=tuple(TIMES[phase] for phase in phases),
        sources=tuple(PhaseSource(phase.title) for phase in phases),
        alignment=(),
        flags=(),
    )


@dataclass(frozen=True)
class Whole:
    """A model of its own phases, a study of them that went through DICOM, and its results."""

    phases: tuple[Phase, ...]
    model: LoadedModel
    dicom: Path
    study: Study
    analysis: Analysis
    out: Path


@pytest.fixture(scope="module", params=SETS)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    root = tmp_path_factory.mktemp(request.param)
    phases = SETS[request.param]
    dataset = write_small_dataset(root / "dataset", phases=phases)
    settings = training_preset("quick", [*SHORT, *tiny_network()])
    (fitted,) = train_models(dataset, root / "run", settings, name=f"{request.param}-phases")
    model = load_model(fitted.folder)
    write_study_as_dicom(root / "dicom", study_of(phases), patient_id="MADE", study_seed=1)
    study = open_study(root / "dicom", phases=model.info.phases)
    found = analyze(study, model)
    assert found.findings.phases == phases
    # Eight steps of training find nothing worth looking at: the lesions are given.
    analysis = resume(study, model, made_labels(study.grid), corrected=False, origin="made")
    formats = (*USUAL_FORMATS, DICOM)
    write(study, analysis, root / "out", WriteOptions(formats=formats))
    return Whole(phases, model, root / "dicom", study, analysis, root / "out")


def test_the_model_says_which_phases_it_takes_and_so_does_its_network(whole: Whole) -> None:
    assert whole.model.info.phases == whole.phases
    assert whole.model.info.architecture.settings["phase_count"] == len(whole.phases)
    assert whole.study.phases == whole.phases
    assert whole.study.times_s == tuple(TIMES[phase] for phase in whole.phases)


def test_findings_tables_and_report_are_of_these_phases(whole: Whole) -> None:
    findings = from_json((whole.out / "findings.json").read_text("utf-8"))
    assert findings == whole.analysis.findings
    assert findings.phases == whole.phases
    plain = json.loads((whole.out / "findings.json").read_text("utf-8"))
    lesion = plain["lesions"][0]
    assert list(lesion["measured_curve"]["mean"]) == [phase.value for phase in whole.phases]
    assert len(findings.lesions[0].predicted_curve or ()) == len(whole.phases)
    with (whole.out / "curves.csv").open(encoding="utf-8") as file:
        rows = [row["phase"] for row in csv.DictReader(file) if row["curve"] == "measured"]
    assert rows == [phase.value for phase in whole.phases] * len(findings.lesions)
    report = (whole.out / "report.html").read_text("utf-8")
    assert all(phase.title in report for phase in whole.phases)


def test_figures_are_measured_or_said_to_need_a_phase(whole: Whole) -> None:
    first = whole.analysis.findings.lesions[0].enhancement
    report = (whole.out / "report.html").read_text("utf-8")
    lacks = "late change and kind of curve; each needs the delayed phase, which this study does not have"
    if Phase.DELAYED in whole.phases:
        assert first.curve_kind == "washout"
        assert lacks not in report
    else:
        assert first.curve_kind is first.late_change is None
        assert lacks in report
    assert first.wash_in_per_s is not None


def test_dicom_objects_refer_to_each_phase(whole: Whole) -> None:
    made = [pydicom.dcmread(path) for path in sorted((whole.out / "dicom").iterdir())]
    by_kind = {one.Modality: one for one in made}
    lesions = len(whole.analysis.findings.lesions)
    assert len(by_kind["SEG"].SegmentSequence) == lesions
    text = str(by_kind["SR"])
    for number, phase in enumerate(whole.phases, start=1):
        assert text.count(f"'{number} {phase.title}'") == lesions
    assert f"'{len(whole.phases) + 1} " not in text
    series = {file.parent.name for file in whole.dicom.rglob("*.dcm")}
    assert len(series) == len(whole.phases)


def test_the_scene_has_a_volume_a_view_and_a_row_for_each_phase(scene: Scene, whole: Whole) -> None:
    from MTINetLib.scene.layout import layout_description
    from MTINetLib.scene.phase_views import slice_view_name, view_volume_id
    from MTINetLib.scene.results import find_results
    from MTINetLib.scene.show import show_findings

    shown = show_findings(scene, whole.study, whole.analysis)
    again = find_results(scene, shown.segmentation)
    assert again is not None
    assert again.phases == whole.phases
    assert shown.table.GetNumberOfRows() == len(whole.phases)
    assert [view_volume_id(scene, phase) for phase in whole.phases] == [
        node.GetID() for node in shown.volumes
    ]
    for phase in Phase:
        assert (slice_view_name(phase) + '"' in layout_description(scene)) == (phase in whole.phases)
    scene.mrml.Clear(False)


def test_a_study_that_lacks_a_phase_names_it_and_the_model_that_would_take_it(
    whole: Whole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MODELS_VARIABLE, str(whole.model.info.folder))
    name, takes = whole.model.info.name, "pre-contrast, arterial"
    if len(whole.phases) == 3:
        with pytest.raises(InputError, match=rf"delayed phase.*installed model {name} takes {takes}"):
            open_study(whole.dicom, phases=FOUR_PHASES)
        files = dict.fromkeys(whole.phases, whole.dicom)
        with pytest.raises(InputError, match=rf"the delayed phase; name all four.*{name} takes {takes}"):
            open_study(files, phases=FOUR_PHASES)
    two = replace(
        whole.study,
        phases=FOUR_PHASES[:2],
        volumes=whole.study.volumes[:2],
        times_s=whole.study.times_s[:2],
        sources=whole.study.sources[:2],
        alignment=(),
        reference=Phase.ARTERIAL,
    )
    with pytest.raises(InputError, match=r"The study lacks the portal venous phase"):
        analyze(two, whole.model)
