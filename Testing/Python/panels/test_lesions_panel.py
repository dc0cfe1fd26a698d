"""The Lesions section over the real scene."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.candidates import session_with_candidates
from support.corrected_session import corrected_session, settle
from support.made_analysis import made_analysis, made_study
from support.open_panel import panels_of
from support.panel_pictures import grab

from MTINetLib.findings import LesionPlace, LiverFinding
from MTINetLib.scene.scene import Scene
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA, UNDECIDED

pytestmark = pytest.mark.viewer


@pytest.fixture
def open_panel(slicer_desktop: Any) -> Iterator[Any]:
    from MTINetLib.panels.lesions_panel import LesionsPanel

    with panels_of(LesionsPanel) as make:
        yield make


@pytest.fixture
def session(scene: Scene, slicer_desktop: Any, worker: Any) -> Any:
    return corrected_session(scene, worker, made_study())


def many(count: int) -> Any:
    """Findings with ``count`` lesions whose figures run against their numbers."""
    made = made_analysis(made_study())
    first = made.findings.lesions[0]
    kinds = (HCC, HEMANGIOMA, UNDECIDED)
    lesions = tuple(
        replace(
            first,
            label=label,
            lesion_class=kinds[label % 3],
            volume_ml=9.5 if label == 1 else 100.0 - label,
            flags=("under_10_mm", "motion:arterial", "undecided:low_probability")[: label % 4],
        )
        for label in range(1, count + 1)
    )
    return replace(made.findings, lesions=lesions)


def column(panel: Any, number: int) -> list[str]:
    table = panel.ui.lesionTable
    return [table.item(row, number).text() for row in range(table.rowCount)]


def chosen_row(panel: Any) -> int | None:
    items = panel.ui.lesionTable.selectedItems()
    return items[0].row() if items else None


def test_each_lesion_has_a_row_with_its_figures(open_panel: Any, session: Any) -> None:
    panel = open_panel(session)
    one = session.findings.lesions[0]
    table = panel.ui.lesionTable
    texts = [table.item(0, number).text() for number in range(table.columnCount)]
    axes = f"{one.long_axis_mm:.0f} × {one.short_axis_mm:.0f}"
    assert texts == ["1", "HCC", "93 %", f"{one.volume_ml:.1f}", axes, "shared slices"]
    assert column(panel, 1) == ["HCC", "Hemangioma"]
    assert panel.ui.summaryLabel.text == "2 lesions found: 1 HCC, 1 hemangioma."


def test_the_swatch_has_the_colour_of_the_lesion_in_the_views(open_panel: Any, session: Any) -> None:
    from MTINetLib.scene.segmentation import segment_labels

    panel = open_panel(session)
    for row, label in enumerate((1, 2)):
        node = session.results.segmentation
        segment = node.GetSegmentation().GetSegment(segment_labels(node)[label])
        shown = panel.ui.lesionTable.item(row, 1).icon().pixmap(12, 12).toImage().pixelColor(5, 5)
        assert (shown.redF(), shown.greenF(), shown.blueF()) == pytest.approx(segment.GetColor(), abs=0.01)


def test_choosing_a_row_chooses_the_lesion_and_jumps_there(open_panel: Any, session: Any) -> None:
    import slicer

    from MTINetLib.scene.select_lesion import lesion_point_ras

    view = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSliceNode")
    panel = open_panel(session)
    panel.ui.lesionTable.selectRow(1)
    assert session.selected == 2
    point = lesion_point_ras(session.results, 2)
    depth = view.GetSliceToRAS().GetElement(2, 3)
    assert depth == pytest.approx(point[2], abs=0.01)


def test_choosing_a_lesion_elsewhere_chooses_its_row_once(open_panel: Any, session: Any) -> None:
    from MTINetLib.session.events import Topic

    panel = open_panel(session)
    told: list[int | None] = []
    session.events.subscribe(Topic.SELECTION, lambda: told.append(session.selected))
    session.select(2)
    assert chosen_row(panel) == 1
    session.select(1)
    assert chosen_row(panel) == 0
    session.select(None)
    assert chosen_row(panel) is None
    assert told == [2, 1, None], "no choice comes back from the table"


def test_arrow_keys_walk_through_the_lesions(open_panel: Any, session: Any) -> None:
    from PySide6 import QtCore, QtTest

    panel = open_panel(session)
    session.select(1)
    QtTest.QTest.keyClick(panel.ui.lesionTable, QtCore.Qt.Key_Down)
    assert session.selected == 2
    QtTest.QTest.keyClick(panel.ui.lesionTable, QtCore.Qt.Key_Up)
    assert session.selected == 1


def test_a_click_on_the_chosen_row_jumps_there_again(open_panel: Any, session: Any) -> None:
    panel = open_panel(session)
    session.select(2)
    jumped: list[int | None] = []
    session.select = jumped.append
    panel.ui.lesionTable.cellClicked.emit(1, 0)
    assert jumped == [2]


def test_figures_are_sorted_as_numbers(open_panel: Any, session: Any) -> None:
    panel = open_panel(session)
    session.set_findings(many(12))
    assert column(panel, 0) == [str(n) for n in range(1, 13)]
    panel.onSort(0)
    assert column(panel, 0)[:3] == ["12", "11", "10"]
    panel.onSort(3)
    volumes = [float(text) for text in column(panel, 3)]
    assert volumes == sorted(volumes)
    assert volumes[0] == 9.5
    panel.onSort(3)
    assert [float(text) for text in column(panel, 3)] == sorted(volumes, reverse=True)


def test_the_chosen_lesion_stays_chosen_when_the_order_changes(open_panel: Any, session: Any) -> None:
    panel = open_panel(session)
    session.set_findings(many(12))
    session.select(11)
    panel.onSort(3)
    assert panel.ui.lesionTable.item(chosen_row(panel), 0).text() == "11"
    assert session.selected == 11


def test_remarks_are_short_and_said_in_full_on_the_pointer(open_panel: Any, session: Any) -> None:
    panel = open_panel(session)
    session.set_findings(many(3))
    cell = panel.ui.lesionTable.item(2, 5)
    assert cell.text() == "small, motion"
    assert "Smaller than 10 mm." in cell.toolTip()
    assert "no class is probable enough" in cell.toolTip()


def test_without_an_analysis_and_without_a_lesion_it_says_so(open_panel: Any, session: Any) -> None:
    panel = open_panel(session)
    session.set_findings(replace(session.findings, lesions=()))
    assert panel.ui.summaryLabel.text == "No lesion was found. This does not exclude one."
    assert not panel.ui.lesionTable.visible
    session.scene_closing()
    assert panel.ui.summaryLabel.text == "Nothing was analyzed yet."


def test_a_closed_panel_listens_no_more(open_panel: Any, session: Any) -> None:
    panel = open_panel(session)
    panel.close()
    session.set_findings(many(5))
    assert panel.ui.lesionTable.rowCount == 2


def test_it_fits_a_narrow_column(open_panel: Any, session: Any, tmp_path: Path) -> None:
    panel = open_panel(session)
    session.set_findings(many(4))
    session.select(2)
    picture = grab(panel.widget.parentWidget(), tmp_path / "lesions.png", 420)
    assert picture.stat().st_size > 2000
    header = panel.ui.lesionTable.horizontalHeader()
    assert header.length() <= panel.ui.lesionTable.viewport().width


def test_the_sensitivity_is_there_only_where_the_model_offers_a_choice(
    scene: Scene, session: Any, worker: Any, open_panel: Any
) -> None:
    panel = open_panel(session)
    assert panel.ui.sensitivityRow.isHidden()
    offering = open_panel(session_with_candidates(scene, worker, made_study()))
    slider = offering.ui.sensitivitySlider
    assert not offering.ui.sensitivityRow.isHidden()
    assert (slider.minimum, slider.maximum, slider.value) == (0, 2, 1)
    assert offering.ui.sensitivityLabel.text == "90 %"
    slider.setValue(2)
    settle(offering.session, lambda: len(offering.session.findings.lesions) == 2)
    assert column(offering, 0) == ["1", "2"]
    assert offering.ui.sensitivityLabel.text == "97 %"


def test_the_summary_says_volume_and_burden_of_the_liver_and_the_number_its_place(
    scene: Scene, worker: Any, open_panel: Any
) -> None:
    study = made_study()
    made = made_analysis(study)
    one, two = made.findings.lesions
    findings = replace(
        made.findings,
        lesions=(replace(one, place=LesionPlace("segment", {"7": 1.0}, False)), two),
        liver=LiverFinding("given", "liver.nii.gz", False, 1480.0, 31.0, 2.1),
    )
    panel = open_panel(corrected_session(scene, worker, study, replace(made, findings=findings)))
    assert "Liver 1480 mL (given as liver.nii.gz), tumour burden 2.1 %." in panel.ui.summaryLabel.text
    assert panel.ui.lesionTable.item(0, 0).toolTip() == "segment VII"
