"""Models of three and of five phases, from DICOM through the worker and the session to the drawn scene."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from support.corrected_session import finding, half_of, mask_of, paint, settle
from support.dicom_scene import FakeDatabase
from support.made_analysis import made_grid, made_labels, made_study
from support.shown_results import paint_segment
from support.slicer_desktop import scene, slicer_desktop
from support.small_models import random_model
from support.waiting import wait_until
from support.worker_study import kill

from MTINetLib.dataset.folder import read_dataset
from MTINetLib.findings import from_json
from MTINetLib.phantom.dicom_writer import write_study_as_dicom
from MTINetLib.scene.scene import Scene
from MTINetLib.session.state import State
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.study.study import PhaseSource, Study

__all__ = ["scene", "slicer_desktop"]

pytestmark = pytest.mark.viewer

FIVE = (Phase.PRE, Phase.EARLY_ARTERIAL, *FOUR_PHASES[1:])
SETS = {"three": FOUR_PHASES[:3], "five": FIVE}
TIMES_S = dict(zip(FIVE, (0.0, 20.0, 34.0, 70.0, 180.0), strict=True))
GRID = made_grid((12, 40, 48))


def study_of(phases: tuple[Phase, ...]) -> Study:
    """The made study with these phases; the early arterial one lies between its neighbours."""
    four = made_study(GRID)
    volumes = dict(zip(FOUR_PHASES, four.volumes, strict=True))
    volumes[Phase.EARLY_ARTERIAL] = 0.7 * volumes[Phase.PRE] + 0.3 * volumes[Phase.ARTERIAL]
    return replace(
        four,
        phases=phases,
        volumes=np.stack([volumes[phase] for phase in phases]),
        times_s=tuple(TIMES_S[phase] for phase in phases),
        sources=tuple(PhaseSource(phase.title) for phase in phases),
        alignment=(),
        flags=(),
    )


@dataclass(frozen=True)
class Opened:
    """A session over the volumes of a DICOM study, whose model takes just its phases."""

    phases: tuple[Phase, ...]
    study: Study
    nodes: tuple[Any, ...]
    session: Any


@pytest.fixture(params=SETS)
def opened(
    scene: Scene,
    request: pytest.FixtureRequest,
    slicer_desktop: Any,
    worker: Any,
    tmp_path: Path,
    monkeypatch: Any,
) -> Iterator[Opened]:
    import slicer

    from MTINetLib.session.choices import Choices
    from MTINetLib.session.session import Session

    phases = SETS[request.param]
    study = study_of(phases)
    random_model(tmp_path / "model", phases=phases)
    folders = write_study_as_dicom(tmp_path / "images", study, patient_id="MADE", study_seed=1)
    database = FakeDatabase()
    nodes = tuple(loaded(scene, folders[phase], study, phase, database) for phase in phases)
    monkeypatch.setattr(slicer, "dicomDatabase", database, raising=False)
    session = Session(scene, Choices(model=str(tmp_path / "model"), alignment="off"), worker)
    session.views.enter()
    session.recognise()
    yield Opened(phases, study, nodes, session)
    session.views.leave()


def loaded(scene: Scene, folder: Path, study: Study, phase: Phase, database: FakeDatabase) -> Any:
    """A series as Slicer's import leaves it: a volume, whose files the database knows."""
    from MTINetLib.scene.volumes import add_volume

    images = {str(path): pydicom.dcmread(path, stop_before_pixels=True) for path in folder.glob("*.dcm")}
    ordered = sorted(images, key=lambda path: images[path].InstanceNumber)
    database.files |= {str(images[path].SOPInstanceUID): path for path in ordered}
    node = add_volume(scene, str(images[ordered[0]].SeriesDescription), study.phase(phase), study.grid)
    node.SetAttribute("DICOM.instanceUIDs", " ".join(str(images[path].SOPInstanceUID) for path in ordered))
    return node


def read_lesions(opened: Opened) -> None:
    """Have the network read two lesions of a segmentation; by itself one with random weights finds none."""
    node = opened.session.scene.mrml.AddNewNodeByClass("vtkMRMLSegmentationNode", "drawn")
    node.CreateDefaultDisplayNodes()
    reference = opened.nodes[opened.phases.index(Phase.PORTAL_VENOUS)]
    node.SetReferenceImageGeometryParameterFromVolumeNode(reference)
    labels = made_labels(opened.study.grid)
    for label in (1, 2):
        segment = node.GetSegmentation().AddEmptySegment(f"lesion {label}")
        paint_segment(node, segment, labels == label, reference)
    opened.session.start_from(node)
    settle(opened.session)


def test_the_phases_of_the_model_are_recognised_and_seen_each_in_its_view(
    scene: Scene, opened: Opened
) -> None:
    from MTINetLib.scene.phase_views import slice_view, view_volume_id, viewed_phases

    session = opened.session
    session.poll()
    assert session.proposal.missing == ()
    assert [session.proposal.phases[phase].node_id for phase in opened.phases] == [
        node.GetID() for node in opened.nodes
    ]
    assert viewed_phases(scene) == opened.phases
    assert [view_volume_id(scene, phase) for phase in opened.phases] == [
        node.GetID() for node in opened.nodes
    ]
    session.poll()
    assert [slice_view(scene, phase).GetLayoutLabel() for phase in opened.phases] == [
        phase.title[:1].upper() + phase.title[1:] for phase in opened.phases
    ]


def test_an_analysis_ends_with_results_of_these_phases(opened: Opened) -> None:
    opened.session.start_analysis()
    assert opened.session.state is State.ANALYZING
    settle(opened.session)
    findings, results = opened.session.findings, opened.session.results
    assert findings.phases == results.phases == opened.phases
    assert findings.study.times_s == tuple(TIMES_S[phase] for phase in opened.phases)
    assert results.volumes == opened.nodes
    assert results.table.GetNumberOfRows() == len(opened.phases)


def test_curves_plot_and_panels_show_these_phases(opened: Opened) -> None:
    from support.open_panel import panels_of

    from MTINetLib.panels.plot_panel import PlotPanel
    from MTINetLib.panels.study_panel import StudyPanel
    from MTINetLib.session.choices import PHASE_NAMES

    read_lesions(opened)
    session = opened.session
    titles = [phase.title[:1].upper() + phase.title[1:] for phase in opened.phases]
    lesion = finding(session, 1)
    measured = [float(phase[made_labels(GRID) == 1].mean()) for phase in opened.study.volumes]
    assert lesion.measured_curve.mean == pytest.approx(measured, rel=0.01)
    assert len(lesion.predicted_curve) == len(opened.phases)
    plots = session.results.chart.GetNumberOfPlotSeriesNodes()
    assert plots > 0
    for number in range(plots):
        series = session.results.chart.GetNthPlotSeriesNode(number)
        column = series.GetTableNode().GetTable().GetColumnByName(series.GetYColumnName())
        assert column.GetNumberOfTuples() == len(opened.phases)
    with panels_of(PlotPanel) as make:
        table = make(session).ui.valuesTable
        assert [table.item(row, 0).text() for row in range(table.rowCount)] == titles
        assert [table.item(row, 1).text() for row in range(table.rowCount)] == [
            f"{TIMES_S[phase]:.0f} s" for phase in opened.phases
        ]
    with panels_of(StudyPanel) as make:
        ui = make(session).ui
        for phase in Phase:
            assert getattr(ui, f"{PHASE_NAMES[phase]}Selector").isHidden() == (phase not in opened.phases)
        assert [ui.referenceSelector.itemText(n) for n in range(ui.referenceSelector.count)] == titles
        said = " ".join(getattr(ui, f"{PHASE_NAMES[phase]}Evidence").text for phase in opened.phases)
        assert said.count("%") == len(opened.phases)


def test_a_correction_is_measured_again_also_by_a_new_worker(opened: Opened) -> None:
    read_lesions(opened)
    session = opened.session
    before = finding(session, 1)
    paint(session, 1, half_of(mask_of(session, 1)))
    settle(session)
    halved = finding(session, 1)
    assert halved.volume_ml < 0.7 * before.volume_ml
    assert len(halved.measured_curve.mean) == len(opened.phases)
    kill(session.worker.pid)
    paint(session, 2, half_of(mask_of(session, 2)))
    settle(session)
    assert session.findings.phases == opened.phases
    assert len(finding(session, 2).measured_curve.mean) == len(opened.phases)


def test_a_report_with_dicom_objects_a_case_and_the_saved_scene_have_these_phases(
    scene: Scene, opened: Opened, tmp_path: Path
) -> None:
    from MTINetLib.scene.phase_views import viewed_phases
    from MTINetLib.session.training_case import CaseChoices, add_case

    read_lesions(opened)
    session = opened.session
    session.reports.write(tmp_path, ("html", "csv", "json", "dicom"))
    settle(session)
    folder = session.reports.folder
    assert from_json((folder / "findings.json").read_text("utf-8")).phases == opened.phases
    page = (folder / "report.html").read_text("utf-8")
    assert all(phase.title in page for phase in opened.phases)
    made = [pydicom.dcmread(path) for path in session.reports.dicom_files]
    assert {one.Modality for one in made} >= {"SEG", "SR"}
    steps = add_case(session, session.worker, CaseChoices(str(tmp_path / "set"), {1: "hcc", 2: "hcc"}))
    task = session.tasks.start(State.IDLE, steps, lambda error: None)
    wait_until(lambda: not task.running, session.poll)
    assert task.error is None
    (case,) = read_dataset(tmp_path / "set")
    assert case.phases == opened.phases
    session.restore()
    assert viewed_phases(scene) == opened.phases
    assert session.results.phases == opened.phases
