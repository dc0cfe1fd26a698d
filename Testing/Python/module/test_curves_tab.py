"""The Curves tab over the real scene: choose, measure, look, export, and what is said of bad choices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.outlined import outlined

from MTINetLib.errors import InputError
from MTINetLib.session.state import State

AddStudy = Callable[[Any], Any]


@pytest.fixture
def desk(widget: Any, add_study: AddStudy) -> Any:
    """Two lesions along the four phases, chosen and not measured yet."""
    study = add_study(widget.logic)
    session = widget.logic.session
    choices = session.choices
    choices.curveVolumes = ",".join(node.GetID() for node in study.volumes)
    choices.curveTimes = "0, 20, 60, 180"
    names = {1: "lesion 1", 2: "lesion 2"}
    choices.curveSegments = outlined(study.volumes[0], study.case.labels, names)
    panel(widget).refresh()
    return session.curves


def panel(widget: Any) -> Any:
    return next(one for one in widget.panels if type(one).__name__ == "CurvesPanel")


def texts(table: Any) -> list[list[str]]:
    return [
        [table.item(row, column).text() for column in range(table.columnCount)]
        for row in range(table.rowCount)
    ]


def test_a_click_measures_and_shows_table_plot_and_values(
    widget: Any, desk: Any, add_study: AddStudy
) -> None:
    tab = panel(widget)
    assert tab.ui.figuresTable.isHidden()
    tab.ui.measureButton.click()
    assert widget.logic.session.state is State.CURVES
    assert tab.ui.measureButton.text == "Cancel"
    widget.logic.wait()
    case = add_study(widget.logic).case
    for region, label in zip(desk.curves.regions, (1, 2), strict=True):
        expected = [volume[case.labels == label].mean(dtype=float) for volume in case.study.volumes]
        np.testing.assert_allclose(region.mean, expected, rtol=1e-6)
    shown = texts(tab.ui.figuresTable)
    assert [row[0] for row in shown] == ["lesion 1", "lesion 2"]
    assert all(row[1].endswith("%") and row[2].endswith("s") for row in shown)
    assert not tab.ui.exportButton.isHidden()
    assert [tab.ui.referenceBox.itemText(n) for n in range(3)] == ["none", "lesion 1", "lesion 2"]
    assert tab.ui.measureButton.text == "Measure curves"


def test_the_ticked_volumes_are_the_series_in_their_order(widget: Any, desk: Any) -> None:
    tab, box = panel(widget), panel(widget).ui.volumeList
    assert [box.item(n).checkState() for n in range(4)] == [box.item(0).checkState()] * 4
    first = box.item(0)
    from PySide6 import QtCore

    first.setCheckState(QtCore.Qt.Unchecked)
    chosen = widget.logic.session.choices.curveVolumes.split(",")
    assert len(chosen) == 3
    assert first.data(QtCore.Qt.UserRole) not in chosen
    tab.ui.measureButton.click()
    with pytest.raises(InputError, match="4 times for 3 time points"):
        widget.logic.wait()
    assert "4 times for 3 time points" in tab.ui.messageLabel.text
    assert not tab.ui.messageLabel.isHidden()


def test_a_sequence_stands_for_the_list_of_volumes(widget: Any, desk: Any) -> None:
    scene = widget.logic.session.scene.mrml
    sequence = scene.AddNewNodeByClass("vtkMRMLSequenceNode", "dynamic")
    sequence.SetIndexUnit("s")
    for number, name in enumerate(widget.logic.session.choices.curveVolumes.split(",")):
        sequence.SetDataNodeAtValue(scene.GetNodeByID(name), str(10 * number))
    tab = panel(widget)
    assert not tab.ui.volumeList.isHidden()
    widget.logic.session.choices.curveSeries = sequence
    widget.logic.session.choices.curveTimes = ""
    tab.refresh()
    assert tab.ui.volumeList.isHidden()
    desk.measure()
    widget.logic.wait()
    assert desk.curves.times_s == (0.0, 10.0, 20.0, 30.0)


def test_no_piece_of_the_work_blocks_the_window(widget: Any, desk: Any) -> None:
    desk.measure()
    pieces = 0
    while widget.logic.session.state is State.CURVES:
        widget.logic.session.poll()
        pieces += 1
    assert desk.curves is not None
    steps = list(desk._measure())
    assert len(steps) >= 2 + 4 + 1, "a turn of the event loop after each segment and each time point"
    assert pieces >= 1


def test_cancel_leaves_earlier_curves(widget: Any, desk: Any) -> None:
    desk.measure()
    widget.logic.wait()
    before = desk.curves
    desk.measure()
    widget.logic.session.cancel()
    assert widget.logic.session.state is State.IDLE
    assert desk.curves is before
    assert desk.message is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"curveVolumes": ""}, "Choose a sequence, or tick the volumes"),
        ({"curveSegments": None}, "Choose what to measure"),
        ({"curveBaseline": "0"}, "baseline must lie within"),
        ({"curveBaseline": "first"}, "'first' is no list of time points"),
        ({"curveTimes": "noon"}, "'noon' are no seconds"),
        ({"curveReference": "aorta"}, "reference 'aorta' is none of what is measured"),
    ],
)
def test_choices_that_cannot_be_used_are_said_in_one_sentence(
    widget: Any, desk: Any, change: dict[str, Any], said: str
) -> None:
    for name, value in change.items():
        setattr(widget.logic.session.choices, name, value)
    desk.measure()
    with pytest.raises(InputError, match=said):
        widget.logic.wait()
    assert said.split("'")[0] in panel(widget).ui.messageLabel.text
    assert desk.curves is None


def test_the_mouse_over_a_voxel_draws_its_curve(
    widget: Any, desk: Any, monkeypatch: pytest.MonkeyPatch, add_study: AddStudy
) -> None:
    desk.measure()
    widget.logic.wait()
    case = add_study(widget.logic).case
    k, j, i = np.argwhere(case.labels == 1)[0]
    x, y, z = case.study.grid.to_lps((k, j, i))
    at = (-float(x), -float(y), float(z))
    assert desk.voxel_curve(at) == tuple(float(volume[k, j, i]) for volume in case.study.volumes)
    nodes = widget.logic.session.scene.mrml.GetNumberOfNodes()
    assert desk.voxel_curve((1e4, 0.0, 0.0)) is None
    assert widget.logic.session.scene.mrml.GetNumberOfNodes() == nodes, "no node is made for a look"
    monkeypatch.setattr("MTINetLib.session.curves.pointer_ras", lambda scene: at)
    panel(widget).ui.followBox.checked = True
    widget.logic.session.poll()
    assert desk.chart.GetNumberOfPlotSeriesNodes() == 3
    panel(widget).ui.relativeBox.checked = True
    widget.logic.session.poll()
    voxel = desk.chart.GetNthPlotSeriesNode(2)
    column = voxel.GetTableNode().GetTable().GetColumnByName("voxel")
    base = float(case.study.volumes[0, k, j, i])
    assert column.GetValue(1) == pytest.approx(100 * (case.study.volumes[1, k, j, i] / base - 1), rel=1e-5)
    panel(widget).ui.followBox.checked = False
    assert desk.chart.GetNumberOfPlotSeriesNodes() == 2


def test_export_writes_the_files_and_says_where(widget: Any, desk: Any, tmp_path: Path) -> None:
    desk.measure()
    widget.logic.wait()
    tab = panel(widget)
    tab.export(tmp_path / "curves")
    assert sorted(path.name for path in (tmp_path / "curves").iterdir()) == [
        "curves.csv", "curves.json", "curves.png", "figures.csv"
    ]  # fmt: skip
    assert str(tmp_path / "curves") in tab.ui.noteLabel.text
    tab.export(tmp_path / "curves")
    assert "is not empty" in tab.ui.noteLabel.text


def test_a_closed_scene_takes_the_curves_along(widget: Any, desk: Any) -> None:
    desk.measure()
    widget.logic.wait()
    widget.logic.session.scene.mrml.Clear(0)
    assert desk.curves is None
    assert panel(widget).ui.figuresTable.isHidden()
    widget.logic.session.poll()


def test_a_scene_that_was_saved_opens_with_its_curves(
    widget: Any, desk: Any, tmp_path: Path, add_study: AddStudy
) -> None:
    from MTINetLib.scene.save import load_scene, save_scene

    desk.measure()
    widget.logic.wait()
    before = desk.curves
    scene = widget.logic.session.scene
    save_scene(scene, tmp_path / "scene.mrb")
    scene.mrml.Clear(False)
    assert desk.curves is None
    load_scene(scene, tmp_path / "scene.mrb")
    assert desk.curves == before
    assert [row[0] for row in texts(panel(widget).ui.figuresTable)] == ["lesion 1", "lesion 2"]
    desk.show_relative(True)
    assert desk.chart.GetNumberOfPlotSeriesNodes() == 2
    desk.follow(True)
    at = tuple(scene.mrml.GetFirstNodeByClass("vtkMRMLScalarVolumeNode").GetOrigin())
    assert desk.voxel_curve(at) is not None
    desk.measure()
    widget.logic.wait()
    assert [region.mean for region in desk.curves.regions] == [region.mean for region in before.regions]


def test_a_table_that_says_something_else_is_no_curve(widget: Any, desk: Any) -> None:
    from MTINetLib.scene.curve_nodes import MEASURED_ATTRIBUTE

    desk.measure()
    widget.logic.wait()
    tables = widget.logic.session.scene.mrml.GetNodesByClass("vtkMRMLTableNode")
    told = [tables.GetItemAsObject(n) for n in range(tables.GetNumberOfItems())]
    for text in ("", "{}", '{"mtinet": "9", "points": 3, "regions": []}'):
        for table in told:
            if table.GetAttribute(MEASURED_ATTRIBUTE) is not None:
                table.SetAttribute(MEASURED_ATTRIBUTE, text)
        desk.restore()
        assert desk.curves is None
